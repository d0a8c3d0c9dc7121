/** How long a deployment's answers tend to be, for requests that set no limit of their own. */
import { RecentValues } from './recent-values.js';

/** Tokens assumed of an answer while too little is known. */
export const ASSUMED_OUTPUT_TOKENS = 1_000;
const ENOUGH = 20;

export class OutputSize {
  readonly #sizes = new RecentValues(0.9);

  record(tokens: number): void {
    this.#sizes.record(tokens);
  }

  /** The 90th percentile of the last hundred answers, in tokens. */
  expected(): number {
    if (this.#sizes.count < ENOUGH) return ASSUMED_OUTPUT_TOKENS;
    return this.#sizes.percentile() ?? ASSUMED_OUTPUT_TOKENS;
  }
}
