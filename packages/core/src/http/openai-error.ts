/** Errors in the form that OpenAI gives them and its clients read. */
import { CallError, type CallErrorKind } from '../errors.js';
import { eventOf } from './frame-bytes.js';
import { Refusal } from './refusal.js';

export interface OpenAIError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A whole response. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: OpenAIError };
}

/** Of an error that is not ours nothing is told but that there was one. */
export function openAIError(error: unknown): ErrorAnswer {
  if (error instanceof Refusal) return refused(error);
  if (CallError.is(error)) return { ...described(error), headers: error.headers };
  const body = { error: { message: 'Internal error', type: 'server_error', param: null, code: null } };
  return { status: 500, headers: { 'x-should-retry': 'false' }, body };
}

/** The same as the last event of a stream. When to come back stands beside the error, for the headers have gone. */
export function errorEvent(error: unknown): string {
  const { headers, body } = openAIError(error);
  const retryAfter = headers['retry-after'];
  return eventOf(retryAfter === undefined ? body : { ...body, ai_failover: { retry_after: Number(retryAfter) } });
}

function refused({ status, message, type, param, code, headers }: Refusal): ErrorAnswer {
  return {
    status,
    headers: { 'x-should-retry': 'false', ...headers },
    body: { error: { message, type, param, code } },
  };
}

function described(error: CallError): Omit<ErrorAnswer, 'headers'> {
  // OpenAI's word for a model that nobody has, which its clients know apart.
  if (error.kind === 'bad-request' && error.param === 'model') return answer(error, 404, INVALID, 'model_not_found');
  const [type, code] = WORDS[error.kind] ?? SERVER;
  return answer(error, error.status, type, code(error));
}

function answer({ message, param }: CallError, status: number, type: string, code: string | null) {
  return { status, body: { error: { message, type, param: param ?? null, code } } };
}

type Words = readonly [type: string, code: (error: CallError) => string | null];

const INVALID = 'invalid_request_error';
const SERVER: Words = ['server_error', ({ code }) => code];

const WORDS: Readonly<Partial<Record<CallErrorKind, Words>>> = {
  'bad-request': [INVALID, ({ providerCode }) => providerCode ?? null],
  'rate-limited': ['rate_limit_error', () => 'rate_limit_exceeded'],
};
