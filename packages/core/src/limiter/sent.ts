/** What was sent under a limiter, so that a reading of an upstream can be told from what it cannot know yet. */
import type { LimitKind } from '../judgement/rate-limits.js';

/** How much of each kind: of one attempt its cost, of many their sum. */
export type Amounts = Readonly<Record<LimitKind, number>>;

/** One attempt that was let through. */
export interface Sent {
  /** Position among all that were let through. */
  readonly number: number;
  /** On the engine's clock. */
  readonly at: number;
  /** As estimated. */
  readonly cost: Amounts;
  /** All that had been let through by then, itself included; what was not sent after all stays in it. */
  readonly through: Amounts;
}

/** `tokens` of prompt and answer together. */
export function amountsOf(tokens: number, outputTokens: number): Amounts {
  const output = Math.min(tokens, outputTokens);
  return { requests: 1, tokens, 'input-tokens': tokens - output, 'output-tokens': output };
}

export function sumOf(one: Amounts, other: Amounts): Amounts {
  return {
    requests: one.requests + other.requests,
    tokens: one.tokens + other.tokens,
    'input-tokens': one['input-tokens'] + other['input-tokens'],
    'output-tokens': one['output-tokens'] + other['output-tokens'],
  };
}
