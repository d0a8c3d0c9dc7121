/** The last hundred numbers of something, for what is learned of a deployment. */

const KEPT = 100;
/** Sorted once in so many, not for each call. */
const SORTED_EVERY = 20;

export class RecentValues {
  readonly #values: number[] = [];
  readonly #share: number;
  #next = 0;
  #percentile: number | undefined;

  /** @param share Which percentile is wanted, 0 to 1. */
  constructor(share: number) {
    this.#share = share;
  }

  /** A hundred at most. */
  get count(): number {
    return this.#values.length;
  }

  record(value: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % KEPT;
    if (this.#next % SORTED_EVERY === 0) this.#percentile = undefined;
  }

  /** The smallest value that the share of them does not exceed; undefined while there is none. It may lag a little. */
  percentile(): number | undefined {
    return (this.#percentile ??= this.#sorted()[Math.ceil(this.#values.length * this.#share) - 1]);
  }

  #sorted(): number[] {
    return this.#values.toSorted((a, b) => a - b);
  }
}
