import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatency, latencyCost, twoChoices } from '../../../src/plan/balance/latency.js';
import { DRAWS, firsts, sharesOf } from './draws.js';
import { asker, members } from './members.js';

describe('Of two that are drawn', () => {
  it('the cheaper is taken, and the rest follow by cost', () => {
    expect(twoChoices([30, 10], [1, 1], []).order).toEqual([1, 0]);
    expect(twoChoices([10, 30], [1, 1], []).order).toEqual([0, 1]);
    for (let draw = 0; draw < 1; draw += 0.01) {
      expect(twoChoices([30, 10, 20], [1, 1, 1], [draw]).order.slice(1)).toEqual(
        [1, 2, 0].filter((index) => index !== twoChoices([30, 10, 20], [1, 1, 1], [draw]).order[0]),
      );
    }
  });

  it('each pair comes equally often in 100,000 draws', () => {
    const costs = [1, 2, 3, 4];
    // The best wins each of its three pairs of six, the next best two, and the worst none.
    const shares = sharesOf(firsts(4, (turns) => twoChoices(costs, [1, 1, 1, 1], turns)));
    for (const [index, share] of shares.entries()) expect(share).toBeCloseTo((3 - index) / 6, 3);
  });

  it('equals share 100,000 draws by weight, and nobody comes in runs', () => {
    const shares = sharesOf(firsts(3, (turns) => twoChoices([1, 1, 1], [3, 1, 1], turns)));
    expect(shares[0]).toBeCloseTo(0.6, 3);
    expect(shares[1]).toBeCloseTo(0.2, 3);
    const ten = firsts(3, (turns) => twoChoices([1, 1, 1], [3, 1, 1], turns), 10);
    expect(ten).toEqual([6, 2, 2]);
  });

  it('the heavier is drawn more often', () => {
    // Pairs are drawn without putting back: 3/5·(1/2+1/2) + 1/5·(3/4)·2 of all hold the first.
    const shares = sharesOf(firsts(3, (turns) => twoChoices([1, 2, 2], [3, 1, 1], turns)));
    expect(shares[0]).toBeCloseTo(0.9, 3);
  });

  it('the second is drawn as evenly as the first, whatever the first weighs', () => {
    const shares = sharesOf(firsts(3, (turns) => twoChoices([9, 1, 1], [3, 1, 1], turns)));
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBeCloseTo(0.5, 3);
  });

  it('none has weight 0, unless nobody else can be asked', () => {
    expect(firsts(3, (turns) => twoChoices([5, 1, 4], [1, 0, 1], turns), 1_000)[1]).toBe(0);
    expect(twoChoices([5, 1], [1, 0], []).order).toEqual([0, 1]);
    expect(twoChoices([5, 1], [0, 0], [0.3])).toEqual({ order: [0, 1], turns: [0.3] });
    expect(twoChoices([], [], [])).toEqual({ order: [], turns: [] });
  });

  it('everybody is ordered once, whatever the draw', () => {
    const all = fc.array(fc.tuple(fc.nat(9), fc.nat(3)), { minLength: 1, maxLength: 6 });
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(all, draws, (given, draw) => {
        const costs = given.map(([cost]) => cost);
        const weights = given.map(([, weight]) => weight);
        const { order } = twoChoices(costs, weights, [draw]);
        expect(order.toSorted((a, b) => a - b)).toEqual([...given.keys()]);
        const able = weights.filter((weight) => weight > 0).length;
        for (const index of order.slice(0, able)) expect(weights[index]).toBeGreaterThan(0);
        // The worst of all is never taken where there is a better one.
        if (able > 1) {
          const others = order.slice(1, able).map((index) => costs[index] ?? 0);
          expect(costs[order[0] ?? -1]).toBeLessThanOrEqual(Math.max(...others));
        }
      }),
    );
  });
});

describe('The cost of a member', () => {
  it('grows with its latency and with what is before its end, and shrinks with its weight', () => {
    expect(latencyCost({ latency: 100, load: 0 }, 1)).toBe(100);
    expect(latencyCost({ latency: 100, load: 3 }, 1)).toBe(400);
    expect(latencyCost({ latency: 100, load: 3 }, 4)).toBe(100);
  });

  it('is nothing where nothing is known, so that it is tried', () => {
    expect(latencyCost({ latency: undefined, load: 0 }, 1)).toBe(0);
    expect(latencyCost({ latency: undefined, load: 0 }, 0.1)).toBe(0);
  });

  it('is above all that are known once it is tried, so that one try is all', () => {
    const tried = latencyCost({ latency: undefined, load: 1 }, 1);
    expect(tried).toBeGreaterThan(latencyCost({ latency: 600_000, load: 1_000 }, 1));
    expect(tried).toBeLessThan(latencyCost({ latency: undefined, load: 2 }, 1));
  });
});

describe('latency', () => {
  it('compares streams by their first content and whole answers by their time per token', () => {
    const pair = members('a', 'b');
    pair[0]?.latency.begun(100);
    pair[1]?.latency.begun(900);
    pair[0]?.latency.answered(9_000, 100);
    pair[1]?.latency.answered(1_000, 100);
    const balance = createLatency(pair);
    expect(balance.order([1, 1], [], asker({ streamed: true })).order).toEqual([0, 1]);
    expect(balance.order([1, 1], [], asker({ streamed: false })).order).toEqual([1, 0]);
  });

  it('leaves the turns alone until a choice counts', () => {
    const balance = createLatency(members('a', 'b', 'c', 'd'));
    const turns = Object.freeze([0.4]);
    expect(balance.order([1, 1, 1, 1], turns, asker())).toEqual(balance.order([1, 1, 1, 1], turns, asker()));
  });

  it('shares 100,000 calls by weight where nobody has been asked yet', () => {
    const balance = createLatency(members('a', 'b', 'c'));
    const counts = firsts(3, (turns) => balance.order([2, 1, 1], turns, asker()));
    expect(Math.abs((counts[0] ?? 0) - DRAWS / 2)).toBeLessThan(DRAWS / 100);
  });
});
