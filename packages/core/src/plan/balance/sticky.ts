/** `sticky`: the calls of one user go to one member. */
import type { StickyKey } from '../../config/options.js';
import type { Deployment } from '../../pool/pool.js';
import { smoothWeighted } from '../smooth-weighted.js';
import type { Balance } from './balance.js';
import { byCost } from './least-cost.js';
import { hashOf, mixed } from './hash.js';

/**
 * Pure: weighted rendezvous hashing. Each member bids for the key, and the lowest bid wins. Bids do not depend on each other, so a
 * member that leaves gives its own keys to the others and moves no other key; one whose weight grows only gains some.
 * C. Schindelhauer and G. Schomaker, Weighted Distributed Hash Tables, SPAA 2005.
 */
export function rendezvous(key: string, members: readonly number[], weights: readonly number[]): readonly number[] {
  const hash = hashOf(key);
  const bids = members.map((member, index) => -Math.log(mixed(hash, member)) / (weights[index] ?? 0));
  return byCost([...members.keys()], bids, weights);
}

/** Calls of nobody go by weight. */
export function createSticky(members: readonly Deployment[], keyOf: StickyKey | undefined): Balance {
  // By upstream, so that a user stays with one also for another model, as far as it serves that.
  const hashes = members.map(({ upstream }) => hashOf(upstream.settings.name));
  return {
    order(weights, turns, asker) {
      const key = asker.stickyKey(keyOf);
      return key === undefined ? smoothWeighted(weights, turns) : { order: rendezvous(key, hashes, weights), turns };
    },
  };
}
