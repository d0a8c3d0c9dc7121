import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smoothWeighted, type Turns } from '../../src/plan/smooth-weighted.js';

/** The first of each of `rounds` choices. */
function chosen(weights: readonly number[], rounds: number): number[] {
  let turns: Turns = [];
  return Array.from({ length: rounds }, () => {
    const choice = smoothWeighted(weights, turns);
    turns = choice.turns;
    return choice.order[0] ?? -1;
  });
}

describe('smoothWeighted', () => {
  it('spreads turns evenly rather than in runs', () => {
    expect(chosen([5, 1, 1], 7)).toEqual([0, 0, 1, 0, 2, 0, 0]);
    expect(chosen([1, 1, 1], 6)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('gives each exactly its share of every full round', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (given, rounds) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const turns = chosen(given, total * rounds);
        for (const [index, weight] of given.entries()) {
          expect(turns.filter((one) => one === index)).toHaveLength(weight * rounds);
        }
      }),
    );
  });

  it('never lets one fall behind or run ahead of its share by more than one turn per other member', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, (given) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const counts = given.map(() => 0);
        for (const [round, index] of chosen(given, total).entries()) {
          counts[index] = (counts[index] ?? 0) + 1;
          for (const [member, count] of counts.entries()) {
            const share = ((round + 1) * (given[member] ?? 0)) / total;
            expect(Math.abs(count - share)).toBeLessThan(given.length);
          }
        }
      }),
    );
  });

  it('takes weights that are fractions, as they are while a circuit recovers', () => {
    const turns = chosen([1, 0.25], 50);
    expect(turns.filter((one) => one === 1)).toHaveLength(10);
  });

  it('puts those of weight 0 last, in their order, and never gives them a turn', () => {
    let turns: Turns = [];
    for (let round = 0; round < 20; round += 1) {
      const choice = smoothWeighted([0, 2, 0, 1], turns);
      turns = choice.turns;
      expect(choice.order.slice(2)).toEqual([0, 2]);
    }
  });

  it('keeps the order when all have weight 0', () => {
    expect(smoothWeighted([0, 0, 0], []).order).toEqual([0, 1, 2]);
    expect(smoothWeighted([0, 0], [5, -5]).order).toEqual([0, 1]);
  });

  it('orders all members, the next in turn behind the chosen one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }), (weights) => {
        const { order } = smoothWeighted(weights, []);
        expect(order.toSorted((a, b) => a - b)).toEqual([...weights.keys()]);
      }),
    );
    expect(smoothWeighted([], [])).toEqual({ order: [], turns: [] });
  });

  it('changes nothing that it was given', () => {
    const weights = Object.freeze([3, 1]);
    const turns = Object.freeze([0, 0]);
    expect(smoothWeighted(weights, turns)).toEqual(smoothWeighted(weights, turns));
  });
});
