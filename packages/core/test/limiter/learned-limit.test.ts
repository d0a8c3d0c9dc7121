import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearnedLimit, type ReadingContext } from '../../src/limiter/learned-limit.js';

const MINUTE = 60_000;
/** A window is held to be over this much late. */
const LATENESS = 1_000;

/** Of the latest of `number` requests, answered at once. */
function context(at: number, number: number, more: Partial<ReadingContext> = {}): ReadingContext {
  return { at, sentAt: at, number, latest: number, sentSince: 0, ...more };
}

function reading(remaining: number, resetIn: number | undefined = MINUTE, limit: number | undefined = 100) {
  return { kind: 'requests', limit, remaining, resetIn } as const;
}

/** A limit of 100 a minute that is known to come back evenly, with `remaining` at 20 s. */
function evenly(remaining: number): LearnedLimit {
  const limit = new LearnedLimit();
  limit.observe(reading(50, 30_000), context(0, 1));
  limit.observe(reading(remaining, (100 - remaining) * 600), context(20_000, 2));
  expect(limit.snapshot(20_000)?.refill).toBe('continuous');
  return limit;
}

describe('a limit that is learned', () => {
  it('admits what is left and no more', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(3), context(0, 1));
    expect(limit.freeAt(3, 0)).toBe(0);
    expect(limit.freeAt(4, 0)).toBe(MINUTE + LATENESS);
    limit.spend(2, 0);
    expect(limit.freeAt(2, 0)).toBe(MINUTE + LATENESS);
  });

  it('gets nothing back before the reset while nothing else is known, and all of it then', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(0), context(0, 1));
    expect(limit.freeAt(1, MINUTE + LATENESS - 1)).toBe(MINUTE + LATENESS);
    expect(limit.freeAt(100, MINUTE + LATENESS)).toBe(MINUTE + LATENESS);
    expect(limit.share(MINUTE + LATENESS)).toBe(1);
  });

  it('comes back evenly once its reset has moved before it was reached', () => {
    const limit = evenly(20);
    // Two of a hundred are left for others.
    expect(limit.freeAt(30, 20_000)).toBeCloseTo(20_000 + 12 * 600);
    expect(limit.freeAt(27, 26_000)).toBe(26_000);
    expect(limit.freeAt(30, 26_000)).toBeGreaterThan(26_000);
  });

  it('is a window where the reset stands while less and less is left', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(50, 50_000), context(0, 1));
    limit.observe(reading(40, 44_000), context(6_000, 2));
    expect(limit.snapshot(6_000)).toMatchObject({ refill: 'window', remaining: 40, resetIn: 44_000 });
  });

  it('takes a standing reset for no sign where more is left than before', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(50, 50_000), context(0, 1));
    limit.observe(reading(60, 44_000), context(6_000, 2));
    expect(limit.snapshot(6_000)?.refill).toBe('unknown');
  });

  it('counts what was sent after the request whose answer it reads', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(10), context(2_000, 5, { sentAt: 0, latest: 9, sentSince: 4 }));
    expect(limit.snapshot(2_000)?.remaining).toBe(6);
  });

  it('believes the answer to the later request, whichever comes first', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(3), context(1_000, 8, { latest: 8 }));
    limit.observe(reading(9), context(1_100, 2, { sentAt: 500, latest: 8, sentSince: 6 }));
    expect(limit.snapshot(1_100)?.remaining).toBe(3);
  });

  it('is not lowered by the last answers of a window that is over', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(0, 10_000), context(0, 1));
    expect(limit.freeAt(1, 11_000)).toBe(11_000);
    limit.observe(reading(0, 500), context(11_200, 1, { sentAt: 9_000 }));
    expect(limit.freeAt(1, 11_200)).toBe(11_200);
  });

  it('believes an upstream whose window lasts longer than was thought', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(0, 10_000), context(0, 1));
    limit.spend(1, 11_000);
    limit.observe(reading(0, 2_000), context(11_200, 2, { sentAt: 11_100, latest: 2 }));
    expect(limit.freeAt(1, 11_200)).toBeGreaterThanOrEqual(13_200);
  });

  it('gives back what was not sent, unless a reading has come that knows nothing of it', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(10), context(0, 1));
    limit.spend(4, 0);
    limit.giveBack(4, 2);
    expect(limit.snapshot(0)?.remaining).toBe(10);
    limit.spend(4, 0);
    limit.observe(reading(9), context(100, 3, { latest: 3 }));
    limit.giveBack(4, 2);
    expect(limit.snapshot(100)?.remaining).toBe(9);
  });

  it.each([
    ['a negative', reading(-1)],
    ['no number', reading(Number.NaN)],
    ['an endless', reading(Infinity)],
    ['a window that is over', reading(0, 0)],
    ['a limit of nothing', reading(0, MINUTE, 0)],
  ])('ignores %s', (_, nonsense) => {
    const limit = new LearnedLimit();
    limit.observe(nonsense, context(0, 1));
    expect(limit.known(0)).toBe(false);
    expect(limit.freeAt(1_000_000, 0)).toBeLessThanOrEqual(0);
  });

  it('without a limit is known until its reset, and then anything may be left', () => {
    const limit = new LearnedLimit();
    limit.observe({ kind: 'requests', limit: undefined, remaining: 0, resetIn: 10_000 }, context(0, 1));
    expect(limit.freeAt(1, 0)).toBe(11_000);
    limit.spend(50, 11_000);
    expect(limit.freeAt(50, 11_000)).toBe(11_000);
  });

  it('without a reset is asked again soon', () => {
    const limit = new LearnedLimit();
    limit.observe({ kind: 'requests', limit: 100, remaining: 0, resetIn: undefined }, context(0, 1));
    expect(limit.freeAt(1, 0)).toBeLessThanOrEqual(11_000);
  });

  it('admits a cost above the limit when all of it is there', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(100), context(0, 1));
    expect(limit.freeAt(500, 0)).toBe(0);
  });

  it('leaves more to others after a refusal that nobody expected, and less again later', () => {
    const limit = evenly(50);
    const before = limit.freeAt(60, 20_000);
    limit.refused(3, 3, 20_000);
    const after = limit.freeAt(60, 20_000);
    expect(after).toBeGreaterThan(before);
    // Of those that were under way no other is news.
    limit.refused(2, 3, 20_000);
    expect(limit.freeAt(60, 20_000)).toBe(after);
  });

  it('is forgotten ten minutes after the last reading, even if the reset is said to be in a week', () => {
    const limit = new LearnedLimit();
    limit.observe(reading(0, 7 * 86_400_000), context(0, 1));
    expect(limit.freeAt(1, 0)).toBe(600_000);
    expect(limit.freeAt(1, 600_000)).toBe(-Infinity);
    expect(limit.snapshot(600_000)).toBeUndefined();
    expect(limit.share(600_000)).toBe(1);
  });
});

