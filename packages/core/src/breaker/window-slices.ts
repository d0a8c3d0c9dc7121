/** Moves rolling windows on by the clock, when a verdict comes, so that an idle deployment needs no interval. */

/** A window moves by this share of itself; verdicts are forgotten between 9 and 10 slices after they came. */
export const SLICES = 10;

export class WindowSlices {
  readonly #length: number;
  readonly #beginning: number;
  #current = 0;
  #endsAt: number;

  /** `window` in milliseconds; `now` is the clock's time at which the first slice begins. */
  constructor(window: number, now: number) {
    this.#length = window / SLICES;
    this.#beginning = now;
    this.#endsAt = now + this.#length;
  }

  /** How many slices have begun since it was last asked; all of them at most. */
  advance(now: number): number {
    if (now < this.#endsAt) return 0;
    const slice = Math.floor((now - this.#beginning) / this.#length);
    const begun = slice - this.#current;
    this.#current = slice;
    this.#endsAt = this.#beginning + (slice + 1) * this.#length;
    return Math.min(begun, SLICES);
  }
}
