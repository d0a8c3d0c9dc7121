/** How much of the traffic a tier takes before the next one: all of it, unless all its members are only recovering. */
import type { Standing } from './plan.js';

export interface TierLead {
  /** What is left over for the next choice, 0 to 1. */
  readonly lead: number;
  /** This call is asked there first; else the next tier is. */
  readonly goesFirst: boolean;
}

/**
 * Pure: of calls in a row, the part that is allowed to one that recovers, evenly spread. One member that is well is enough for the
 * tier, and who cannot be asked at all takes nothing away: its calls are the others'. A quota that runs low is no reason to step
 * aside: what is left of it is there to be used.
 */
export function nextLead(lead: number, standings: readonly Standing[], at: number): TierLead {
  let most = -1;
  for (const { freeAt, weight, recovered, degraded } of standings) {
    if (freeAt <= at && weight > 0 && !degraded && recovered > most) most = recovered;
  }
  if (most < 0 || most >= 1) return { lead, goesFirst: true };
  const sum = lead + most;
  // Tenths add up to a little less than one.
  return sum > 1 - 1e-9 ? { lead: Math.max(0, sum - 1), goesFirst: true } : { lead: sum, goesFirst: false };
}
