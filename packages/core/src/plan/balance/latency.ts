/** `latency`: of two that are drawn, the one that will probably answer sooner. */
import type { Deployment } from '../../pool/pool.js';
import type { Turns, WeightedOrder } from '../smooth-weighted.js';
import type { Balance } from './balance.js';
import { byCost } from './least-cost.js';
import { loadOf } from './least-in-flight.js';

/** What is known of a member. */
export interface Pace {
  /** Its moving average; undefined while nothing is known. */
  readonly latency: number | undefined;
  /** Attempts under way, recent failures among them. */
  readonly load: number;
}

/** More than any latency: one that nobody knows is tried once, and what it does is waited for before it is asked again. */
const UNKNOWN = 1e12;

/** The fraction of the golden ratio: the sequence of its multiples visits all parts of [0, 1) alike, in any stretch of it. */
const GOLDEN = 0.618_033_988_749_894_9;

/** Pure. Smaller is better: the latency as often as there are attempts before its end, per weight. */
export function latencyCost({ latency, load }: Pace, weight: number): number {
  if (latency === undefined) return load === 0 ? 0 : (UNKNOWN * (load + 1)) / weight;
  return (latency * (load + 1)) / weight;
}

/**
 * Pure. Draws two by weight and takes the cheaper: the best of all would be given everything at once, and then be the worst. The
 * rest come by cost. `turns` hold the place in the sequence of draws.
 */
export function twoChoices(costs: readonly number[], weights: readonly number[], turns: Turns): WeightedOrder {
  const [draw = 0] = turns;
  const rest = byCost([...weights.keys()], costs, weights);
  const first = drawn(weights, draw);
  if (first === undefined) return { order: rest, turns };
  const others = weights.map((weight, index) => (index === first.index ? 0 : weight));
  const second = drawn(others, first.left);
  const better = second !== undefined && (costs[second.index] ?? 0) < (costs[first.index] ?? 0) ? second : first;
  const order = [better.index, ...rest.filter((index) => index !== better.index)];
  return { order, turns: [(draw + GOLDEN) % 1] };
}

interface Drawn {
  readonly index: number;
  /** What the draw has left over, again in [0, 1) and as even. */
  readonly left: number;
}

/** Undefined when nobody has a weight. */
function drawn(weights: readonly number[], draw: number): Drawn | undefined {
  let left = draw * weights.reduce((sum, weight) => sum + weight, 0);
  let last: Drawn | undefined;
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    if (left < weight) return { index, left: left / weight };
    left -= weight;
    // Where rounding has left something over behind the last.
    last = { index, left: 0 };
  }
  return last;
}

export function createLatency(members: readonly Deployment[]): Balance {
  return {
    order(weights, turns, { streamed }) {
      const costs = members.map((one, index) => {
        const pace = { latency: one.latency.expected(streamed), load: loadOf(one) };
        return latencyCost(pace, weights[index] ?? 0);
      });
      return twoChoices(costs, weights, turns);
    },
  };
}
