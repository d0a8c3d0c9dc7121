/** The judgement of a failed attempt. Nothing else in this package decides what a failure was. */
import type { ClassifyHook } from '../config/options.js';
import { describeFailure, shownCode, socketCodes } from './describe.js';
import { type ErrorBody, readErrorBody } from './error-body.js';
import type { Failure, FailureClass, Verdict } from './failure.js';
import { isContextLength } from './provider-words.js';
import { readHint } from './retry-after.js';
import { classOfErrorInside200, classOfStatus } from './status-class.js';
import { CONSEQUENCES, isFailureClass } from './table.js';

type StatusFailure = Extract<Failure, { kind: 'status' }>;
type SocketFailure = Extract<Failure, { kind: 'socket' }>;
type TimeoutFailure = Extract<Failure, { kind: 'timeout' }>;

/** Told of a hook that threw or returned no class: an `Error`, or whatever it threw. The built-in judgement stands. */
export type HookFaultListener = (fault: unknown) => void;

/**
 * Judges a failure by the table of `docs/architecture.md`. Never throws. The hook is asked last and may put another
 * class; breaker effect, hint and the rest follow the final class. It is not asked about a caller that left or a
 * refusal of ours, which say nothing about an upstream.
 */
export function classify(
  failure: Failure,
  hook?: ClassifyHook,
  nowEpochMs: number = Date.now(),
  onHookFault?: HookFaultListener,
): Verdict {
  const error = bodyOf(failure);
  const judged = secondOpinion(failure, builtInClass(failure, error), hook, onHookFault);
  const consequence = CONSEQUENCES[judged];
  return {
    class: judged,
    breaker: consequence.breaker,
    hint: consequence.hinted ? hintOf(failure, error, judged, nowEpochMs) : undefined,
    code: codeOf(failure, error),
    message: describeFailure(failure, judged, error),
    retrySame: consequence.retrySame && !forbidsRetry(failure),
    ...statusOf(failure, error),
    ...(failure.kind === 'local' && failure.ofKey === true ? { ofKey: true } : {}),
    ...(judged === 'request' && error !== undefined ? wordsForCaller(error) : {}),
  };
}

/** The class by the table, before the hook. */
function builtInClass(failure: Failure, error: ErrorBody | undefined): FailureClass {
  switch (failure.kind) {
    case 'status':
      return error === undefined ? 'protocol' : classOfAnswer(failure, error);
    case 'error-body':
      return error === undefined ? 'protocol' : classOfErrorInside200(error);
    case 'socket':
      return classOfSocket(failure);
    case 'timeout':
      return classOfTimeout(failure);
    case 'overtaken':
      return failure.received ? 'slow' : 'silent';
    case 'aborted':
      return 'client-abort';
    case 'protocol':
    case 'cut':
    case 'local':
    default:
      return failure.kind; // protocol, cut, local: facts that are their own class
  }
}

/**
 * The status's class, unless the upstream overrides the status: with `x-should-retry: true` what the status alone
 * makes final (`request`, `misconfigured`, an unexplained 400) is a passing fault of the server. Redirects stay, and
 * so does what the body names: a key without balance has none the second time either.
 */
function classOfAnswer(failure: StatusFailure, error: ErrorBody): FailureClass {
  const judged = classOfStatus(failure.status, error);
  const byStatus = judged === 'request' || judged === 'misconfigured' || judged === 'protocol';
  const retry = byStatus && failure.status >= 400 && shouldRetry(failure) === 'true';
  return retry ? 'server' : judged;
}

/** `x-should-retry: false` keeps the class but not the second try: this deployment is not asked again, others are. */
function forbidsRetry(failure: Failure): boolean {
  if (failure.kind === 'status') return shouldRetry(failure) === 'false';
  // What has been sent to the caller is continued elsewhere, not asked for once more.
  return (failure.kind === 'cut' || failure.kind === 'socket') && failure.content === true;
}

function shouldRetry(failure: StatusFailure): string | undefined {
  const value = failure.headers['x-should-retry'];
  return (Array.isArray(value) ? value[0] : value)?.trim().toLowerCase();
}

