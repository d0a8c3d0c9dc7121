/** What one attempt has taken from a limiter, and how it gives it back. */
import type { Sent } from './sent.js';

/** The leave to make one attempt. Ends with `release`, whatever becomes of the attempt. */
export interface Permit {
  readonly granted: true;
  /** What readings of its answer are told by; missing where nothing had been learned yet. */
  readonly sent: Sent | undefined;
  /** The request was written to the wire: the upstream has counted it, so its permit stays spent even if it is aborted. */
  markWritten(): void;
  /**
   * Ends it; only the first call counts. The place is free at once. What was not used of the tokens returns, what was
   * used beyond them becomes a debt; without `tokensUsed` the estimate stands. If nothing was written, all returns.
   */
  release(tokensUsed?: number): void;
}

/** Where a permit came from. */
export interface PermitSource {
  /** Ends one attempt. `tokens` is used minus estimated. */
  end(settlement: Settled): void;
}

interface Settled {
  readonly requests: 0 | -1;
  readonly tokens: number;
  readonly sent: Sent | undefined;
}

/** Gives leave for one attempt that was estimated at `tokens`. */
export function createPermit(source: PermitSource, tokens: number, sent?: Sent): Permit {
  let written = false;
  let released = false;
  return {
    granted: true,
    sent,
    markWritten() {
      written = true;
    },
    release(tokensUsed) {
      if (released) return;
      released = true;
      if (written) source.end({ requests: 0, tokens: wholeTokens(tokensUsed, tokens) - tokens, sent });
      else source.end({ requests: -1, tokens: -tokens, sent });
    },
  };
}

/** Counts as an upstream or an estimate gives them: rounded up, `otherwise` when they make no sense. */
export function wholeTokens(tokens: number | undefined, otherwise: number): number {
  return tokens !== undefined && Number.isFinite(tokens) && tokens >= 0 ? Math.ceil(tokens) : otherwise;
}
