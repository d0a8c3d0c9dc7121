import { plainActions } from './plain-reply.js';
import { Reply } from './reply.js';
import type { ReplyHeaders, WireAction } from './wire-action.js';

/** What an error says. What is left out is what OpenAI says with this status. */
export interface FailOptions {
  readonly code?: string | null;
  readonly type?: string;
  readonly message?: string;
  /** The parameter that is wrong. @default null */
  readonly param?: string | null;
  readonly headers?: ReplyHeaders;
  /** The whole body, instead of an OpenAI-shaped error. An object is sent as JSON. */
  readonly body?: string | Buffer | object;
  /** @default 'application/json' */
  readonly contentType?: string;
}

interface ErrorBody {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

const invalid = 'invalid_request_error';

const usualErrors: Readonly<Record<number, ErrorBody>> = {
  400: { type: invalid, code: null, message: 'Invalid request' },
  401: { type: invalid, code: 'invalid_api_key', message: 'Incorrect API key provided' },
  402: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'Insufficient balance' },
  403: { type: 'permission_error', code: null, message: 'You are not allowed to do this' },
  404: { type: invalid, code: 'model_not_found', message: 'The model does not exist' },
  422: { type: invalid, code: null, message: 'Unprocessable request' },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached' },
  503: { type: 'server_error', code: 'server_is_overloaded', message: 'The server is overloaded' },
  529: { type: 'overloaded_error', code: 'overloaded_error', message: 'Overloaded' },
};

const serverError: ErrorBody = {
  type: 'server_error',
  code: 'server_error',
  message: 'The server had an error while processing your request',
};

const otherError: ErrorBody = { type: invalid, code: null, message: 'The request failed' };

/**
 * Answers with an OpenAI-shaped error.
 *
 * @example
 * fail(503)
 * fail(429, { code: 'insufficient_quota' })
 * fail(429, { headers: { 'retry-after': '2' } })
 */
export function fail(status: number, options: FailOptions = {}): Reply {
  return new Reply(() => errorActions(status, options));
}

/** The actions of an error. */
export function errorActions(status: number, options: FailOptions): Iterable<WireAction> {
  const usual = usualErrors[status] ?? (status >= 500 ? serverError : otherError);
  const { type = usual.type, message = usual.message, param = null, headers } = options;
  const { contentType = 'application/json' } = options;
  const code = options.code === undefined ? usual.code : options.code;
  const body = options.body ?? { error: { message, type, param, code } };
  return plainActions({ status, headers, contentType, body });
}
