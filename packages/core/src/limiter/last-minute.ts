/** How much was admitted within the last minute. Pure: the clock is passed in. */

const MINUTE = 60_000;
const SLICE = 5_000;
/** One more than a minute has: of the oldest only a part counts. */
const SLICES = MINUTE / SLICE + 1;

export class LastMinute {
  readonly #slices: number[] = Array.from({ length: SLICES }, () => 0);
  #current = 0;

  /** A negative amount takes back what was added a moment ago. */
  add(amount: number, at: number): void {
    this.#advance(at);
    const index = this.#current % SLICES;
    this.#slices[index] = (this.#slices[index] ?? 0) + amount;
  }

  total(at: number): number {
    this.#advance(at);
    const oldest = this.#slices[(this.#current + 1) % SLICES] ?? 0;
    const all = this.#slices.reduce((sum, one) => sum + one, 0);
    return Math.max(0, all - oldest * ((at % SLICE) / SLICE));
  }

  #advance(at: number): void {
    const slice = Math.floor(at / SLICE);
    const passed = Math.min(slice - this.#current, SLICES);
    for (let step = 1; step <= passed; step += 1) this.#slices[(this.#current + step) % SLICES] = 0;
    // After a long pause the slices that are gone are all of them, whichever is the current one.
    this.#current = Math.max(slice, this.#current);
  }
}
