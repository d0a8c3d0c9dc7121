/** `round-robin`: one after the other, whatever their weights. */
import type { Deployment } from '../../pool/pool.js';
import { smoothWeighted, type Turns, type WeightedOrder } from '../smooth-weighted.js';
import type { Balance } from './balance.js';

/** Pure. `shares` are 0 to 1: who recovers has fewer turns, and one of share 0 none. */
export function roundRobin(shares: readonly number[], turns: Turns): WeightedOrder {
  return smoothWeighted(shares, turns);
}

export function createRoundRobin(members: readonly Deployment[]): Balance {
  return { order: (weights, turns) => roundRobin(sharesOf(weights, members), turns) };
}

/** What each gets of its usual part, without the weight that says how large that is. */
export function sharesOf(weights: readonly number[], members: readonly Deployment[]): number[] {
  return weights.map((weight, index) => (weight === 0 ? 0 : weight / (members[index]?.settings.weight ?? 1)));
}
