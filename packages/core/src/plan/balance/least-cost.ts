/** Puts members in order by what they cost, whatever that is; those of equal cost share by weight. */
import { smoothWeighted, type Turns, type WeightedOrder } from '../smooth-weighted.js';

/** Pure. The smallest cost first; members of weight 0 last, whatever their cost. */
export function leastCost(costs: readonly number[], weights: readonly number[], turns: Turns): WeightedOrder {
  let least = Infinity;
  for (const [index, cost] of costs.entries()) if ((weights[index] ?? 0) > 0) least = Math.min(least, cost);
  // Only those that are equally good have their turns: one that is never chosen must not gather them meanwhile.
  const equal = weights.map((weight, index) => (costs[index] === least ? weight : 0));
  const choice = smoothWeighted(equal, turns);
  return { order: byCost(choice.order, costs, weights), turns: choice.turns };
}

/** Keeps the order of those of equal cost. */
export function byCost(
  order: readonly number[],
  costs: readonly number[],
  weights: readonly number[],
): readonly number[] {
  const costOf = (index: number): number => ((weights[index] ?? 0) > 0 ? (costs[index] ?? Infinity) : Infinity);
  return order.toSorted((a, b) => rank(weights, a) - rank(weights, b) || compare(costOf(a), costOf(b)));
}

function rank(weights: readonly number[], index: number): number {
  return (weights[index] ?? 0) > 0 ? 0 : 1;
}

/** Infinities are equal, which their difference is not. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
