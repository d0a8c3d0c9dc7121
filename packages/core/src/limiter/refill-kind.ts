/** How an upstream's limit comes back, found out by comparing what its headers say at two times. Pure but for its memory. */

/** `window`: all at once at the reset. `continuous`: evenly, and the reset is when it would be full. */
export type Refill = 'unknown' | 'continuous' | 'window';

/** A reading with what is known of its time: the upstream wrote it between sending and receiving. */
export interface TimedReading {
  readonly remaining: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** The reset, if it was written at once, and if it was written at the last moment. */
  readonly earliestReset: number;
  readonly latestReset: number;
}

/** Resets are often told in whole seconds. */
const ROUNDING = 1_500;
/** With nothing coming back for so long, a reset that stands still is a window's. */
const STANDING_STILL = 4_000;
/** A reading is compared with those of the next half minute. */
const KEPT = 30_000;

export class RefillKind {
  #refill: Refill = 'unknown';
  #earlier: TimedReading | undefined;

  get refill(): Refill {
    return this.#refill;
  }

  /**
   * A reset that moves on before it was reached belongs to a bucket: each request puts it off by its own share. One that stands
   * while there is ever less left belongs to a window: a bucket would have put it off by at least the time that has passed.
   */
  learn(reading: TimedReading): void {
    const earlier = this.#earlier;
    if (earlier === undefined || reading.receivedAt >= earlier.earliestReset - ROUNDING) {
      this.#earlier = reading;
      return;
    }
    if (reading.earliestReset > earlier.latestReset + ROUNDING) this.#refill = 'continuous';
    else if (standsStill(earlier, reading)) this.#refill = 'window';
    if (reading.receivedAt - earlier.receivedAt > KEPT) this.#earlier = reading;
  }
}

function standsStill(earlier: TimedReading, later: TimedReading): boolean {
  if (later.remaining > earlier.remaining) return false;
  const doubt = later.receivedAt - later.sentAt + earlier.receivedAt - earlier.sentAt;
  return (
    later.sentAt - earlier.receivedAt >= STANDING_STILL + doubt &&
    later.earliestReset <= earlier.latestReset + ROUNDING &&
    later.latestReset >= earlier.earliestReset - ROUNDING
  );
}
