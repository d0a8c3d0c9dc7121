/** Keeps probes that cost money under what a day may cost, with something in hand for an outage. */

const DAY = 86_400_000;
/** Of a day's allowance, what may be spent at once; the rest comes back evenly. */
const AT_ONCE = 0.1;

/** In any 24 hours no more than `perDay` is spent, as long as what is taken is what is spent. */
export class Allowance {
  readonly #most: number;
  readonly #perMillisecond: number;
  #left: number;
  #at: number;

  /** `least` is the smallest amount that is worth keeping ready; `at` is the clock's time. */
  constructor(perDay: number, least: number, at: number) {
    this.#most = Math.min(perDay, Math.max(least, perDay * AT_ONCE));
    this.#perMillisecond = (perDay - this.#most) / DAY;
    this.#left = this.#most;
    this.#at = at;
  }

  allows(amount: number, at: number): boolean {
    // A dear one waits for a full allowance and leaves a debt, else it would never be sent.
    return this.#most > 0 && this.#leftAt(at) >= Math.min(amount, this.#most);
  }

  /** What came of it may be more than was thought; that is a debt then. */
  spend(amount: number, at: number): void {
    this.#left = this.#leftAt(at) - amount;
    this.#at = at;
  }

  #leftAt(at: number): number {
    return Math.min(this.#most, this.#left + Math.max(0, at - this.#at) * this.#perMillisecond);
  }
}
