/** What a pool knows, through a file, into another pool. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { now } from '../../src/clock.js';
import type { ProbeRecord } from '../../src/health/history.js';
import type { Cooldown, RestReason } from '../../src/pool/cooldown.js';
import { readSnapshot } from '../../src/state/read-snapshot.js';
import { modelsIn, restore } from '../../src/state/restore.js';
import type { Snapshot } from '../../src/state/snapshot.js';
import { KEYS, north, poolOf, saved, type TestPool } from './pools.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const DAY = 86_400_000;

function rest(cooldown: Cooldown, duration: number, reason: RestReason = 'quota'): void {
  const at = now();
  cooldown.offend({ reason, attemptStartedAt: at, at, hinted: false, duration: () => duration });
}

const left = ({ until }: Cooldown): number => until - now();

/** Through JSON, after `later` milliseconds, into a process whose clock shows something else. */
function handOver(snapshot: Snapshot, into: TestPool, later = 0): void {
  const today = snapshot.savedAt + later;
  const read = readSnapshot(JSON.stringify(snapshot), today);
  if (typeof read === 'string') throw new Error(read);
  restore(read, into, { at: now(), today });
}

/** As if it had been saved by an engine whose clock stood elsewhere. */
function shifted(from: TestPool, by: number): Snapshot {
  const text = JSON.stringify(saved(from), (key, value: unknown) =>
    ['clock', 'until', 'failedAt'].includes(key) ? Number(value) + by : value,
  );
  return JSON.parse(text) as Snapshot;
}

describe('a rest', () => {
  it('goes on for what is left of it, whatever the clock of the other process shows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 * DAY }),
        fc.integer({ min: 0, max: 8 * DAY }),
        fc.integer({ min: -1e9, max: 1e9 }),
        (duration, later, by) => {
          const before = poolOf();
          rest(before.upstream('north').cooldown, duration, 'overloaded');
          const after = poolOf();
          handOver(shifted(before, by), after, later);
          const { cooldown } = after.upstream('north');
          if (later >= duration) expect(cooldown.until).toBe(-Infinity);
          else expect(left(cooldown)).toBeCloseTo(duration - later, 3);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is kept of upstreams, deployments, keys and lanes, each with its reason', () => {
    const before = poolOf();
    const [one, two] = before.deployment('m@north').lanes;
    if (one === undefined || two === undefined) throw new Error('there are two');
    rest(before.upstream('north').cooldown, 1_000, 'rate-limited');
    rest(before.deployment('n@north').cooldown, 2_000, 'model');
    rest(two.key.cooldown, 3_000, 'credential');
    rest(one.cooldown, 4_000, 'rate-limited');
    const after = poolOf();
    handOver(saved(before), after);
    const of = ({ cooldown }: { readonly cooldown: Cooldown }) => [cooldown.until - now(), cooldown.reason];
    expect(of(after.upstream('north'))).toEqual([1_000, 'rate-limited']);
    expect(of(after.deployment('n@north'))).toEqual([2_000, 'model']);
    expect(after.upstream('north').keys.map(of)).toEqual([
      [-Infinity, undefined],
      [3_000, 'credential'],
    ]);
    expect(after.deployment('m@north').lanes.map(of)).toEqual([
      [4_000, 'rate-limited'],
      [-Infinity, undefined],
    ]);
    expect(of(after.deployment('m@north'))).toEqual([-Infinity, undefined]);
  });

  it('doubles on from where it was', () => {
    const before = poolOf();
    const [key] = before.upstream('north').keys;
    rest(key!.cooldown, 1_000, 'credential');
    vi.advanceTimersByTime(1_500);
    rest(key!.cooldown, 1_000, 'credential');
    const after = poolOf();
    handOver(saved(before), after);
    const runs: number[] = [];
    const offence = { reason: 'credential', hinted: false } as const;
    after.upstream('north').keys[0]!.cooldown.offend({
      ...offence,
      attemptStartedAt: now() + 1,
      at: now() + 2,
      duration: (run) => runs.push(run),
    });
    expect(runs).toEqual([3]);
  });

  it('that somebody wanted by hand ends with the process', () => {
    const before = poolOf();
    rest(before.upstream('north').cooldown, 60_000, 'by-hand');
    expect(saved(before).upstreams[0]?.rest).toBeUndefined();
  });

  it('that a quota keeps is left to whoever asks for the quota', () => {
    const quota = { path: '/usage', remaining: '/left' };
    const before = poolOf([north({ quota })]);
    before.upstream('north').quota?.rest.keep(now(), 60_000);
    expect(left(before.upstream('north').cooldown)).toBe(60_000);
    expect(saved(before).upstreams[0]?.rest).toBeUndefined();
  });

  it('follows its key to another place in the list, and is not inherited by another key', () => {
    const before = poolOf();
    rest(before.upstream('north').keys[1]!.cooldown, 60_000);
    const after = poolOf([north({ keys: [KEYS[1], 'sk-north-new-0123456789'] })]);
    handOver(saved(before), after);
    expect(after.upstream('north').keys.map(({ cooldown }) => left(cooldown))).toEqual([60_000, -Infinity]);
  });

  it('of a key that a function gives is known by its place', () => {
    const keys = [KEYS[0], () => 'token'];
    const before = poolOf([north({ keys })]);
    rest(before.upstream('north').keys[1]!.cooldown, 60_000, 'no-token');
    const after = poolOf([north({ keys: [KEYS[0], () => 'another'] })]);
    handOver(saved(before), after);
    expect(after.upstream('north').keys.map(({ cooldown }) => cooldown.reason)).toEqual([undefined, 'no-token']);
    const other = poolOf([north({ keys })]);
    handOver(saved(before), other);
    expect(other.upstream('north').keys[0]?.cooldown.reason).toBeUndefined();
  });
});

