/** Reads what a provider says about an error, in whichever of the many shapes it says it. */

/** The facts of an error body. Nothing in it is judged, and nothing in it is safe to show. */
export interface ErrorBody {
  /** Codes, types and reasons as they were written, the most telling first. */
  readonly codes: readonly string[];
  /** The error's words, at most 4,000 characters. They may quote the caller's prompt. */
  readonly message: string | undefined;
  /** The HTTP status that the body names itself. */
  readonly status: number | undefined;
  /** A page of markup, as proxies, load balancers and web sites send them. */
  readonly isHtml: boolean;
  /** An error object: whoever wrote it had understood that this is an API. */
  readonly isProviderError: boolean;
  /** Gemini's names of the quotas that were exceeded, such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  readonly quotaIds: readonly string[];
  /** The objects in which further facts may stand, innermost first: the error, its details, the body. */
  readonly objects: readonly JsonObject[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_BODY = 65_536;
const MAX_MESSAGE = 4_000;
const MAX_LIST = 10;

const NOTHING: ErrorBody = {
  codes: [],
  message: undefined,
  status: undefined,
  isHtml: false,
  isProviderError: false,
  quotaIds: [],
  objects: [],
};

/**
 * Reads an error body. Known shapes: `{error: {message, type, code}}` (OpenAI and compatible), `{type: 'error', error}`
 * (Anthropic), `{error: {code, status, details}}` and the same in an array (Gemini), `{error: {innererror}}` (Azure),
 * `{error: 'text'}`, `{message, code}`, `{detail}` as text or list (FastAPI), `{errors: [{message}]}`,
 * `{success: false, message}`, `{error_code, error_msg}` (Baidu), `{base_resp}` (MiniMax); also plain text and pages.
 */
export function readErrorBody(text: string): ErrorBody {
  const start = text.slice(0, MAX_BODY).trim();
  if (start === '') return NOTHING;
  if (/^<[a-z!?]/i.test(start)) return { ...NOTHING, isHtml: true };
  const body = firstObject(parse(start));
  if (body !== undefined) return readObject(body);
  // The beginning of a larger body is no JSON, but it is still known for what it is.
  if (/^[[{]/.test(start)) return { ...NOTHING, isProviderError: /^\[?\s*\{\s*"error"\s*:\s*[{"]/.test(start) };
  return { ...NOTHING, message: start.slice(0, MAX_MESSAGE) };
}

function readObject(body: JsonObject): ErrorBody {
  const error = object(body, 'error') ?? firstObject(field(body, 'errors')) ?? object(body, 'base_resp') ?? body;
  const details = list(error, 'details').filter(isObject);
  const objects = [error, ...details, object(error, 'details'), object(error, 'metadata'), body].filter(isObject);
  const message = readMessage(error, body);
  return {
    codes: readCodes(error, body, details),
    message: message?.slice(0, MAX_MESSAGE),
    status: readStatus(error, body),
    isHtml: false,
    isProviderError: error !== body ? isFault(error) : message !== undefined,
    quotaIds: details
      .flatMap((detail) => list(detail, 'violations'))
      .filter(isObject)
      .flatMap((violation) => strings(violation, 'quotaId')),
    objects,
  };
}

/** MiniMax puts `base_resp` with status 0 into its successes. */
function isFault(error: JsonObject): boolean {
  return field(error, 'status_code') !== 0;
}

function readCodes(error: JsonObject, body: JsonObject, details: readonly JsonObject[]): string[] {
  const nested = object(error, 'details');
  const codes = [
    ...(nested === undefined ? [] : strings(nested, 'error_code')),
    ...details.flatMap((detail) => strings(detail, 'reason')),
    ...strings(error, 'code', 'type', 'status', 'error_code', 'status_code'),
    ...strings(object(error, 'innererror') ?? {}, 'code'),
    ...strings(body, 'code', 'type', 'error_code'),
  ];
  return [...new Set(codes)].filter((code) => code !== 'error' && httpStatus(code) === undefined);
}

function readMessage(error: JsonObject, body: JsonObject): string | undefined {
  const own = strings(error, 'message', 'msg', 'status_msg', 'error_msg', 'detail', 'title');
  const outer = strings(body, 'error', 'message', 'msg', 'error_msg', 'detail');
  return [...own, ...outer].find((text) => text.trim() !== '') ?? faultsIn(body);
}

/** Mistral puts them one or two floors deeper. */
function faultsIn(body: JsonObject): string | undefined {
  const message = field(body, 'message');
  const detail = isObject(message) ? field(message, 'detail') : message;
  return listOfFaults(field(body, 'detail')) ?? listOfFaults(detail);
}

/** FastAPI's 422: `[{loc: ['body', 'messages', 0], msg: 'Field required'}]`. Its `input` holds the prompt: not read. */
function listOfFaults(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const faults = value.slice(0, MAX_LIST).filter(isObject);
  const texts = faults.flatMap((fault) => {
    const path = list(fault, 'loc').filter((part) => typeof part === 'string' || typeof part === 'number');
    return strings(fault, 'msg').map((message) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
  });
  return texts.length === 0 ? undefined : texts.join('; ');
}

function readStatus(error: JsonObject, body: JsonObject): number | undefined {
  const values = [error, body].flatMap((from) => strings(from, 'code', 'status', 'status_code'));
  return values.map(httpStatus).find((status) => status !== undefined);
}

function httpStatus(code: string): number | undefined {
  return /^[45]\d\d$/.test(code) ? Number(code) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value itself, or the first entry of a list of objects. */
function firstObject(value: unknown): JsonObject | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return isObject(first) ? first : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property only: a body that names `constructor` or `__proto__` reads nothing of ours. */
export function field(from: JsonObject, name: string): unknown {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}

function object(from: JsonObject, name: string): JsonObject | undefined {
  const value = field(from, name);
  return isObject(value) ? value : undefined;
}

function list(from: JsonObject, name: string): readonly unknown[] {
  const value = field(from, name);
  return Array.isArray(value) ? value.slice(0, MAX_LIST) : [];
}

/** The texts and numbers among these properties, as text. */
function strings(from: JsonObject, ...names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = field(from, name);
    if (typeof value === 'string' && value !== '') return [value];
    return typeof value === 'number' && value !== 0 ? [String(value)] : [];
  });
}
