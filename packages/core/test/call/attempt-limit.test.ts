import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unaryLimit } from '../../src/call/attempt-limit.js';
import { DEFAULT_REASONING_TIMEOUTS, DEFAULT_TIMEOUTS } from '../../src/config/defaults.js';

const others = (remain: boolean) => () => remain;

describe('unaryLimit', () => {
  it('grows with the output that the request allows, a thousand tokens being assumed', () => {
    const time = { remaining: 300_000, othersRemain: others(true) };
    expect(unaryLimit(DEFAULT_TIMEOUTS, 0, time)).toEqual({ limit: 30_000, because: 'own' });
    expect(unaryLimit(DEFAULT_TIMEOUTS, 4_000, time)).toEqual({ limit: 130_000, because: 'own' });
    expect(unaryLimit(DEFAULT_TIMEOUTS, undefined, time)).toEqual({ limit: 55_000, because: 'own' });
  });

  it('leaves fifteen seconds to the others while there are any', () => {
    const limit = (remain: boolean) =>
      unaryLimit(DEFAULT_TIMEOUTS, 16_000, { remaining: 300_000, othersRemain: others(remain) });
    expect(limit(true)).toEqual({ limit: 285_000, because: 'reserve' });
    expect(limit(false)).toEqual({ limit: 300_000, because: 'deadline' });
  });

  it('leaves half to the others when little is left', () => {
    const time = { remaining: 10_000, othersRemain: others(true) };
    expect(unaryLimit(DEFAULT_TIMEOUTS, 100, time)).toEqual({ limit: 5_000, because: 'reserve' });
  });

  it('is its own limit where that ends before the deadline and nobody else remains', () => {
    const time = { remaining: 310_000, othersRemain: others(false) };
    expect(unaryLimit(DEFAULT_REASONING_TIMEOUTS, 0, time)).toEqual({ limit: 300_000, because: 'own' });
  });

  it('does not ask who remains when it makes no difference', () => {
    const asked = () => {
      throw new Error('asked');
    };
    expect(unaryLimit(DEFAULT_TIMEOUTS, 100, { remaining: 300_000, othersRemain: asked }).because).toBe('own');
  });

  it('is never longer than what is left, nor than its own, and says which', () => {
    const time = fc.integer({ min: 1, max: 600_000 });
    fc.assert(
      fc.property(time, fc.nat({ max: 50_000 }), fc.boolean(), (remaining, tokens, remain) => {
        const own = 30_000 + 25 * tokens;
        const { limit, because } = unaryLimit(DEFAULT_TIMEOUTS, tokens, { remaining, othersRemain: others(remain) });
        expect(limit).toBeGreaterThan(0);
        expect(limit).toBeLessThanOrEqual(Math.min(own, remaining));
        if (because === 'own') expect(limit).toBe(own);
        if (because === 'deadline') expect([limit, remain]).toEqual([remaining, false]);
        if (remain) expect(remaining - limit).toBeGreaterThanOrEqual(Math.min(15_000, remaining / 2));
      }),
    );
  });
});
