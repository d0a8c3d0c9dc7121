/** Chance that can be repeated. */

/** A number in [0, 1) from a seed (mulberry32). */
export function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Milliseconds until the next of those who come independently, so many a minute. */
export function untilNext(perMinute: number, random: () => number): number {
  return (-Math.log(1 - random()) * 60_000) / perMinute;
}

export function between(least: number, most: number, random: () => number): number {
  return least + (most - least) * random();
}
