import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailureClass } from '../../src/judgement/failure.js';
import { Statistics } from '../../src/pool/statistics.js';

describe('Statistics', () => {
  it('knows nothing at first', () => {
    expect(new Statistics().snapshot()).toEqual({
      attempts: 0,
      inFlight: 0,
      successes: 0,
      failures: 0,
      neutral: 0,
      failuresByClass: {},
      successRate: undefined,
      averageLatency: undefined,
      p95Latency: undefined,
    });
  });

  it('takes the smallest latency that 95 of a hundred do not exceed', () => {
    const statistics = new Statistics();
    for (let latency = 100; latency >= 1; latency -= 1) {
      statistics.begin();
      statistics.succeed(latency);
    }
    expect(statistics.snapshot()).toMatchObject({ p95Latency: 95, averageLatency: 50.5 });
  });

  it('has the only latency for average and percentile', () => {
    const statistics = new Statistics();
    statistics.begin();
    statistics.succeed(7);
    expect(statistics.snapshot()).toMatchObject({ p95Latency: 7, averageLatency: 7, successRate: 1 });
  });

  it('agrees with a plain count over everything that happened', () => {
    const classes: FailureClass[] = [
      'client-abort',
      'local',
      'request',
      'stale-socket',
      'server',
      'rate-limited',
      'cut',
    ];
    const blameless = new Set<FailureClass>(['client-abort', 'local', 'request', 'stale-socket']);
    const happenings = fc.array(
      fc.oneof(fc.nat({ max: 9_999 }), fc.constantFrom(...classes), fc.constant('begun' as const)),
      {
        maxLength: 400,
      },
    );
    fc.assert(
      fc.property(happenings, (all) => {
        const statistics = new Statistics();
        for (const one of all) {
          statistics.begin();
          if (typeof one === 'number') statistics.succeed(one);
          else if (one !== 'begun') statistics.fail(one);
        }
        const ended = all.filter((one) => one !== 'begun');
        const latencies = ended.filter((one) => typeof one === 'number');
        const judged = ended.filter((one) => typeof one === 'number' || !blameless.has(one));
        const lastJudged = judged.slice(-100).map((one) => typeof one === 'number');
        const lastLatencies = latencies.slice(-100).toSorted((a, b) => a - b);
        const snapshot = statistics.snapshot();
        expect(snapshot).toMatchObject({
          attempts: all.length,
          inFlight: all.length - ended.length,
          successes: latencies.length,
          failures: judged.length - latencies.length,
          neutral: ended.length - judged.length,
          p95Latency: lastLatencies[Math.ceil(lastLatencies.length * 0.95) - 1],
        });
        expect(statistics.inFlight).toBe(snapshot.inFlight);
        if (lastJudged.length === 0) expect(snapshot.successRate).toBeUndefined();
        else expect(snapshot.successRate).toBeCloseTo(lastJudged.filter(Boolean).length / lastJudged.length);
        for (const failure of classes) {
          expect(snapshot.failuresByClass[failure] ?? 0).toBe(ended.filter((one) => one === failure).length);
        }
      }),
    );
  });
});