describe('whatever an upstream says', () => {
  const step = fc.oneof(
    fc.record({
      pass: fc.integer({ min: 0, max: 90_000 }),
      remaining: fc.oneof(fc.integer({ min: -2, max: 2_000 }), fc.constant(Number.NaN)),
      limit: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
      resetIn: fc.option(fc.oneof(fc.integer({ min: 0, max: 120_000 }), fc.constant(1e15)), { nil: undefined }),
      age: fc.integer({ min: 0, max: 5_000 }),
    }),
    fc.record({ pass: fc.integer({ min: 0, max: 5_000 }), cost: fc.integer({ min: 0, max: 3_000 }) }),
    fc.record({ pass: fc.integer({ min: 0, max: 5_000 }), refused: fc.constant(true) }),
  );

  it('a limit admits everything again within ten minutes, at the time that it names', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 5_000 }), (steps, cost) => {
        const limit = new LearnedLimit();
        let at = 0;
        let number = 0;
        for (const one of steps) {
          at += one.pass;
          if ('cost' in one) {
            number += 1;
            limit.spend(one.cost, at);
          } else if ('refused' in one) {
            limit.refused(number, number, at);
          } else {
            const sentAt = Math.max(0, at - one.age);
            limit.observe({ kind: 'tokens', ...one }, context(at, number, { sentAt, latest: number }));
          }
          expect(limit.share(at)).toBeGreaterThanOrEqual(0);
          expect(limit.share(at)).toBeLessThanOrEqual(1);
        }
        const freeAt = limit.freeAt(cost, at);
        expect(freeAt).toBeLessThanOrEqual(at + 600_000);
        // A bucket that fills is nearly full at its time: numbers are rounded.
        const later = Math.max(at, freeAt);
        expect(limit.freeAt(cost, later)).toBeLessThanOrEqual(later + 1);
      }),
      { numRuns: 500 },
    );
  });
});
