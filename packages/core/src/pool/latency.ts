/** How soon a deployment has answered lately: what `balance: 'latency'` compares. */
import { PeakAverage } from './peak-average.js';

/**
 * Before its first token a model takes about as long as for so many more. With them a short answer and a long one of the same
 * deployment come to about the same time per token.
 */
const TOKENS_OF_BEGINNING = 50;

/** Output tokens of an answer whose upstream does not report them. */
const ASSUMED_TOKENS = 250;

/**
 * Streamed and unstreamed answers are kept apart. The first content of an unstreamed one is never seen, and its whole duration
 * says more of its length than of who wrote it.
 */
export class Latency {
  readonly #firstContent: PeakAverage;
  readonly #perToken: PeakAverage;

  constructor(now: () => number) {
    this.#firstContent = new PeakAverage(now);
    this.#perToken = new PeakAverage(now);
  }

  /** A streamed answer has begun, `duration` after its attempt did. */
  begun(duration: number): void {
    this.#firstContent.record(duration);
  }

  /** An unstreamed answer is there, `duration` after its attempt began. */
  answered(duration: number, outputTokens: number = ASSUMED_TOKENS): void {
    this.#perToken.record(duration / (TOKENS_OF_BEGINNING + outputTokens));
  }

  /** A streamed attempt was over after `duration` without any content. Errors that came quickly say nothing of it. */
  silentFor(duration: number): void {
    this.#firstContent.atLeast(duration);
  }

  /**
   * Milliseconds: to the first content, or per output token. To be compared only with the same of another deployment; undefined
   * while too little is known.
   */
  expected(streamed: boolean): number | undefined {
    return streamed ? this.#firstContent.value : this.#perToken.value;
  }
}
