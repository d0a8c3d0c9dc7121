import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLeastInFlight, leastInFlight } from '../../../src/plan/balance/least-in-flight.js';
import { DRAWS, firsts } from './draws.js';
import { asker, members, run } from './members.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Draws of which each is under way until `length` further ones have begun. */
function overlapping(weights: readonly number[], length: number): number[] {
  const loads = weights.map(() => 0);
  const ends: number[] = [];
  return firsts(weights.length, (turns, draw) => {
    if (draw >= length) {
      const done = ends[draw - length] ?? 0;
      loads[done] = (loads[done] ?? 0) - 1;
    }
    const choice = leastInFlight(loads, weights, turns);
    const first = choice.order[0] ?? 0;
    loads[first] = (loads[first] ?? 0) + 1;
    ends.push(first);
    return choice;
  });
}

describe('least-in-flight', () => {
  it('takes whoever has the fewest under way for his weight', () => {
    expect(leastInFlight([3, 2, 4], [1, 1, 1], []).order).toEqual([1, 0, 2]);
    expect(leastInFlight([3, 2, 4], [3, 1, 1], []).order).toEqual([0, 1, 2]);
  });

  it('shares 100,000 draws by weight while all are idle', () => {
    expect(firsts(3, (turns) => leastInFlight([0, 0, 0], [3, 1, 1], turns))).toEqual([60_000, 20_000, 20_000]);
  });

  it('shares 100,000 draws by weight while all are busy', () => {
    for (const [index, count] of overlapping([3, 1, 1], 40).entries()) {
      expect(Math.abs(count - DRAWS * (index === 0 ? 0.6 : 0.2))).toBeLessThan(DRAWS * 0.02);
    }
  });

  it('gives one of weight 0 nothing while there is another', () => {
    expect(leastInFlight([9, 0, 5], [1, 0, 1], []).order).toEqual([2, 0, 1]);
    expect(firsts(2, (turns) => leastInFlight([5, 0], [1, 0], turns), 100)).toEqual([100, 0]);
    expect(leastInFlight([5, 0], [0, 0], []).order).toEqual([0, 1]);
  });

  it('lets only those have turns who are equally good', () => {
    expect(firsts(3, (turns) => leastInFlight([0, 0, 5], [1, 1, 1], turns))).toEqual([50_000, 50_000, 0]);
  });

  it('leaves one that was busy no debt of turns', () => {
    let { turns } = leastInFlight([0, 0], [1, 1], []);
    for (let choice = 0; choice < 50; choice += 1) turns = leastInFlight([5, 0], [1, 1], turns).turns;
    const after = firsts(2, (later) => leastInFlight([0, 0], [1, 1], later.length === 0 ? turns : later), 10);
    expect(after).toEqual([5, 5]);
  });

  it('orders everybody once', () => {
    const loads = fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(loads, (all) => {
        const choice = leastInFlight(
          all.map(([load]) => load),
          all.map(([, weight]) => weight),
          [],
        );
        expect(choice.order.toSorted((a, b) => a - b)).toEqual([...all.keys()]);
      }),
    );
  });

  it('counts a failure as one that is still under way, for a while', () => {
    const pair = members('a', 'b');
    const balance = createLeastInFlight(pair);
    const [a, b] = pair;
    if (a === undefined || b === undefined) throw new Error('there are two');
    a.failures.fail(-1);
    a.failures.fail(-1);
    run(b, 1);
    expect(balance.order([1, 1], [], asker()).order).toEqual([1, 0]);
    vi.advanceTimersByTime(10_000);
    expect(balance.order([1, 1], [], asker()).order).toEqual([0, 1]);
  });
});
