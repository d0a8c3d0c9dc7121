/** `least-in-flight`: whoever has the fewest attempts under way for his weight. */
import type { Deployment } from '../../pool/pool.js';
import type { Turns, WeightedOrder } from '../smooth-weighted.js';
import type { Balance } from './balance.js';
import { leastCost } from './least-cost.js';

/**
 * Pure. `loads` are attempts under way, recent failures among them. Who is idle has no load, whatever his weight; several of
 * them have their turns by weight. So one that recovers has at most one attempt more than its share.
 */
export function leastInFlight(loads: readonly number[], weights: readonly number[], turns: Turns): WeightedOrder {
  return leastCost(
    loads.map((load, index) => (load === 0 ? 0 : load / (weights[index] ?? 0))),
    weights,
    turns,
  );
}

export function createLeastInFlight(members: readonly Deployment[]): Balance {
  return { order: (weights, turns) => leastInFlight(members.map(loadOf), weights, turns) };
}

/** Attempts under way, and failures as if theirs still were. */
export function loadOf({ running, failures }: Deployment): number {
  return running.size + failures.left;
}