/** Codes of a connection that its other end had given up. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);
/** Codes that only connecting can have, wherever undici reports them. */
const CONNECTING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
/** Bytes that came and are no HTTP, or too many of them. */
const UNREADABLE = /^(?:HPE_|UND_ERR_HEADERS_OVERFLOW$|UND_ERR_RES_EXCEEDED_MAX_SIZE$)/;
/** A server that closes an idle connection does it within this of our writing; a crash while generating comes later. */
const STALE_WITHIN = 1000;

/** A connection that died after it was usable is `cut`, with or without a byte of the reply. */
function classOfSocket(failure: SocketFailure): FailureClass {
  const codes = socketCodes(failure.error);
  if (failure.connecting || codes.some((code) => CONNECTING.has(code))) return 'connect';
  if (codes.some((code) => UNREADABLE.test(code))) return 'protocol';
  const closed =
    codes.some((code) => CLOSED.has(code)) || /other side closed|socket hang up/i.test(failure.error.message);
  const stale = closed && failure.reused && !failure.received && failure.sinceWrite < STALE_WITHIN;
  return stale ? 'stale-socket' : 'cut';
}

/** An unstreamed attempt that only the deadline cut short was not silent: it had no time to be anything else. */
function classOfTimeout({ phase, received, limitedByDeadline }: TimeoutFailure): FailureClass {
  switch (phase) {
    case 'connect':
      return 'connect';
    case 'pool':
    case 'deadline':
      return 'local';
    case 'write':
    case 'between-chunks':
      return 'timeout';
    case 'first-content':
      return received ? 'timeout' : 'silent';
    case 'unary':
    default:
      return received || limitedByDeadline ? 'timeout' : 'silent';
  }
}

function secondOpinion(
  failure: Failure,
  builtIn: FailureClass,
  hook: ClassifyHook | undefined,
  onHookFault: HookFaultListener | undefined,
): FailureClass {
  if (hook === undefined || builtIn === 'client-abort' || builtIn === 'local') return builtIn;
  let opinion: unknown;
  try {
    opinion = hook(failure, builtIn);
  } catch (error) {
    onHookFault?.(error);
    return builtIn;
  }
  if (opinion === undefined) return builtIn;
  if (isFailureClass(opinion)) return opinion;
  // An async hook cannot be waited for here; its rejection must not end the process.
  Promise.resolve(opinion).catch(() => {});
  onHookFault?.(new TypeError('The classify hook must return a class of the table or undefined'));
  return builtIn;
}

function bodyOf(failure: Failure): ErrorBody | undefined {
  if (failure.kind === 'error-body') return readErrorBody(failure.body);
  if (failure.kind !== 'status') return undefined;
  const error = readErrorBody(failure.body);
  const type = failure.headers['content-type'];
  const isPage = !error.isProviderError && /^\s*text\/html\b/i.test((Array.isArray(type) ? type[0] : type) ?? '');
  return isPage ? { ...error, isHtml: true, message: undefined } : error;
}

function hintOf(failure: Failure, error: ErrorBody | undefined, judged: FailureClass, now: number): number | undefined {
  if (error === undefined || (failure.kind !== 'status' && failure.kind !== 'error-body')) return undefined;
  const limited = judged === 'rate-limited' || judged === 'quota';
  const hint = readHint({ headers: failure.headers, error, limited }, now);
  // One of 0 was rounded down, or is a date that has passed: it names no wait.
  return hint === 0 ? undefined : hint;
}

function codeOf(failure: Failure, error: ErrorBody | undefined): string | undefined {
  return failure.kind === 'status' || failure.kind === 'error-body' ? error && shownCode(error) : undefined;
}

function statusOf(failure: Failure, error: ErrorBody | undefined): { status?: number } {
  const status = failure.kind === 'status' ? failure.status : error?.status;
  return status === undefined ? {} : { status };
}

const MAX_WORDS = 2_000;

function wordsForCaller(error: ErrorBody): Pick<Verdict, 'contextLength' | 'providerMessage'> {
  // Control characters, line separators and halves of surrogate pairs could forge lines of a log or break a header.
  const words = error.message?.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ').trim() ?? '';
  const shown = words.slice(0, MAX_WORDS).replace(/[\uD800-\uDBFF]$/, '');
  return {
    ...(isContextLength(error) ? { contextLength: true } : {}),
    ...(shown === '' ? {} : { providerMessage: shown }),
  };
}
