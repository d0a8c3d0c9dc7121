/** How long a call waits before it asks the same deployment once more. */
import type { DeploymentRetry } from '../config/settings.js';

/** What a back-off depends on. */
export interface BackoffInput {
  readonly retry: DeploymentRetry;
  /** Retries of this deployment that this call has already made: 0 before the first. */
  readonly n: number;
  /** The last answer was a 429 or a 529: it starts from `overloadedBaseDelay`. */
  readonly overloaded: boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Milliseconds of back-off, drawn from [0, min(`maxDelay`, base · 2ⁿ)]. Full jitter, because calls that failed together
 * shall not come back together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff({ retry, n, overloaded, random }: BackoffInput): number {
  const base = overloaded ? retry.overloadedBaseDelay : retry.baseDelay;
  // 2ⁿ is kept finite: a base of 0 times Infinity would be NaN.
  const ceiling = Math.min(retry.maxDelay, base * 2 ** Math.min(Math.max(0, n), 50));
  return Math.round(random() * ceiling);
}

const HINT_JITTER = 0.1;
const MAX_HINT_JITTER = 1000;

/** Milliseconds to wait for a hint: never less than it, plus up to 10 % and at most 1 s, so that not all come at once. */
export function hintWait(hint: number, random: () => number): number {
  return Math.ceil(hint + random() * Math.min(hint * HINT_JITTER, MAX_HINT_JITTER));
}
