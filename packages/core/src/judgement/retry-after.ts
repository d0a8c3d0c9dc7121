/**
 * Hints: how long an upstream asks us to wait, in all the forms in which upstreams say it.
 *
 * The first form that can be read wins, from the most to the least deliberate:
 * 1. `retry-after-ms` (OpenAI, Azure), finer than `retry-after` where both are sent;
 * 2. `retry-after`: seconds, or one of the three HTTP dates of RFC 9110 §5.6.7, or an ISO 8601 time;
 * 3. the body's own field: Gemini's `RetryInfo.retryDelay`, `retry_after`, `retry_after_seconds`, `retry_after_ms`;
 * 4. the body's text: "Please try again in 6m0s" (OpenAI, Groq), "retry after 26 seconds" (Azure), "retry in 46.8s"
 *    (Gemini), "You will regain access on 2026-09-01 at 00:00 UTC" (Anthropic), "请在30秒后重试";
 * 5. when we were limited: the latest reset among the limits of which exactly 0 remain. Last, because OpenAI's reset is
 *    the time until the bucket is full, which is longer than one has to wait.
 */
import { type ErrorBody, field, type JsonObject } from './error-body.js';

/** Where a hint may stand. */
export interface HintSource {
  readonly headers: HintHeaders;
  readonly error: ErrorBody;
  /** The upstream says that a limit was reached; only then do the `x-ratelimit-*` headers tell when to come back. */
  readonly limited: boolean;
}

/** Lower-case names. Undici gives arrays for repeated headers. */
export type HintHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Longer hints are cut to this, a week: `setTimeout` fires at once above 2³¹ ms, and no limit of a provider is longer. */
export const MAX_HINT = 7 * 86_400_000;

/** The wait in whole milliseconds from now, rounded up, within [0, `MAX_HINT`]; `undefined` if nobody named one. */
export function readHint(source: HintSource, nowEpochMs: number): number | undefined {
  const hint =
    fromHeaders(source.headers, nowEpochMs) ??
    fromFields(source.error.objects) ??
    fromText(source.error.message ?? '', nowEpochMs) ??
    (source.limited ? fromResets(withBodyHeaders(source), nowEpochMs) : undefined);
  return hint === undefined || Number.isNaN(hint) ? undefined : Math.min(Math.max(0, Math.ceil(hint)), MAX_HINT);
}

function fromHeaders(headers: HintHeaders, now: number): number | undefined {
  const milliseconds = longest(
    [...values(headers, 'retry-after-ms'), ...values(headers, 'x-ms-retry-after-ms')],
    number,
  );
  return milliseconds ?? longest(values(headers, 'retry-after'), (value) => readRetryAfter(value, now));
}

/**
 * The wait that one `retry-after` names, in milliseconds. Seconds are told from dates first: `Date.parse('120')` is a
 * date of the year 120, `parseFloat('2026-09-01T00:00:00Z')` is 2026. A date that is over is 0.
 */
