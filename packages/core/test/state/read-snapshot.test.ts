/** A file that anybody may have written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { now } from '../../src/clock.js';
import { MAX_HINT } from '../../src/judgement/retry-after.js';
import { isFailureClass } from '../../src/judgement/table.js';
import { readSnapshot } from '../../src/state/read-snapshot.js';
import { modelsIn, restore } from '../../src/state/restore.js';
import { keyIds, serviceId } from '../../src/state/fingerprint.js';
import { north, poolOf, type TestPool } from './pools.js';

const TODAY = 1_700_000_000_000;
const SALT = '0123456789abcdef0123456789abcdef';
const HEAD = { format: 'ai-failover-state', version: 1, savedAt: TODAY, clock: 1_000, salt: SALT };

const read = (value: unknown) => readSnapshot(JSON.stringify(value), TODAY);

describe('a file', () => {
  it.each([
    ['is no JSON', 'broken', '{"format":"ai-failover-state","version":1,"upstr'],
    ['is empty', 'broken', ''],
    ['holds a list', 'foreign', '[]'],
    ['holds nothing', 'foreign', 'null'],
    ['is the one of something else', 'foreign', '{"name":"shop","version":1}'],
    ['is of a newer release', 'version', JSON.stringify({ ...HEAD, version: 2, upstreams: [] })],
    ['has no time', 'broken', JSON.stringify({ ...HEAD, savedAt: null, upstreams: [] })],
    ['has no clock', 'broken', JSON.stringify({ ...HEAD, clock: '5', upstreams: [] })],
    ['has a time that is none', 'broken', JSON.stringify({ ...HEAD, upstreams: [] }).replace('1000,', '1e999,')],
    ['has no salt', 'broken', JSON.stringify({ ...HEAD, salt: '', upstreams: [] })],
    ['has no upstreams', 'broken', JSON.stringify({ ...HEAD, upstreams: {} })],
    ['is of tomorrow', 'future', JSON.stringify({ ...HEAD, savedAt: TODAY + 86_400_000, upstreams: [] })],
  ])('that %s is told to be %s', (_, fault, text) => {
    expect(readSnapshot(text, TODAY)).toBe(fault);
  });

  it('of a machine whose clock is a little ahead is as good as new', () => {
    expect(read({ ...HEAD, savedAt: TODAY + 30_000, upstreams: [] })).toMatchObject({ upstreams: [] });
  });

  it('loses its wrong entries and keeps the others', () => {
    const good = {
      name: 'north',
      service: 'abc',
      rest: { until: 5_000, reason: 'quota', run: 2 },
      keys: [],
      deployments: [],
    };
    const upstreams = [null, 5, {}, { ...good, name: ' ' }, { ...good, service: 'x'.repeat(100) }, good];
    expect(read({ ...HEAD, upstreams })).toMatchObject({ upstreams: [good] });
  });

  it.each([
    ['until', { until: '5', reason: 'quota', run: 1 }],
    ['until', { until: null, reason: 'quota', run: 1 }],
    ['reason', { until: 5_000, reason: 'by-hand', run: 1 }],
    ['reason', { until: 5_000, reason: 'toString', run: 1 }],
    ['reason', { until: 5_000, reason: '__proto__', run: 1 }],
    ['run', { until: 5_000, reason: 'quota', run: -1 }],
    ['run', { until: 5_000, reason: 'quota', run: 1.5 }],
  ])('has no rest with a wrong %s', (_, rest) => {
    const snapshot = read({ ...HEAD, upstreams: [{ name: 'north', service: 'abc', rest }] });
    expect(snapshot).toMatchObject({ upstreams: [{ name: 'north', rest: undefined }] });
  });

  it.each([
    ['attempts', { attempts: 1, successes: 1, failures: 1, failuresByClass: {} }],
    ['attempts', { attempts: -1, successes: 0, failures: 0, failuresByClass: {} }],
    ['failuresByClass', { attempts: 1, successes: 0, failures: 0, failuresByClass: [] }],
  ])('has no counts with wrong %s', (_, counts) => {
    const deployments = [{ model: 'm', modelId: 'm', counts, lanes: [] }];
    expect(read({ ...HEAD, upstreams: [{ name: 'north', service: 'abc', deployments }] })).toMatchObject({
      upstreams: [{ deployments: [{ model: 'm', counts: undefined }] }],
    });
  });

  it('has no probes whose rows exclude each other', () => {
    const state = { opinion: 'down', failures: 3, successes: 0, nothings: 0, answers: 0 };
    const probes = { probe: 'models', state, answered: true, history: { results: [] } };
    const all = [
      state,
      { ...state, answers: 1 },
      { ...state, failures: 0, successes: 2, answers: 1 },
      { ...state, failures: 0, successes: 1, nothings: 1, answers: 2 },
      { ...state, opinion: 'fine' },
    ].map((one) => read({ ...HEAD, upstreams: [{ name: 'n', service: 'a', probes: { ...probes, state: one } }] }));
    expect(all[0]).toMatchObject({ upstreams: [{ probes }] });
    for (const other of all.slice(1)) expect(other).toMatchObject({ upstreams: [{ probes: undefined }] });
  });

  it('has no results that are still to come', () => {
    const state = { opinion: 'up', failures: 0, successes: 1, nothings: 0, answers: 1 };
    const results = [TODAY - 5, TODAY + 86_400_000, -1].map((at) => ({ at, outcome: 'ok', latency: 1 }));
    const probes = { probe: 'models', state, answered: true, history: { results } };
    expect(read({ ...HEAD, upstreams: [{ name: 'n', service: 'a', probes }] })).toMatchObject({
      upstreams: [{ probes: { history: { results: [results[0]] } } }],
    });
  });

  it('changes no prototype', () => {
    const evil =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"attempts":1,"successes":0,"failures":1';
    const counts = `${evil},"failuresByClass":{"__proto__":1,"constructor":1,"server":1}}`;
    const deployment = `{"model":"m","modelId":"m","lanes":[],"counts":${counts}}`;
    const text = `${JSON.stringify(HEAD).slice(0, -1)},"upstreams":[{"name":"n","service":"a","deployments":[${deployment}]}]}`;
    const snapshot = readSnapshot(text, TODAY);
    if (typeof snapshot === 'string') throw new Error(snapshot);
    expect(snapshot.upstreams[0]?.deployments[0]?.counts).toEqual({
      attempts: 1,
      successes: 0,
      failures: 1,
      failuresByClass: { server: 1 },
    });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

/** What may stand in any place. */
const anything = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 1e300, -1e300, 1_001, 61_000, '', 'm', '__proto__', 'down', TODAY, MAX_HINT * 2),
  fc.double({ noNaN: false }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Mostly in the right shape, so that it gets far. */
const orAnything = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: right, weight: 15 }, { arbitrary: anything, weight: 1 });
const number = orAnything(
  fc.oneof({ arbitrary: fc.integer({ min: 0, max: 200_000 }), weight: 4 }, fc.integer({ min: -100_000, max: 0 })),
);
const some = (fields: Record<string, fc.Arbitrary<unknown>>) => orAnything(fc.record(fields, { requiredKeys: [] }));
const list = (of: fc.Arbitrary<unknown>) => orAnything(fc.array(of, { maxLength: 3 }));

