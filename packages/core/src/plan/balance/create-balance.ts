/** The ways of balancing, by their names in the options. */
import type { BalanceOption } from '../../config/options.js';
import type { Deployment } from '../../pool/pool.js';
import { smoothWeighted } from '../smooth-weighted.js';
import type { Balance } from './balance.js';
import { createCheapest } from './cheapest.js';
import { createLatency } from './latency.js';
import { createLeastInFlight } from './least-in-flight.js';
import { createRoundRobin } from './round-robin.js';
import { createSticky } from './sticky.js';

const WEIGHTED: Balance = { order: smoothWeighted };

export function createBalance(option: BalanceOption, members: readonly Deployment[]): Balance {
  switch (option) {
    case 'weighted':
      return WEIGHTED;
    case 'round-robin':
      return createRoundRobin(members);
    case 'least-in-flight':
      return createLeastInFlight(members);
    case 'latency':
      return createLatency(members);
    case 'cheapest':
      return createCheapest(members);
    case 'sticky':
      return createSticky(members, undefined);
    default:
      return createSticky(members, option.sticky);
  }
}
