/** What rests after a verdict, for how long, and whether somebody is told. */
import type { FailureClass, RestScope, Verdict } from './failure.js';

/** What is known of earlier failures of the same class on the same scope. */
export interface RestHistory {
  /**
   * Failures in a row, this one included, so at least 1. A success ends the run. Attempts that had begun before the
   * current rest do not count: twenty calls in flight on a revoked key are one failure.
   */
  readonly consecutive: number;
  /** No other lane could serve: a credential then rests shorter, because there is nothing to lose by asking. */
  readonly onlyLane: boolean;
}

/** A rest. The larger of it and what is already resting counts. */
export interface Rest {
  readonly scope: RestScope;
  /** Milliseconds from now. */
  readonly duration: number;
}

/** What an operator has to be told of, because no waiting mends it. Names of events. */
export type Alarm = 'upstream-misconfigured' | 'credential-rejected' | 'model-rejected' | 'quota-exhausted';

const ALARMS: Readonly<Partial<Record<FailureClass, Alarm>>> = {
  misconfigured: 'upstream-misconfigured',
  credential: 'credential-rejected',
  model: 'model-rejected',
  quota: 'quota-exhausted',
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const MISCONFIGURED = MINUTE;
const MODEL = 5 * MINUTE;
const CREDENTIAL = { first: 15 * SECOND, longest: 5 * MINUTE, longestOfOnlyLane: 30 * SECOND };
const QUOTA = { unhinted: 15 * MINUTE, longest: 60 * MINUTE };
const RATE_LIMITED = { first: SECOND, longest: MINUTE };

/**
 * What rests after this verdict; `undefined` where nothing does. A hint of 0 is a header that was rounded down and
 * counts as none. A hinted `server` or `protocol` rests its deployment as a hinted `overloaded` does: a hint is never
 * undercut, by other calls no more than by this one.
 */
export function restFor(verdict: Pick<Verdict, 'class' | 'hint'>, history: RestHistory): Rest | undefined {
  const hint = verdict.hint !== undefined && verdict.hint > 0 ? verdict.hint : undefined;
  switch (verdict.class) {
    case 'misconfigured':
      return { scope: 'deployment', duration: MISCONFIGURED };
    case 'model':
      return { scope: 'deployment', duration: MODEL };
    case 'credential': {
      const longest = history.onlyLane ? CREDENTIAL.longestOfOnlyLane : CREDENTIAL.longest;
      return { scope: 'key', duration: doubled(CREDENTIAL.first, history.consecutive, longest) };
    }
    case 'quota':
      return { scope: 'key', duration: Math.min(hint ?? QUOTA.unhinted, QUOTA.longest) };
    case 'rate-limited':
      return {
        scope: 'lane',
        duration: hint ?? doubled(RATE_LIMITED.first, history.consecutive, RATE_LIMITED.longest),
      };
    case 'overloaded':
    case 'server':
    case 'protocol':
      return hint === undefined ? undefined : { scope: 'deployment', duration: hint };
    case 'client-abort':
    case 'request':
    case 'connect':
    case 'stale-socket':
    case 'silent':
    case 'slow':
    case 'timeout':
    case 'cut':
    case 'local':
    default:
      return undefined;
  }
}

/** The event that tells an operator of this class, if it calls for one. */
export function alarmFor(failureClass: FailureClass): Alarm | undefined {
  return ALARMS[failureClass];
}

function doubled(first: number, consecutive: number, longest: number): number {
  const run = Number.isFinite(consecutive) ? Math.max(1, Math.floor(consecutive)) : 1;
  return Math.min(longest, first * 2 ** Math.min(run - 1, 30));
}
