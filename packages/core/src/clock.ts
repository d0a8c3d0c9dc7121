/** The two clocks of an engine, and its dice; tests replace the dice and fake the timers. */
export interface Seams {
  /** A number in [0, 1). @default Math.random */
  readonly random: () => number;
}

/** Monotonic milliseconds: for durations and waits. Wall time is used only to read dates that upstreams send. */
export function now(): number {
  return performance.now();
}

/** Milliseconds. `setTimeout` fires at once above it. */
export const LONGEST_TIMER = 2 ** 31 - 1;
