/** How many answers a lane has given in a second lately: what its upstream was admitting before it began to refuse. */

const SECOND = 1_000;

export class AnswerRate {
  #second = -Infinity;
  #count = 0;
  /** In the second before. */
  #before = 0;

  /** Times are on the engine's clock, in milliseconds. */
  answered(at: number): void {
    const second = Math.floor(at / SECOND);
    if (second !== this.#second) {
      this.#before = second === this.#second + 1 ? this.#count : 0;
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
  }

  /** Of the last two seconds in which there were answers the better one; 0 when they are long over. */
  perSecond(at: number): number {
    return Math.floor(at / SECOND) - this.#second > 2 ? 0 : Math.max(this.#count, this.#before);
  }
}