describe('a circuit', () => {
  it('stays open for what is left, and goes on doubling', () => {
    const before = poolOf();
    before.deployment('m@north').breaker.restoreOpen(9_000, 3);
    before.upstream('north').breaker.restoreOpen(4_000, 1);
    const after = poolOf();
    handOver(saved(before), after, 1_000);
    expect(after.deployment('m@north').breaker.snapshot()).toMatchObject({
      state: 'open',
      openFor: 8_000,
      openings: 3,
    });
    expect(after.upstream('north').breaker.snapshot()).toMatchObject({ state: 'open', openFor: 3_000, openings: 1 });
    expect(after.deployment('n@north').breaker.state).toBe('closed');
    vi.advanceTimersByTime(8_000);
    expect(after.deployment('m@north').breaker.state).toBe('half-open');
  });

  it.each([
    ['was on trial', 100, 0],
    ['would have been on trial by now', 9_000, 10_000],
  ])('that %s admits trials', (_, openFor, later) => {
    const before = poolOf();
    before.deployment('m@north').breaker.restoreOpen(openFor, 2);
    if (later === 0) vi.advanceTimersByTime(200);
    const after = poolOf();
    handOver(saved(before), after, later);
    vi.advanceTimersByTime(1);
    expect(after.deployment('m@north').breaker.snapshot()).toMatchObject({ state: 'half-open', openings: 2 });
  });

  it('on trial is kept while its trial is under way, and is the same as time goes by', () => {
    const before = poolOf();
    const { breaker } = before.deployment('m@north');
    breaker.restoreOpen(100, 2);
    vi.advanceTimersByTime(200);
    const openings = () => saved(before).upstreams[0]?.deployments.map(({ opening }) => opening);
    expect(openings()).toEqual([{ openings: 2 }, undefined]);
    vi.advanceTimersByTime(200);
    expect(openings()).toEqual([{ openings: 2 }, undefined]);
    expect(breaker.admit()).toBeDefined();
    expect(breaker.admits()).toBe(false);
    expect(openings()).toEqual([{ openings: 2 }, undefined]);
  });

  it('of an outage of long ago is closed', () => {
    const before = poolOf();
    before.deployment('m@north').breaker.restoreOpen(9_000, 2);
    before.deployment('n@north').breaker.restoreOpen(1, 2);
    vi.advanceTimersByTime(5);
    const after = poolOf();
    handOver(saved(before), after, 70_000);
    expect(after.deployment('m@north').breaker.state).toBe('closed');
    expect(after.deployment('n@north').breaker.state).toBe('closed');
  });

  it('is not open for longer than its options allow now', () => {
    const before = poolOf();
    before.deployment('m@north').breaker.restoreOpen(200_000, 2);
    const after = poolOf([north({ breaker: { openFor: 1_000, maxOpenFor: 60_000 } })]);
    handOver(saved(before), after);
    expect(after.deployment('m@north').breaker.state).toBe('closed');
  });

  it('that was forced by hand is as new', () => {
    const before = poolOf();
    before.deployment('m@north').breaker.forceOpen();
    before.deployment('n@north').breaker.forceClosed();
    expect(saved(before).upstreams[0]?.deployments.map(({ opening }) => opening)).toEqual([undefined, undefined]);
  });
});