export function readRetryAfter(value: string, nowEpochMs: number): number | undefined {
  const text = value.trim();
  // Repeated headers that a proxy has joined; an HTTP date has a comma too, but no digit before it.
  if (/^[\d.]+(?:\s*,\s*[\d.]+)+$/.test(text))
    return longest(text.split(','), (part) => readRetryAfter(part, nowEpochMs));
  const seconds = number(text);
  if (seconds !== undefined) return seconds * 1000;
  const time = readTime(text, nowEpochMs);
  return time === undefined ? undefined : Math.max(0, time - nowEpochMs);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const DATE_FORMS = [
  new RegExp(`^[a-z]{3}, (?<day>\\d\\d) (?<month>[a-z]{3}) (?<year>\\d{4}) ${CLOCK} (?:gmt|utc)$`, 'i'), // RFC 1123
  new RegExp(`^[a-z]{6,9}, (?<day>\\d\\d)-(?<month>[a-z]{3})-(?<year>\\d\\d) ${CLOCK} gmt$`, 'i'), // RFC 850
  // asctime names no zone and means GMT; `Date.parse` would take the local one.
  new RegExp(`^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \\d]\\d) ${CLOCK} (?<year>\\d{4})$`, 'i'),
];
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** Milliseconds since 1970 of an HTTP date or an RFC 3339 time. */
function readTime(text: string, now: number): number | undefined {
  if (ISO_TIME.test(text)) return finite(Date.parse(text));
  const parts = DATE_FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const month = MONTHS.indexOf(parts['month']?.toLowerCase() ?? '');
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map((name) => Number(parts[name]));
  if (month < 0 || day === undefined) return undefined;
  return finite(Date.UTC(fullYear(parts['year'] ?? '', now), month, day, hour, minute, second));
}

/** RFC 9110: two digits that seem more than 50 years ahead mean the past century. */
function fullYear(digits: string, now: number): number {
  if (digits.length !== 2) return Number(digits);
  const thisYear = new Date(now).getUTCFullYear();
  const year = Math.floor(thisYear / 100) * 100 + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const UNIT_NAMES = 'ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?';
const DURATION_PART = new RegExp(`^(\\d{1,9}(?:\\.\\d{1,9})?) ?(${UNIT_NAMES})(?![a-z])[ ,]*(?:and )?`, 'i');

/** A duration such as `6m0s`, `20ms`, `1h2m3.5s`, `26 seconds`, in milliseconds. */
export function readDuration(text: string): number | undefined {
  const { duration, rest } = scanDuration(text.trim());
  return rest === '' ? duration : undefined;
}

/** Reads a duration off the beginning of a text. */
function scanDuration(text: string): { duration: number | undefined; rest: string } {
  let duration: number | undefined;
  let rest = text;
  for (let parts = 0; parts < 5; parts += 1) {
    const [whole, amount, name = ''] = DURATION_PART.exec(rest) ?? [];
    if (whole === undefined) break;
    const unit = /^ms|^milli/i.test(name) ? 'ms' : name.charAt(0).toLowerCase();
    duration = (duration ?? 0) + Number(amount) * (UNITS.get(unit) ?? 0);
    rest = rest.slice(whole.length);
  }
  return { duration, rest };
}

const WAIT_FIELDS: readonly (readonly [name: string, unit: number])[] = [
  ['retry_after_ms', 1],
  ['retry_after', 1000],
  ['retry_after_seconds', 1000],
  ['retryAfter', 1000],
];

function fromFields(objects: readonly JsonObject[]): number | undefined {
  for (const object of objects) {
    const delay = readDelay(field(object, 'retryDelay'));
    if (delay !== undefined) return delay;
    for (const [name, unit] of WAIT_FIELDS) {
      const value = field(object, name);
      const amount = typeof value === 'number' || typeof value === 'string' ? number(String(value)) : undefined;
      if (amount !== undefined) return amount * unit;
    }
  }
  return undefined;
}

/** google.protobuf.Duration: `"46s"`, `"46.837s"` or `{ seconds, nanos }`. */
function readDelay(value: unknown): number | undefined {
  if (typeof value === 'string') return readDuration(value);
  if (typeof value !== 'object' || value === null || !('seconds' in value)) return undefined;
  const nanos = 'nanos' in value ? Number(value.nanos) : 0;
  return notNegative(Number(value.seconds) * 1000 + nanos / 1_000_000);
}

const WAIT_TEXT = /\b(?:try again|retry)(?: your request)? (?:in|after) (?=\d)/i;
const REGAIN_TEXT = /\bregain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC/i;
const CHINESE_TEXT = /(\d{1,6}(?:\.\d{1,3})?) ?(毫秒|秒|分钟|小时)(?:钟)?(?:之)?后(?:再|重)?(?:试|重试|尝试)/;
const CHINESE_UNITS: ReadonlyMap<string, number> = new Map([
  ['毫秒', 1],
  ['秒', 1000],
  ['分钟', 60_000],
  ['小时', 3_600_000],
]);

function fromText(message: string, now: number): number | undefined {
  const asked = WAIT_TEXT.exec(message);
  const wait = asked === null ? undefined : scanDuration(message.slice(asked.index + asked[0].length)).duration;
  if (wait !== undefined) return wait;
  const regain = REGAIN_TEXT.exec(message);
  if (regain !== null) return readRetryAfter(`${regain[1]}T${regain[2]}:00Z`, now);
  const chinese = CHINESE_TEXT.exec(message);
  return chinese === null ? undefined : Number(chinese[1]) * (CHINESE_UNITS.get(chinese[2] ?? '') ?? 1000);
}

/** Pairs of what remains and when it is reset. Azure sends -1 and 0 for "not told": negatives count as nothing. */
const RESETS: readonly (readonly [remaining: string, reset: string])[] = [
  ...['requests', 'tokens'].map((of) => [`x-ratelimit-remaining-${of}`, `x-ratelimit-reset-${of}`] as const),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map(
    (of) => [`anthropic-ratelimit-${of}-remaining`, `anthropic-ratelimit-${of}-reset`] as const,
  ),
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
];

function fromResets(headers: HintHeaders, now: number): number | undefined {
  const spent = RESETS.filter(([remaining]) => longest(values(headers, remaining), number) === 0);
  const resets = spent.flatMap(([, reset]) => values(headers, reset));
  return longest(resets, (value) => readReset(value, now));
}

/** A duration (OpenAI), an RFC 3339 time (Anthropic), plain seconds, or a time since 1970 in seconds or milliseconds. */
export function readReset(value: string, nowEpochMs: number): number | undefined {
  const amount = number(value);
  if (amount === undefined) return readDuration(value) ?? readRetryAfter(value, nowEpochMs);
  if (amount >= 1e11) return Math.max(0, amount - nowEpochMs);
  return amount >= 1e9 ? Math.max(0, amount * 1000 - nowEpochMs) : amount * 1000;
}

/** OpenRouter puts the headers of its own upstream into `error.metadata.headers`. */
function withBodyHeaders({ headers, error }: HintSource): HintHeaders {
  for (const object of error.objects) {
    const inner = field(object, 'headers');
    if (typeof inner !== 'object' || inner === null) continue;
    const known = Object.entries(inner).filter(([, value]) => typeof value === 'string');
    return { ...headers, ...Object.fromEntries(known.map(([name, value]) => [name.toLowerCase(), String(value)])) };
  }
  return headers;
}

function values(headers: HintHeaders, name: string): readonly string[] {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return value === undefined ? [] : [value].flat();
}

/** The longest of what can be read, so that none of several hints is undercut. */
function longest(texts: readonly string[], read: (text: string) => number | undefined): number | undefined {
  const found = texts.map(read).filter((value) => value !== undefined);
  return found.length === 0 ? undefined : Math.max(...found);
}

/** A plain decimal number: no sign, no exponent, no unit, no hexadecimal. */
function number(text: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function notNegative(value: number): number | undefined {
  return value >= 0 ? value : undefined;
}
