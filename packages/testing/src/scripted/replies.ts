/** Words for what a scripted upstream does. */
import { completionFrames } from '../openai/completion-frames.js';
import type { Fields } from '../openai/fields.js';
import type { ScriptedReply } from './scripted-reply.js';

export interface ReplyTiming {
  /** Milliseconds until it answers. @default 0 */
  readonly after?: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const SSE_TYPE = { 'content-type': 'text/event-stream; charset=utf-8' };

/**
 * An OpenAI-shaped completion with this text, or with these fields; a request with `stream: true` is sent the same answer as a
 * stream, word by word.
 *
 * @example
 * answerWith('Hello', { after: 500 })
 * answerWith({ choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls }, finish_reason: 'tool_calls' }] })
 */
export function answerWith(
  reply: string | Fields,
  { after = 0, model = 'test-model' }: ReplyTiming & { readonly model?: string } = {},
): ScriptedReply {
  const content = typeof reply === 'string' ? reply : '';
  const completion = {
    id: 'chatcmpl-test',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ...(typeof reply === 'string' ? {} : reply),
  };
  return {
    kind: 'respond',
    status: 200,
    headers: JSON_TYPE,
    body: JSON.stringify(completion),
    after,
    streamed: {
      kind: 'stream',
      status: 200,
      headers: SSE_TYPE,
      after,
      parts: ({ body }) => completionFrames(completion, body),
    },
  };
}

export interface FailureDetails extends ReplyTiming {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, an object as JSON. @default OpenAI's error shape */
  readonly body?: string | object;
  readonly code?: string;
  readonly message?: string;
}

/** An error with this HTTP status. */
export function failWith(status: number, details: FailureDetails = {}): ScriptedReply {
  const { headers = {}, after = 0, code = null, message = `scripted ${status}` } = details;
  const body = details.body ?? { error: { message, type: 'scripted', param: null, code } };
  return {
    kind: 'respond',
    status,
    headers: { ...JSON_TYPE, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    after,
  };
}

/** Nobody listens there. */
export function refuseConnection({ after = 0 }: ReplyTiming = {}): ScriptedReply {
  return { kind: 'refuse', after };
}

/** Takes the request and says nothing, for ever. */
export function neverAnswer(): ScriptedReply {
  return { kind: 'hang' };
}
