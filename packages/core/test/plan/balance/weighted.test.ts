import { describe, expect, it } from 'vitest';
import { createBalance } from '../../../src/plan/balance/create-balance.js';
import { orderModels, take } from '../../../src/plan/plan.js';
import { asker } from './members.js';
import { DRAWS, firsts } from './draws.js';

describe('weighted', () => {
  it.each([
    [
      [3, 1],
      [75_000, 25_000],
    ],
    [
      [5, 2],
      [71_429, 28_571],
    ],
    [
      [1, 1, 0],
      [50_000, 50_000, 0],
    ],
  ])('shares 100,000 draws by %j, to a single turn', (weights, expected) => {
    const balance = createBalance('weighted', []);
    const counts = firsts(weights.length, (turns) => balance.order(weights, turns, asker()));
    for (const [index, count] of counts.entries()) expect(Math.abs(count - (expected[index] ?? 0))).toBeLessThan(1);
  });

  it('gives one that recovers its share, and the rest to the others', () => {
    const balance = createBalance('weighted', []);
    const counts = firsts(3, (turns) => balance.order([0.1, 1, 1], turns, asker()));
    expect(Math.abs((counts[0] ?? 0) - DRAWS / 21)).toBeLessThan(2);
  });
});

describe('The models of a step', () => {
  it('share 100,000 draws by 60, 30 and 10', () => {
    const models = [60, 30, 10].map((weight, index) => ({ model: `m${index}`, weight, tiers: [], leftOut: [] }));
    const step = { models, lastResort: false, rotation: { turns: [], lead: 0 } };
    const counts = new Map<string, number>();
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const model = take(orderModels(step))[0]?.model ?? 'none';
      counts.set(model, (counts.get(model) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ m0: 60_000, m1: 30_000, m2: 10_000 });
  });
});
