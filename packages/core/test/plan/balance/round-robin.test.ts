import { describe, expect, it } from 'vitest';
import { createRoundRobin, roundRobin } from '../../../src/plan/balance/round-robin.js';
import { DRAWS, firsts } from './draws.js';
import { asker, member } from './members.js';

describe('round-robin', () => {
  it('gives each the same number of turns, one after the other', () => {
    expect(firsts(4, (turns) => roundRobin([1, 1, 1, 1], turns))).toEqual([25_000, 25_000, 25_000, 25_000]);
    expect(roundRobin([1, 1, 1], []).order).toEqual([0, 1, 2]);
    expect(roundRobin([1, 1, 1], roundRobin([1, 1, 1], []).turns).order[0]).toBe(1);
  });

  it('gives one that recovers its share of a turn', () => {
    const [a = 0, b = 0] = firsts(2, (turns) => roundRobin([1, 0.25], turns));
    expect(b).toBe(DRAWS / 5);
    expect(a).toBe((DRAWS * 4) / 5);
  });

  it('does not look at weights, but at shares, and asks one of weight 0 last', () => {
    const members = [member('a', { weight: 5 }), member('b', { weight: 1 }), member('c', { weight: 0 })];
    const balance = createRoundRobin(members);
    expect(firsts(3, (turns) => balance.order([5, 1, 0], turns, asker()))).toEqual([50_000, 50_000, 0]);
    expect(firsts(3, (turns) => balance.order([2.5, 1, 0], turns, asker()), 3_000)).toEqual([1_000, 2_000, 0]);
    expect(balance.order([5, 1, 0], [], asker()).order).toEqual([0, 1, 2]);
  });
});
