/** Puts a failure into one line that may be logged: statuses, codes and our own words, nothing free of the upstream's. */
import type { ErrorBody } from './error-body.js';
import type { Failure, FailureClass, TimeoutPhase } from './failure.js';

const PHASES: Readonly<Record<TimeoutPhase, string>> = {
  connect: 'not connected',
  pool: 'no free connection',
  write: 'request not taken',
  'first-content': 'no content',
  'between-chunks': 'no further chunk',
  unary: 'no complete reply',
  deadline: 'deadline reached',
};

/** Prefixes of keys as providers issue them, and of JSON web tokens. */
const KEY_PREFIX = /^(?:(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|bce)[-_]|AIza|eyJ)/;
const LONGEST_WORD = 40;
const LONGEST_MIXED_WORD = 8;

/**
 * The code if it is one, `undefined` if it is anything else. Codes are words, joined by `_ . : -`; what mixes letters
 * and digits for long, or twice, may be a key that the upstream has put there, and is dropped.
 */
export function safeCode(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_.:-]{1,64}$/.test(value) || KEY_PREFIX.test(value)) return undefined;
  const words = value.split(/[_.:-]/);
  const withDigits = words.filter((word) => /\d/.test(word));
  if (words.some((word) => word.length > LONGEST_WORD)) return undefined;
  if (withDigits.some((word) => word.length > LONGEST_MIXED_WORD)) return undefined;
  return withDigits.length > 1 ? undefined : value;
}

/** The first of the body's codes that can be shown. */
export function shownCode(error: ErrorBody): string | undefined {
  return error.codes.map(safeCode).find((code) => code !== undefined);
}

/** Codes of a socket error and of its cause, the cause last: undici wraps what the system said. */
export function socketCodes(error: Error): string[] {
  const causes = [error, error.cause].filter((link): link is object => typeof link === 'object' && link !== null);
  return causes.flatMap((link) => ('code' in link && typeof link.code === 'string' ? [link.code] : []));
}

/** One line for people. */
export function describeFailure(failure: Failure, judged: FailureClass, error: ErrorBody | undefined): string {
  switch (failure.kind) {
    case 'status':
      return `${statusText(failure.status)} ${judged}${inBrackets(codeOf(error))}${circumstance(failure, error)}`;
    case 'error-body':
      return `error inside a 200: ${judged}${inBrackets(codeOf(error))}`;
    case 'socket':
      return `${judged}: ${failure.connecting ? 'no connection' : 'connection lost'}${inBrackets(lastCode(failure.error))}`;
    case 'timeout': {
      const cause = failure.limitedByDeadline && failure.phase !== 'deadline' ? ', the deadline was the limit' : '';
      return `${judged}: ${PHASES[failure.phase]} within ${Math.round(failure.limit)} ms${cause}`;
    }
    case 'protocol':
      return `${judged}: ${failure.problem}`;
    case 'cut':
      return `${judged}: ended before it was complete`;
    case 'overtaken':
      return `${judged}: overtaken by another attempt`;
    case 'aborted':
      return `${judged}: the caller left`;
    case 'local':
    default:
      return `${judged}: ${failure.reason}`;
  }
}

/** Nobody else's number is printed: a status that is none comes from bytes. */
function statusText(status: number): string {
  return Number.isInteger(status) && status >= 100 && status <= 999 ? String(status) : 'no status';
}

function circumstance(failure: Extract<Failure, { kind: 'status' }>, error: ErrorBody | undefined): string {
  if (failure.status >= 300 && failure.status < 400) return redirectTarget(failure.headers['location']);
  return error?.isHtml === true ? ', an HTML page' : '';
}

/** Where a redirect points, without user, query and fragment, and without any part that could be a key or a text. */
function redirectTarget(location: string | string[] | undefined): string {
  const target = Array.isArray(location) ? location[0] : location;
  if (target === undefined || target === '') return ', a redirect to nowhere';
  const absolute = URL.canParse(target);
  if (!absolute && !URL.canParse(target, 'http://upstream')) return ', a redirect to no URL';
  const url = absolute ? new URL(target) : new URL(target, 'http://upstream');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return ', a redirect to no URL';
  const port = url.port === '' ? '' : `:${url.port}`;
  const host = `${url.hostname.split('.').map(shownPart).join('.')}${port}`;
  const path = url.pathname.split('/').slice(0, 6).map(shownPart).join('/');
  return `, redirects to ${absolute ? `${url.protocol}//${host}` : ''}${path}`;
}

function shownPart(part: string): string {
  const safe = part === '' || (part.length <= 24 && safeCode(part) !== undefined);
  return safe ? part : '…';
}

function codeOf(error: ErrorBody | undefined): string | undefined {
  return error === undefined ? undefined : shownCode(error);
}

function lastCode(error: Error): string | undefined {
  return safeCode(socketCodes(error).at(-1));
}

function inBrackets(code: string | undefined): string {
  return code === undefined ? '' : ` (${code})`;
}
