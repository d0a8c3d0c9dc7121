/** Words for what a scripted upstream does. */
import type { ScriptedReply } from './scripted-transport.js';

export interface ReplyTiming {
  /** Milliseconds until it answers. @default 0 */
  readonly after?: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** An OpenAI-shaped completion with this text, or with these fields. */
export function answerWith(
  reply: string | Readonly<Record<string, unknown>>,
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
  return { kind: 'respond', status: 200, headers: JSON_TYPE, body: JSON.stringify(completion), after };
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
