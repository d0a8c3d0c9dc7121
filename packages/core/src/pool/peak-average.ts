/** A moving average that believes bad news sooner than good news, for times that a caller has to wait. */

/** Milliseconds that the average looks back over while values keep coming. */
const WINDOW = 10_000;

/** How much of the way up to a larger value it goes at once: a single stray one counts half, three in a row nearly fully. */
const RISE = 0.5;

/** A value that nothing has followed for so long says nothing any more. */
const STALE = 120_000;

export class PeakAverage {
  readonly #now: () => number;
  #average = 0;
  #at = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  record(value: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    const at = this.#now();
    const known = this.#valueAt(at);
    if (known === undefined) this.#average = value;
    else if (value > known) this.#average = known + (value - known) * RISE;
    else this.#average = value + (known - value) * Math.exp((this.#at - at) / WINDOW);
    this.#at = at;
  }

  /** It would have been larger, and nobody knows by how much: counts only where it is news. */
  atLeast(value: number): void {
    const known = this.value;
    if (known === undefined || value > known) this.record(value);
  }

  /** Undefined while nothing is known, and again when it is too long ago. */
  get value(): number | undefined {
    return this.#valueAt(this.#now());
  }

  #valueAt(at: number): number | undefined {
    return at - this.#at > STALE ? undefined : this.#average;
  }
}
