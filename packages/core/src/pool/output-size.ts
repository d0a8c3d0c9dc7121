/** How long a deployment's answers tend to be, for requests that set no limit of their own. */

/** Tokens assumed of an answer while too little is known. */
export const ASSUMED_OUTPUT_TOKENS = 1_000;
const KEPT = 100;
const ENOUGH = 20;

export class OutputSize {
  readonly #sizes: number[] = [];
  #next = 0;
  #estimate: number | undefined;

  record(tokens: number): void {
    if (!Number.isFinite(tokens) || tokens < 0) return;
    this.#sizes[this.#next] = tokens;
    this.#next = (this.#next + 1) % KEPT;
    // Sorted once in a while, not for each call.
    if (this.#next % ENOUGH === 0) this.#estimate = undefined;
  }

  /** The 90th percentile of the last hundred answers, in tokens. */
  expected(): number {
    if (this.#sizes.length < ENOUGH) return ASSUMED_OUTPUT_TOKENS;
    return (this.#estimate ??= percentile90(this.#sizes));
  }
}

function percentile90(sizes: readonly number[]): number {
  const sorted = sizes.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.9) - 1] ?? ASSUMED_OUTPUT_TOKENS;
}
