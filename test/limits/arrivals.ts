/** When those come whom nobody has asked to, and how long they take. */

/** Milliseconds until the next of those who come independently, so many a minute. */
export function untilNext(perMinute: number, random: () => number): number {
  return (-Math.log(1 - random()) * 60_000) / perMinute;
}

export function between(least: number, most: number, random: () => number): number {
  return least + (most - least) * random();
}
