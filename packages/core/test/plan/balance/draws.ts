/** Many choices after each other, and who had them. */
import type { Turns, WeightedOrder } from '../../../src/plan/smooth-weighted.js';

export const DRAWS = 100_000;

/** How often each of `count` members came first. `choose` is given the number of the draw, and the turns as the last left them. */
export function firsts(count: number, choose: (turns: Turns, draw: number) => WeightedOrder, draws = DRAWS): number[] {
  const counts = Array.from({ length: count }, () => 0);
  let turns: Turns = [];
  for (let draw = 0; draw < draws; draw += 1) {
    const choice = choose(turns, draw);
    turns = choice.turns;
    const first = choice.order[0] ?? -1;
    counts[first] = (counts[first] ?? 0) + 1;
  }
  return counts;
}

/** Shares of all, 0 to 1. */
export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}