const record = (index: number): ProbeRecord => ({ at: Date.now() - 1_000 + index, outcome: 'ok', latency: index });

describe('probes', () => {
  it('are known with their last hundred results and their opinion', () => {
    const before = poolOf();
    const check = before.check('north');
    for (let index = 0; index < 130; index += 1) check.history.add(record(index));
    const failed = { outcome: 'failed', error: 'connect', message: 'refused', hint: 0 } as const;
    for (let index = 0; index < 3; index += 1) check.record({ verdict: failed, latency: 5 }, now());
    const after = poolOf();
    handOver(saved(before), after, 2_000);
    const again = after.check('north');
    expect(again.history.toSnapshot()).toEqual(check.history.toSnapshot());
    expect(again.history.summary().checks).toBe(100);
    expect(again.state).toEqual(check.state);
    expect([again.state.opinion, again.problem, now() - again.failedAt]).toEqual(['down', 'connect', 2_000]);
  });

  it('of long ago are history, and no opinion', () => {
    const before = poolOf();
    for (let index = 0; index < 3; index += 1) before.check('north').record({ verdict: undefined, latency: 5 }, now());
    const after = poolOf();
    handOver(saved(before), after, 601_000);
    const check = after.check('north');
    expect([check.history.summary().checks, check.answered, check.state.opinion]).toEqual([3, true, 'unknown']);
  });

  it('that asked in another way say nothing', () => {
    const before = poolOf();
    before.check('north').record({ verdict: undefined, latency: 5 }, now());
    const after = poolOf([north({ health: { probe: 'head' } })]);
    handOver(saved(before), after);
    expect(after.check('north').history.summary().checks).toBe(0);
  });
});

