/** What the failures of a deployment weigh in the choice of whom to ask: they fade, so that it gets its chance again. */

/** Milliseconds in which they fade to about a third. */
const FADING = 10_000;

/** What an answer leaves of them: five take away two thirds. */
const AFTER_ANSWER = 0.8;

/** Less than this is forgotten, or a failure of an hour ago would still decide between two that are idle. */
const FORGOTTEN = 0.1;

/** So that even after the longest outage it is tried within minutes. */
const MOST = 1e6;

/**
 * Who answers errors at once has never much under way, and would win for it. So a failure counts as an attempt that is still
 * under way, and each further one doubles that: whoever does nothing but fail is tried every few seconds, however busy all
 * others are. Whoever fails now and then hardly notices, because answers make up for it.
 */
export class FadingFailures {
  readonly #now: () => number;
  #sum = 0;
  #at = 0;
  #failedAt = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Attempts that began before the last one failed have met the same trouble: they add to it, and double nothing. */
  fail(startedAt: number): void {
    const sum = this.#faded();
    this.#at = this.#now();
    this.#sum = Math.min(MOST, startedAt >= this.#failedAt ? 2 * sum + 1 : sum + 1);
    this.#failedAt = this.#at;
  }

  answer(): void {
    this.#sum *= AFTER_ANSWER;
  }

  /** In attempts under way; 0 about 23 s after a single failure. */
  get left(): number {
    if (this.#sum === 0) return 0;
    const left = this.#faded();
    if (left >= FORGOTTEN) return left;
    this.#sum = 0;
    return 0;
  }

  #faded(): number {
    return this.#sum === 0 ? 0 : this.#sum * Math.exp((this.#at - this.#now()) / FADING);
  }
}
