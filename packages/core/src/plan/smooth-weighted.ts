/**
 * Smooth weighted choice: each member's turn comes in proportion to its weight, evenly spread rather than in runs.
 * The algorithm is nginx's: add to each member its weight, take the largest, take the total from it.
 */

/** Where each member stands, in the order of the members. */
export type Turns = readonly number[];

export interface WeightedOrder {
  /** Indexes of the members, the chosen one first, then those whose turn is nearest. */
  readonly order: readonly number[];
  /** Where they stand afterwards. */
  readonly turns: Turns;
}

/** Pure: give the returned `turns` to the next choice. Members of weight 0 come last and never have their turn. */
export function smoothWeighted(weights: readonly number[], turns: Turns): WeightedOrder {
  const raised = weights.map((weight, index) => (turns[index] ?? 0) + weight);
  const order = weights
    .map((_, index) => index)
    .toSorted((a, b) => preference(weights, raised, b) - preference(weights, raised, a));
  const chosen = order[0];
  if (chosen !== undefined) raised[chosen] = (raised[chosen] ?? 0) - weights.reduce((sum, weight) => sum + weight, 0);
  return { order, turns: raised };
}

function preference(weights: readonly number[], raised: readonly number[], index: number): number {
  return weights[index] === 0 ? -Number.MAX_VALUE : (raised[index] ?? 0);
}