const rest = some({ until: number, reason: orAnything(fc.constantFrom('quota', 'no-token', 'by-hand')), run: number });
const opening = some({ until: number, openings: number });
const counts = some({
  attempts: number,
  successes: number,
  failures: number,
  failuresByClass: orAnything(fc.dictionary(fc.constantFrom('server', 'toString', '__proto__'), number)),
});
const probes = some({
  probe: orAnything(fc.constant('models')),
  state: some({
    opinion: orAnything(fc.constantFrom('up', 'down')),
    failures: number,
    successes: number,
    nothings: number,
    answers: number,
  }),
  failedAt: number,
  answered: orAnything(fc.boolean()),
  history: some({ results: list(some({ at: number, outcome: fc.constant('ok'), latency: number })) }),
});
const quirk = some({ feature: fc.constantFrom('temperature', 'max_tokens', 'max_completion_tokens', 'x'), at: number });

function snapshots({ upstream }: TestPool): fc.Arbitrary<unknown> {
  const { settings, keys } = upstream('north');
  const key = orAnything(fc.constantFrom(...keyIds(keys, SALT).values()));
  const deployment = some({
    model: orAnything(fc.constantFrom('m', 'n')),
    modelId: orAnything(fc.constantFrom('m', 'n')),
    rest,
    opening,
    counts,
    refuses: list(quirk),
    probes,
    lanes: list(some({ key, rest, counts })),
  });
  const one = fc.record(
    {
      name: fc.constant('north'),
      service: fc.constant(serviceId(settings, SALT)),
      rest,
      opening,
      models: list(orAnything(fc.constantFrom('m', 'n', ''))),
      keys: list(some({ key, rest })),
      probes,
      deployments: list(deployment),
    },
    { requiredKeys: ['name', 'service'] },
  );
  const head = { format: fc.constant(HEAD.format), version: fc.constant(1), salt: fc.constant(SALT) };
  return fc.record({ ...head, savedAt: orAnything(fc.constant(TODAY)), clock: number, upstreams: list(one) });
}

