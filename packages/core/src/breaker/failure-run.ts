/** Counts failures in a row, although attempts overlap and end in any order. */
export class FailureRun {
  #failures = 0;
  #beganAt = 0;

  get failures(): number {
    return this.#failures;
  }

  /** `order` is the place of this verdict among all beginnings and verdicts. */
  fail(order: number): number {
    if (this.#failures === 0) this.#beganAt = order;
    this.#failures += 1;
    return this.#failures;
  }

  /**
   * Ends the run, if the attempt that succeeded began after the run did. An earlier one had its answer before the trouble
   * came: a long stream that ends well does not prove that new attempts would.
   */
  succeed(begunAt: number): void {
    if (begunAt > this.#beganAt) this.#failures = 0;
  }

  clear(): void {
    this.#failures = 0;
  }
}
