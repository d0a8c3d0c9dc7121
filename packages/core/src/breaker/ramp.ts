/** Lets a deployment that has just come back earn its traffic, so that the full load does not knock it over again. */

const FIRST_SHARE = 0.1;

/** The share of its usual weight, from a tenth to 1, `since` milliseconds after closing; linear over `ramp` milliseconds. */
export function rampedShare(since: number, ramp: number): number {
  if (since >= ramp) return 1;
  return FIRST_SHARE + (1 - FIRST_SHARE) * (since / ramp);
}
