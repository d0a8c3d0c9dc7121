import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  downByProbes,
  healthOf,
  type HealthFacts,
  type HealthStatus,
  type ProbeOpinion,
} from '../../src/health/health-status.js';

const NOBODY_KNOWS: HealthFacts = {
  at: 1_000_000,
  circuit: 'closed',
  upstreamCircuit: 'closed',
  rest: undefined,
  probes: [],
  succeededAt: -Infinity,
  slow: false,
  completed: 0,
  failed: 0,
  limits: { ratio: 0.25, minimum: 10 },
};

const probe = (opinion: ProbeOpinion['opinion'], more: Partial<ProbeOpinion> = {}): ProbeOpinion => ({
  opinion,
  failedAt: opinion === 'down' ? 990_000 : -Infinity,
  problem: 'connect: no connection (ECONNREFUSED)',
  calledAt: -Infinity,
  ...more,
});

describe('health', () => {
  it.each<[string, Partial<HealthFacts>, HealthStatus, string]>([
    ['of one nobody has asked', {}, 'unknown', 'not been heard of'],
    ['after a success', { succeededAt: 999_000 }, 'healthy', 'calls succeed'],
    ['long after a success', { succeededAt: 100_000 }, 'unknown', 'not been heard of'],
    ['with probes that succeed', { probes: [probe('up')] }, 'healthy', 'probes succeed'],
    ['with probes that say nothing', { probes: [probe('unknown')] }, 'unknown', 'not been heard of'],
    ['with probes that fail', { probes: [probe('down')] }, 'unhealthy', 'ECONNREFUSED'],
    ['with one of two probes that fails', { probes: [probe('up'), probe('down')] }, 'unhealthy', 'probes failed'],
    ['with an open circuit', { circuit: 'open', probes: [probe('up')] }, 'unhealthy', 'circuit is open'],
    ['with its upstream cut off', { upstreamCircuit: 'open' }, 'unhealthy', 'cannot be reached'],
    ['on trial', { circuit: 'half-open', succeededAt: 999_000 }, 'degraded', 'tried again'],
    ['that is slow', { slow: true, succeededAt: 999_000 }, 'degraded', 'slow'],
    ['that fails now and then', { completed: 20, failed: 4, succeededAt: 999_000 }, 'healthy', 'calls succeed'],
    ['that fails too often', { completed: 20, failed: 5, succeededAt: 999_000 }, 'degraded', '5 of its last 20'],
    ['that failed once of one', { completed: 1, failed: 1 }, 'unknown', 'not been heard of'],
    ['that rests for a second', { rest: { reason: 'rate-limited', remaining: 1_000 } }, 'unknown', 'not been heard'],
    ['under a limit', { rest: { reason: 'rate-limited', remaining: 9_000 } }, 'degraded', 'rests: rate-limited'],
    ['without quota', { rest: { reason: 'quota', remaining: 900_000 } }, 'unhealthy', 'rests: quota'],
  ])('%s', (_, facts, status, reason) => {
    const health = healthOf({ ...NOBODY_KNOWS, ...facts });
    expect(health.status).toBe(status);
    expect(health.reason).toContain(reason);
  });

  it('is what calls say when they are newer than failed probes', () => {
    const probes = [probe('down', { failedAt: 990_000, calledAt: 990_001 })];
    expect(healthOf({ ...NOBODY_KNOWS, probes, succeededAt: 990_001 }).status).toBe('healthy');
    const older = [probe('down', { failedAt: 990_000, calledAt: 989_999 })];
    expect(healthOf({ ...NOBODY_KNOWS, probes: older, succeededAt: 989_999 }).status).toBe('unhealthy');
  });

  const facts: fc.Arbitrary<HealthFacts> = fc.record({
    at: fc.constant(1_000_000),
    circuit: fc.constantFrom('closed', 'open', 'half-open'),
    upstreamCircuit: fc.constantFrom('closed', 'open', 'half-open'),
    rest: fc.option(fc.record({ reason: fc.constantFrom('quota', 'rate-limited'), remaining: fc.nat(20_000) }), {
      nil: undefined,
    }),
    probes: fc.array(
      fc.record({
        opinion: fc.constantFrom('up', 'down', 'unknown'),
        failedAt: fc.nat(1_000_000),
        problem: fc.constant('a problem'),
        calledAt: fc.nat(1_000_000),
      }),
      { maxLength: 2 },
    ),
    succeededAt: fc.oneof(fc.constant(-Infinity), fc.nat(1_000_000)),
    slow: fc.boolean(),
    completed: fc.nat(50),
    failed: fc.nat(50),
    limits: fc.constant({ ratio: 0.25, minimum: 10 }),
  });

  it('with an open circuit is unhealthy whatever else is known', () => {
    fc.assert(
      fc.property(facts, (one) => {
        expect(healthOf({ ...one, circuit: 'open' }).status).toBe('unhealthy');
        expect(healthOf({ ...one, upstreamCircuit: 'open' }).status).toBe('unhealthy');
      }),
    );
  });

  it('is healthy only where nothing speaks against it', () => {
    fc.assert(
      fc.property(facts, (one) => {
        if (healthOf(one).status !== 'healthy') return;
        expect(one).toMatchObject({ circuit: 'closed', upstreamCircuit: 'closed', slow: false });
        expect(downByProbes(one.probes)).toBeUndefined();
        expect(one.succeededAt > 1_000_000 - 600_000 || one.probes.some(({ opinion }) => opinion === 'up')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