function expectSense(known: TestPool, at: number): void {
  const { pool } = known;
  const cooldowns = [
    ...pool.upstreams.flatMap(({ cooldown, keys }) => [cooldown, ...keys.map((key) => key.cooldown)]),
    ...pool.deployments.flatMap(({ cooldown, lanes }) => [cooldown, ...lanes.map((lane) => lane.cooldown)]),
  ];
  for (const { until, reason } of cooldowns) {
    if (until === -Infinity) continue;
    expect(until).toBeGreaterThan(at);
    expect(until - at).toBeLessThanOrEqual(MAX_HINT);
    expect(reason === 'no-token' || isFailureClass(reason)).toBe(true);
  }
  for (const { breaker, settings } of [...pool.upstreams, ...pool.deployments]) {
    const { openFor = 0, openings, state } = breaker.snapshot();
    expect([openFor >= 0 && openFor <= settings.breaker.maxOpenFor, Number.isSafeInteger(openings)]).toEqual([
      true,
      true,
    ]);
    expect(['closed', 'open', 'half-open']).toContain(state);
  }
  for (const { statistics, quirks } of pool.deployments) {
    const { attempts, successes, failures, neutral } = statistics.snapshot();
    for (const count of [attempts, successes, failures, neutral]) expect(count).toBeGreaterThanOrEqual(0);
    expect(quirks.all().filter((feature) => feature.startsWith('max_')).length).toBeLessThan(2);
  }
  const { state, history } = known.check('north');
  expect(['unknown', 'up', 'down']).toContain(state.opinion);
  for (const one of history.toSnapshot().results) expect(one.at).toBeLessThanOrEqual(TODAY + 60_000);
}

describe('random garbage', () => {
  it('is never thrown about and never becomes nonsense', () => {
    let restored = 0;
    const pattern = poolOf();
    fc.assert(
      fc.property(snapshots(pattern), fc.integer({ min: 0, max: 100_000 }), (value, later) => {
        const snapshot = readSnapshot(JSON.stringify(value), TODAY + later);
        if (typeof snapshot === 'string') return;
        const known = poolOf();
        const at = now();
        restore(snapshot, known, { at, today: TODAY + later });
        const names = modelsIn(snapshot, { ...known.upstream('north').settings, discovers: true });
        if (names !== undefined) {
          expect(names.length).toBeGreaterThan(0);
          expect(names.every((name) => typeof name === 'string' && name !== '')).toBe(true);
        }
        expectSense(known, at);
        const touched = known.pool.deployments.some(
          ({ cooldown, breaker }) => cooldown.until > at || breaker.state !== 'closed',
        );
        if (touched) restored += 1;
        void known.pool.close();
      }),
      { numRuns: 2_000 },
    );
    // It gets far enough to mean anything.
    expect(restored).toBeGreaterThan(20);
  });

  it('of any text is a fault or a snapshot', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['broken', 'foreign', 'version']).toContain(readSnapshot(text, TODAY));
      }),
    );
  });
});

it('takes a service for another one when anything of it is another', () => {
  const ids = [
    {},
    { baseUrl: 'https://north.example/v2' },
    { provider: 'anthropic' },
    { provider: 'azure' },
    { provider: 'azure', apiVersion: '2024-10-21' },
  ].map((fields) => serviceId(poolOf([north(fields)]).upstream('north').settings, SALT));
  expect(new Set(ids).size).toBe(ids.length);
  expect(serviceId(poolOf().upstream('north').settings, SALT)).toBe(ids[0]);
});
