/** The clock of the fake timers, which can also jump as it does when the event loop stands still: no timer fires. */
export interface VirtualClock {
  readonly now: () => number;
  stall(milliseconds: number): void;
}

export function createVirtualClock(): VirtualClock {
  let stalled = 0;
  return {
    now: () => Date.now() + stalled,
    stall(milliseconds) {
      stalled += milliseconds;
    },
  };
}

/** What was admitted, and when. */
export interface Spending {
  readonly at: number;
  readonly cost: number;
}

/**
 * The most that any window of time saw above `rate` × its length: the fill of a leaky pail. It checks all windows in
 * one pass, because the fullest window that ends at a spending begins where the pail last was empty.
 */
export function worstBurst(spendings: readonly Spending[], perMinute: number): number {
  let fill = 0;
  let worst = 0;
  let last = 0;
  for (const { at, cost } of spendings) {
    fill = Math.max(0, fill - ((at - last) * perMinute) / 60_000) + cost;
    last = at;
    worst = Math.max(worst, fill);
  }
  return worst;
}
