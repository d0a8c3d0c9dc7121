/** The errors of calls that nobody could answer. Their messages are safe to show to anybody. */
import {
  CallError,
  type AttemptError,
  type AttemptRecord,
  type CallErrorKind,
  type SkippedCandidate,
} from '../errors.js';
import { peekGate, type Refusal } from '../gate.js';
import type { Objection } from '../plan/objection.js';
import type { Deployment } from '../pool/pool.js';

export interface Exhaustion {
  readonly deadlinePassed: boolean;
  /** Those who could serve the request, if they were free. */
  readonly deployments: readonly Deployment[];
  readonly at: number;
  /** The estimated cost of the request at a deployment. */
  readonly tokens: (deployment: Deployment) => number;
  /** That of its output alone. */
  readonly outputTokens: (deployment: Deployment) => number;
  readonly attempts: readonly AttemptRecord[];
  readonly skipped: readonly SkippedCandidate[];
  readonly cause: AttemptError | undefined;
}

const MESSAGES: Readonly<Record<Exclude<CallErrorKind, 'closed'>, string>> = {
  'bad-request': 'The request is larger than the limits allow in a minute. Shorten it or ask for fewer tokens.',
  exhausted: 'The AI service could not answer. Please try again later.',
  unavailable: 'The AI service is not available at the moment. Please try again later.',
  'rate-limited': 'The AI service has too much to do at the moment. Please try again later.',
  deadline: 'The AI service did not answer in time. Please try again later.',
  interrupted: 'The answer was cut off and could not be continued. Please ask again.',
};

const LIMITED: ReadonlySet<Refusal['reason']> = new Set<Refusal['reason']>([
  'rate-limited',
  'quota',
  'concurrency',
  'requests',
  'tokens',
  'queued',
]);

/** 504 at the deadline; 400 if no limit would ever admit it; 429 if all were limited; 503 if nothing was sent; else 502. */
export function callFailure(exhaustion: Exhaustion): CallError {
  const { deadlinePassed, deployments, at, tokens, outputTokens, attempts, skipped, cause } = exhaustion;
  const lanes = deployments.flatMap(({ lanes: own }) => own);
  const refusals = lanes.map((lane) => {
    const { deployment } = lane;
    return peekGate(lane, { tokens: tokens(deployment), outputTokens: outputTokens(deployment) }, at);
  });
  const all = (reasons: (reason: Refusal['reason']) => boolean): boolean =>
    lanes.length > 0 && refusals.every((refusal) => refusal !== undefined && reasons(refusal.reason));
  const kind = deadlinePassed
    ? 'deadline'
    : all((reason) => reason === 'too-large')
      ? 'bad-request'
      : all((reason) => LIMITED.has(reason))
        ? 'rate-limited'
        : attempts.some(({ outcome }) => outcome !== 'local')
          ? 'exhausted'
          : 'unavailable';
  const freeAt = Math.min(...refusals.map((refusal) => refusal?.freeAt ?? at));
  const tellsWhen = (kind === 'rate-limited' || kind === 'unavailable') && freeAt > at && freeAt < Infinity;
  return new CallError({
    kind,
    message: MESSAGES[kind],
    attempts,
    skipped,
    retryAfter: tellsWhen ? freeAt - at : undefined,
    ...(cause !== undefined && { cause }),
  });
}

/** For whoever asks for what no model of the chain can do. Names models, as callers may, and nothing else of ours. */
export function unservableError(
  objections: ReadonlyMap<Deployment, Objection>,
  skipped: readonly SkippedCandidate[],
): CallError {
  const models = new Map<string, Set<string>>();
  for (const [{ settings }, { reason }] of objections) {
    models.set(reason, (models.get(reason) ?? new Set()).add(settings.model));
  }
  const clauses = [...models].map(([reason, names]) => `${[...names].join(' and ')} ${reason}`);
  const tooLong = [...objections.values()].every((objection) => objection.tooLong);
  return new CallError({
    kind: 'bad-request',
    message: `No model of this chain can serve the request: ${clauses.join('; ')}.`,
    skipped,
    // OpenAI's own words for it, which clients know and shorten their prompt.
    ...(tooLong && { param: 'messages', providerCode: 'context_length_exceeded' }),
  });
}

/** What a call had come to when its answer broke off. */
interface Broken {
  readonly trail: readonly AttemptRecord[];
  readonly skipped?: readonly SkippedCandidate[];
}

/** For whoever has read the beginning of an answer that broke off and that nobody could go on with. */
export function interruptedError(report: Broken, cause: AttemptError | undefined): CallError {
  return failedAs('interrupted', report, cause);
}

/** For whoever has read the beginning of an answer when the call's time was over. */
export function deadlineError(report: Broken, cause: AttemptError | undefined): CallError {
  return failedAs('deadline', report, cause);
}

function failedAs(
  kind: 'interrupted' | 'deadline',
  { trail: attempts, skipped = [] }: Broken,
  cause: AttemptError | undefined,
): CallError {
  return new CallError({ kind, message: MESSAGES[kind], attempts, skipped, ...(cause !== undefined && { cause }) });
}