describe('of a deployment', () => {
  it('counts go on, also those of its lanes', () => {
    const before = poolOf();
    const { statistics, lanes } = before.deployment('m@north');
    for (const one of [statistics, lanes[1]!.statistics]) {
      for (let index = 0; index < 4; index += 1) one.begin();
      one.succeed(10);
      one.fail('server');
      one.fail('request');
    }
    const after = poolOf();
    const restored = after.deployment('m@north');
    restored.statistics.begin();
    restored.statistics.fail('server');
    handOver(saved(before), after);
    // The fourth was still under way.
    expect(restored.statistics.snapshot()).toMatchObject({
      attempts: 4,
      inFlight: 0,
      successes: 1,
      failures: 2,
      neutral: 1,
      failuresByClass: { server: 2, request: 1 },
    });
    expect(restored.lanes.map((lane) => lane.statistics.snapshot().attempts)).toEqual([0, 3]);
  });

  it('a parameter that it refused is known for the hour in which it is left out', () => {
    const before = poolOf();
    before.deployment('m@north').quirks.note('temperature', Date.now() - DAY / 48);
    const { quirks } = before.deployment('m@north');
    const after = poolOf();
    handOver(saved(before), after);
    expect(after.deployment('m@north').quirks.found()).toEqual(quirks.found());
    expect(quirks.found()).toHaveLength(1);
  });

  it('what else it refused is known for a week', () => {
    const before = poolOf();
    before.deployment('m@north').quirks.note('stream-options', Date.now() - 6 * DAY);
    before.deployment('m@north').quirks.note('prefill', Date.now() - 8 * DAY);
    const after = poolOf();
    handOver(saved(before), after);
    expect(after.deployment('m@north').quirks.all()).toEqual(['stream-options']);
    // The day on which it was found stays, however often it is handed over.
    const last = poolOf();
    handOver(saved(after), last, 2 * DAY);
    expect(last.deployment('m@north').quirks.all()).toEqual([]);
  });

  it('never both names of a limit are refused, whatever stands in the file', () => {
    const before = poolOf();
    before.deployment('m@north').quirks.note('max_tokens');
    before.deployment('m@north').quirks.note('max_completion_tokens');
    const after = poolOf();
    handOver(saved(before), after);
    expect(after.deployment('m@north').quirks.all()).toEqual(['max_tokens']);
  });

  it.each([
    ['another URL', { baseUrl: 'https://south.example/v1' }],
    ['another provider', { provider: 'anthropic' }],
    ['another name', { name: 'south' }],
    ['another model behind its name', { models: { m: { id: 'other' } } }],
    ['other models', { models: ['o'] }],
  ])('nothing is known of %s', (_, fields) => {
    const before = poolOf();
    const { breaker, cooldown, statistics } = before.deployment('m@north');
    breaker.restoreOpen(9_000, 1);
    rest(cooldown, 60_000);
    statistics.begin();
    statistics.succeed(1);
    const after = poolOf([north(fields)]);
    handOver(saved(before), after);
    for (const one of after.pool.deployments) {
      expect([one.breaker.state, one.cooldown.until]).toEqual(['closed', -Infinity]);
      expect(one.statistics.snapshot().attempts).toBe(0);
    }
  });
});

describe('models that were discovered', () => {
  const discovering = north({ models: 'discover' });
  const chains = { default: ['m'] };

  it('are known again of the same service alone', () => {
    const before = poolOf([discovering], { chains });
    const { settings } = before.upstream('north');
    before.lists.learn(settings, ['m', 'x']);
    expect(modelsIn(saved(before), settings)).toEqual(['m', 'x']);
    expect(modelsIn(saved(before), { ...settings, baseUrl: 'https://south.example/v1' })).toBeUndefined();
    expect(modelsIn(saved(before), { ...settings, discovers: false })).toBeUndefined();
    before.lists.learn(settings, names(1_000));
    expect(modelsIn(saved(before), settings)).toHaveLength(1_000);
    before.lists.learn(settings, names(1_001));
    expect(modelsIn(saved(before), settings)).toBeUndefined();
  });

  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);
});

describe('what is saved', () => {
  it('holds no key, no URL, and nothing that can be compared between two processes', () => {
    const known = poolOf([north({ baseUrl: 'https://north.example/secret-path/v1' })]);
    const [one, other] = [saved(known), saved(known)];
    const text = JSON.stringify(one);
    for (const key of KEYS) expect(text).not.toContain(key.slice(3, 12));
    expect(text).not.toContain('secret-path');
    expect(one.upstreams[0]?.keys.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^[\da-f]{12}$/),
      expect.stringMatching(/^[\da-f]{12}$/),
    ]);
    expect(one.upstreams[0]?.keys[0]?.key).not.toBe(one.upstreams[0]?.keys[1]?.key);
    expect(one.upstreams[0]?.keys[0]?.key).not.toBe(other.upstreams[0]?.keys[0]?.key);
    expect(one.upstreams[0]?.service).not.toBe(other.upstreams[0]?.service);
  });

  it('is the same while nothing has happened, however much time has gone by', () => {
    const known = poolOf();
    rest(known.upstream('north').cooldown, 60_000);
    known.deployment('m@north').breaker.restoreOpen(60_000, 1);
    const salt = 'salt';
    const before = saved(known, { salt }).upstreams;
    vi.advanceTimersByTime(12_345.678);
    expect(saved(known, { salt }).upstreams).toEqual(before);
    known.deployment('m@north').statistics.begin();
    known.deployment('m@north').statistics.succeed(1);
    expect(saved(known, { salt }).upstreams).not.toEqual(before);
  });
});
