import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History, KEPT, type ProbeRecord } from '../../src/health/history.js';

const record = fc.record(
  {
    at: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    outcome: fc.constantFrom<ProbeRecord['outcome']>('ok', 'failed', 'nothing'),
    latency: fc.integer({ min: 0, max: 10_000 }),
    error: fc.string({ maxLength: 40 }),
  },
  { requiredKeys: ['at', 'outcome', 'latency'] },
);

function filled(records: readonly ProbeRecord[]): History {
  const history = new History();
  for (const one of records) history.add(one);
  return history;
}

describe('a history', () => {
  it('says nothing before the first probe', () => {
    expect(new History().summary()).toEqual({
      checks: 0,
      ok: 0,
      failed: 0,
      successRate: undefined,
      averageLatency: undefined,
      last: undefined,
    });
  });

  it('counts for the rate only what said something, and for the latency only what succeeded', () => {
    const history = filled([
      { at: 1, outcome: 'ok', latency: 10 },
      { at: 2, outcome: 'ok', latency: 30 },
      { at: 3, outcome: 'ok', latency: 20 },
      { at: 4, outcome: 'nothing', latency: 999, error: '404' },
      { at: 5, outcome: 'failed', latency: 5_000, error: 'silent' },
    ]);
    expect(history.summary()).toEqual({
      checks: 5,
      ok: 3,
      failed: 1,
      successRate: 0.75,
      averageLatency: 20,
      last: { at: 5, outcome: 'failed', latency: 5_000, error: 'silent' },
    });
  });

  it('keeps the last hundred, in their order, and comes back the same from its snapshot', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 250 }), (records) => {
        const history = filled(records);
        const kept = records.slice(-KEPT);
        expect(history.toSnapshot().results).toEqual(kept);
        expect(history.summary().last).toEqual(kept.at(-1));
        const again = History.fromSnapshot(JSON.parse(JSON.stringify(history.toSnapshot())));
        expect(again.toSnapshot()).toEqual(history.toSnapshot());
        expect(again.summary()).toEqual(history.summary());
        again.add({ at: 7, outcome: 'ok', latency: 1 });
        expect(again.toSnapshot().results.slice(-2)).toEqual([...kept.slice(-1), { at: 7, outcome: 'ok', latency: 1 }]);
      }),
    );
  });

  it('takes from a snapshot only what is a result, and of that only what it knows', () => {
    const results = [
      null,
      'ok',
      { at: 'yesterday', outcome: 'ok', latency: 1 },
      { at: 1, outcome: 'fine', latency: 1 },
      { at: 1, outcome: 'ok', latency: -1 },
      { at: 1, outcome: 'ok', latency: Number.POSITIVE_INFINITY },
      { at: 1, outcome: 'failed', latency: 2, error: 'x'.repeat(500), key: 'sk-secret' },
    ];
    const { results: kept } = History.fromSnapshot({ results }).toSnapshot();
    expect(kept).toEqual([{ at: 1, outcome: 'failed', latency: 2, error: 'x'.repeat(40) }]);
    for (const strange of [undefined, null, 5, 'text', {}, { results: 5 }, []]) {
      expect(History.fromSnapshot(strange).summary().checks).toBe(0);
    }
  });
});
