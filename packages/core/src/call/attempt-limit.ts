/** How long an attempt may take until its answer, or the first content of it, is there: pure. Milliseconds throughout. */
import type { Timeouts } from '../config/settings.js';
import { ASSUMED_OUTPUT_TOKENS } from '../pool/output-size.js';
import type { AttemptLimit } from './attempt.js';

/** Kept for the other candidates; half of what is left when that is less than twice this. */
const RESERVE = 15_000;

export interface TimeLeft {
  /** Until the call's deadline. */
  readonly remaining: number;
  /** Whether anybody else could still be asked. */
  othersRemain(): boolean;
}

/** Nothing can be known of an unstreamed answer before it ends, so its limit follows from how long it may be. */
export function unaryLimit(
  { unary, unaryPerOutputToken }: Timeouts,
  maxOutputTokens: number | undefined,
  time: TimeLeft,
): AttemptLimit {
  return withinDeadline(unary + unaryPerOutputToken * (maxOutputTokens ?? ASSUMED_OUTPUT_TOKENS), time);
}

/** A limit of an attempt's own, cut short where others need time or the call has none. */
export function withinDeadline(own: number, time: TimeLeft): AttemptLimit {
  const { remaining } = time;
  const shared = remaining - Math.min(RESERVE, remaining / 2);
  if (own <= shared) return { limit: own, because: 'own' };
  if (time.othersRemain()) return { limit: shared, because: 'reserve' };
  if (own <= remaining) return { limit: own, because: 'own' };
  return { limit: remaining, because: 'deadline' };
}
