import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeCallOptions } from '../../src/http/merge-options.js';

describe('mergeCallOptions', () => {
  it('lets the nearer win, and what is undefined say nothing', () => {
    const outer = { chain: 'cheap', deadline: 5_000, detached: true };
    expect(mergeCallOptions(outer, { chain: 'best', deadline: undefined })).toEqual({
      chain: 'best',
      deadline: 5_000,
      detached: true,
    });
  });

  it('lets false, zero and null win too', () => {
    const outer = { detached: true, priority: 5, cannedReply: 'Soon.', callerRetries: true, raceAfter: 500 };
    const nearer = {
      detached: false,
      priority: 0,
      cannedReply: false,
      callerRetries: false,
      raceAfter: false,
    } as const;
    expect(mergeCallOptions(outer, nearer)).toEqual(nearer);
  });

  it('hands on what is said of streams', () => {
    const mount = { raceAfter: 500, streamInside: true } as const;
    const call = { raceAfter: undefined, onStreamFailure: 'error', streamInside: false } as const;
    expect(mergeCallOptions(mount, call)).toEqual({ raceAfter: 500, onStreamFailure: 'error', streamInside: false });
  });

  it('merges groups field by field', () => {
    const outer = { timeouts: { unary: 1, connect: 2 }, retry: { baseDelay: 3 }, metadata: { a: 1, b: 2 } };
    const nearer = {
      timeouts: { unary: 9 },
      retry: { maxDelay: 4 },
      metadata: { b: undefined, c: 3 },
    };
    expect(mergeCallOptions(outer, nearer)).toEqual({
      timeouts: { unary: 9, connect: 2 },
      retry: { baseDelay: 3, maxDelay: 4 },
      metadata: { a: 1, b: undefined, c: 3 },
    });
  });

  it('changes neither of them', () => {
    const outer = Object.freeze({ timeouts: Object.freeze({ unary: 1 }), require: Object.freeze({ tags: ['a'] }) });
    const nearer = Object.freeze({ timeouts: Object.freeze({ connect: 2 }), require: Object.freeze({ tags: ['b'] }) });
    const merged = mergeCallOptions(outer, nearer);
    expect(merged).toEqual({ timeouts: { unary: 1, connect: 2 }, require: { tags: ['a', 'b'] } });
    expect(merged.timeouts).not.toBe(outer.timeouts);
  });

  it('keeps the chain of a mount that makes no demands out of `require`', () => {
    expect(mergeCallOptions({ chain: 'a' }, { deadline: 1 })).toEqual({ chain: 'a', deadline: 1 });
    expect(mergeCallOptions({ require: { tags: ['a'] } }, {})).toEqual({ require: { tags: ['a'] } });
    expect(mergeCallOptions({}, { require: { regions: ['eu'] } })).toEqual({ require: { regions: ['eu'] } });
  });

  it('meets both demands, whatever they are: an upstream passes the merged one if and only if it passes each', () => {
    const tags = fc.subarray(['a', 'b', 'c']);
    const regions = fc.subarray(['eu', 'us', 'cn']);
    const demand = fc.record({ tags, regions }, { requiredKeys: [] });
    const upstream = fc.record({ tags, region: fc.constantFrom('eu', 'us', 'cn', undefined) });
    fc.assert(
      fc.property(demand, demand, upstream, (outer, nearer, one) => {
        const meets = (wanted: { tags?: readonly string[]; regions?: readonly string[] } = {}): boolean =>
          (wanted.tags ?? []).every((tag) => one.tags.includes(tag)) &&
          (wanted.regions === undefined || (one.region !== undefined && wanted.regions.includes(one.region)));
        const { require } = mergeCallOptions({ require: outer }, { require: nearer });
        expect(meets(require)).toBe(meets(outer) && meets(nearer));
      }),
      { numRuns: 2_000 },
    );
  });
});
