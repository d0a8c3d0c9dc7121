import { created } from '../openai/created.js';
import type { Fields } from '../openai/fields.js';
import { usageFor } from '../openai/usage.js';
import type { Usage } from '../openai/usage.js';
import { plainActions } from './plain-reply.js';
import type { ReceivedRequest } from './received-request.js';
import { Reply } from './reply.js';
import type { ReplyHeaders, WireAction } from './wire-action.js';

/** What an answer says, and the HTTP around it. */
export interface AnswerOptions {
  /** @default 'Hello from the faulty upstream' */
  readonly text?: string | null;
  /** @default the model that was asked for */
  readonly model?: string;
  /** More fields of the message, such as `tool_calls` or `refusal`. */
  readonly message?: object;
  /** @default 'stop' */
  readonly finish?: string;
  /** @default 10 prompt tokens, and one for each word of the text; `false` leaves it out */
  readonly usage?: Usage | false;
  /** @default 200 */
  readonly status?: number;
  readonly headers?: ReplyHeaders;
  /** The whole body, instead of an OpenAI-shaped completion. An object is sent as JSON. */
  readonly body?: string | Buffer | object;
  /** @default 'application/json' */
  readonly contentType?: string;
}

/** What the answers say when a test does not care. */
export const defaultText = 'Hello from the faulty upstream';

/**
 * Answers with an OpenAI chat completion, or with any body.
 *
 * @example
 * answer('Hello')
 * answer({ text: 'Hello', headers: { 'x-ratelimit-remaining-requests': '0' } })
 * answer({ body: '{"not": "a completion"}' })
 */
export function answer(textOrOptions: string | AnswerOptions = {}): Reply {
  const options = typeof textOrOptions === 'string' ? { text: textOrOptions } : textOrOptions;
  return new Reply((request) => answerActions(options, request));
}

/** The actions of an answer. */
export function answerActions(options: AnswerOptions, request: ReceivedRequest): Iterable<WireAction> {
  const { status = 200, headers, contentType = 'application/json' } = options;
  return plainActions({ status, headers, contentType, body: options.body ?? completion(options, request) });
}

/**
 * Answers with a list of models, as `GET /v1/models` does.
 *
 * @example
 * modelList(['gpt-4.1', 'deepseek-v3.2'])
 */
export function modelList(ids: readonly string[] = ['gpt-4.1']): Reply {
  const data = ids.map((id) => ({ id, object: 'model', created, owned_by: 'faulty-upstream' }));
  return answer({ body: { object: 'list', data } });
}

/**
 * Answers with a well-formed completion of exactly so many bytes.
 *
 * @param options `declared: false` sends it in chunks, so that nothing tells the size beforehand.
 * @example
 * huge(17 * 1024 * 1024)
 */
export function huge(bytes: number, options: { readonly declared?: boolean } = {}): Reply {
  return new Reply((request) => hugeActions(bytes, options.declared ?? true, request));
}

function* hugeActions(bytes: number, declared: boolean, request: ReceivedRequest): Generator<WireAction> {
  const [before = '', after = ''] = JSON.stringify(completion({ text: '%' }, request)).split('%');
  const fill = Buffer.alloc(64 * 1024, 'x');
  let left = bytes - Buffer.byteLength(before) - Buffer.byteLength(after);
  if (left < 0) throw new Error(`huge() needs at least ${bytes - left} bytes`);
  const headers = { 'content-type': 'application/json' };
  yield { kind: 'head', status: 200, headers, framing: declared ? { length: bytes } : 'chunked' };
  yield { kind: 'body', bytes: Buffer.from(before) };
  for (; left > 0; left -= fill.length) yield { kind: 'body', bytes: fill.subarray(0, left) };
  yield { kind: 'body', bytes: Buffer.from(after) };
  yield { kind: 'end', how: 'finish' };
}

function completion(options: AnswerOptions, request: ReceivedRequest): object {
  const { text = defaultText, finish = 'stop', usage = usageFor(text ?? ''), message } = options;
  return {
    id: `chatcmpl-${request.index}`,
    object: 'chat.completion',
    created,
    model: options.model ?? modelAsked(request),
    choices: [{ index: 0, message: { role: 'assistant', content: text, ...message }, finish_reason: finish }],
    ...(usage && { usage }),
  };
}

/** The model that the request names, if its body can be read. */
export function modelAsked(request: ReceivedRequest): string {
  const model = fieldsOf(request)['model'];
  return typeof model === 'string' ? model : 'gpt-4.1';
}

/** The fields of the request's body; none when it is not a JSON object. */
export function fieldsOf(request: ReceivedRequest): Fields {
  try {
    return request.json();
  } catch {
    return {};
  }
}
