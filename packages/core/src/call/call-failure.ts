/** The error of a call that nobody could answer. Its message is safe to show to anybody. */
import { CallError, type AttemptError, type AttemptRecord, type CallErrorKind } from '../errors.js';
import type { Route } from '../plan/route.js';
import type { RestReason } from '../pool/cooldown.js';
import { longestRest, restsUntil, type Lane } from '../pool/pool.js';

export interface Exhaustion {
  /** Set when the deadline ended the call. */
  readonly kind: 'deadline' | undefined;
  readonly route: Route;
  readonly at: number;
  readonly attempts: readonly AttemptRecord[];
  readonly cause: AttemptError | undefined;
}

const MESSAGES: Readonly<Record<Exclude<CallErrorKind, 'bad-request' | 'closed'>, string>> = {
  exhausted: 'The AI service could not answer. Please try again later.',
  unavailable: 'The AI service is not available at the moment. Please try again later.',
  'rate-limited': 'The AI service has too much to do at the moment. Please try again later.',
  deadline: 'The AI service did not answer in time. Please try again later.',
};

const LIMITED: ReadonlySet<RestReason | undefined> = new Set<RestReason | undefined>(['rate-limited', 'quota']);

/** 504 at the deadline; 429 if every lane rests for its limits; 503 if nothing was sent; else 502. */
export function callFailure({ kind, route, at, attempts, cause }: Exhaustion): CallError {
  const lanes = lanesOf(route);
  const limited =
    lanes.length > 0 && lanes.every((lane) => restsUntil(lane) > at && LIMITED.has(longestRest(lane).reason));
  const sent = attempts.length > 0;
  const why = kind ?? (limited ? 'rate-limited' : sent ? 'exhausted' : 'unavailable');
  const freeAt = Math.min(...lanes.map(restsUntil));
  const tellsWhen = why === 'rate-limited' || why === 'unavailable';
  return new CallError({
    kind: why,
    message: MESSAGES[why],
    attempts,
    retryAfter: tellsWhen && Number.isFinite(freeAt) && freeAt > at ? freeAt - at : undefined,
    ...(cause !== undefined && { cause }),
  });
}

function lanesOf(route: Route): readonly Lane[] {
  return route.steps
    .flatMap(({ models }) => models)
    .flatMap(({ tiers }) => tiers)
    .flatMap(({ members }) => members)
    .flatMap(({ lanes }) => lanes);
}
