/** `cheapest`: whoever answers this request for the least money; those of equal price share by weight. */
import type { Deployment } from '../../pool/pool.js';
import { smoothWeighted, type Turns, type WeightedOrder } from '../smooth-weighted.js';
import type { Asker, Balance } from './balance.js';
import { byCost } from './least-cost.js';
import { sharesOf } from './round-robin.js';

/** What is known of a member. */
export interface Offer {
  /** Of this request; `Infinity` when nobody knows. */
  readonly price: number;
  /** What it gets of its usual part, 0 to 1. */
  readonly share: number;
}

/** Pure. Of what the cheapest do not get while they recover, the next cheapest get their part, and so on. */
export function cheapest(offers: readonly Offer[], weights: readonly number[], turns: Turns): WeightedOrder {
  const prices = offers.map(({ price }) => price);
  const parts = partsOf(offers, weights);
  const choice = smoothWeighted(parts, turns);
  const [first, ...others] = choice.order;
  if (first === undefined) return choice;
  const rest = byCost(others, prices, weights);
  return { order: [first, ...rest], turns: choice.turns };
}

/** The part of all calls that each gets. */
function partsOf(offers: readonly Offer[], weights: readonly number[]): readonly number[] {
  const parts = weights.map(() => 0);
  let left = 1;
  const prices = offers.filter((_, index) => (weights[index] ?? 0) > 0).map(({ price }) => price);
  for (const price of [...new Set(prices)].toSorted((a, b) => (a < b ? -1 : 1))) {
    const equal = [...weights.keys()].filter((index) => offers[index]?.price === price);
    const total = equal.reduce((sum, index) => sum + (weights[index] ?? 0), 0);
    // Together they take as much as the best of them may: whoever is well takes the calls of one that is not.
    const taken =
      left * Math.max(...equal.map((index) => ((weights[index] ?? 0) > 0 ? (offers[index]?.share ?? 0) : 0)));
    for (const index of equal) parts[index] = (taken * (weights[index] ?? 0)) / total;
    left -= taken;
    if (left <= 0) break;
  }
  return parts;
}

export function createCheapest(members: readonly Deployment[]): Balance {
  // Nothing of a request matters where nobody has a price. Counted alike for all, so that equal prices stay equal.
  const reader = members.find(({ settings }) => settings.price !== undefined)?.settings;
  return {
    order(weights, turns, asker) {
      const shares = sharesOf(weights, members);
      const promptTokens = reader === undefined ? 0 : asker.promptTokens(reader);
      const outputTokens = reader === undefined ? 0 : expectedOutput(members, asker);
      const offers = members.map(({ settings: { price } }, index) => ({
        price: price === undefined ? Infinity : price.input * promptTokens + price.output * outputTokens,
        share: shares[index] ?? 0,
      }));
      return cheapest(offers, weights, turns);
    },
  };
}

/** The same for all members, so that equal prices stay equal: as long as their longest answers tend to be. */
function expectedOutput(members: readonly Deployment[], { maxOutputTokens = Infinity }: Asker): number {
  let most = 0;
  for (const { outputSize } of members) most = Math.max(most, outputSize.expected());
  return Math.min(most, maxOutputTokens);
}
