/** OpenAI's chat completions, and what the compatible services make of them. */
import type { Failure } from '../judgement/failure.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { WireHeaders } from '../transport/transport.js';
import { EXPLAINS_EMPTINESS } from '../stream/chunk-facts.js';
import type { Decoded, Dialect } from './dialect.js';
import { idsOfData } from './model-list.js';
import { encodeFor } from './openai-body.js';
import { createOpenAIStreamDecoder } from './openai-stream.js';

export const openai: Dialect = {
  url: (upstream) => `${upstream.baseUrl}/chat/completions`,

  modelsUrl: (upstream) => `${upstream.baseUrl}/models`,

  listedModels: idsOfData,

  headers(upstream, secret) {
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
    if (secret !== undefined) headers['authorization'] = `Bearer ${secret}`;
    return Object.assign(headers, upstream.headers);
  },

  encode: encodeFor('openai'),

  decode(headers, body) {
    const unreadable = unreadableBecause(headers, body);
    if (unreadable !== undefined) return broken(unreadable);
    const text = body.toString('utf8');
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return broken('the reply is not valid JSON');
    }
    if (typeof parsed !== 'object' || parsed === null) return broken('the reply is no JSON object');
    // Some resellers answer 200 and put what went wrong inside.
    if ('error' in parsed && parsed.error !== null && parsed.error !== undefined && !hasChoices(parsed)) {
      return { ok: false, failure: { kind: 'error-body', headers, body: text.slice(0, 64 * 1024) } };
    }
    return readCompletion(parsed);
  },

  decodeStream: (headers) => createOpenAIStreamDecoder(headers),
};

function unreadableBecause(headers: WireHeaders, body: Buffer): string | undefined {
  const encoding = firstValue(headers['content-encoding']);
  if (encoding !== undefined && encoding !== 'identity') return 'the reply is compressed, which was not asked for';
  if (body.length === 0) return 'the reply is empty';
  const type = firstValue(headers['content-type']);
  // A missing type is common among small servers; a wrong one is a login page or a proxy's error.
  if (type !== undefined && !/\bjson\b/i.test(type)) return 'the reply is not JSON by its content-type';
  return undefined;
}

function hasChoices(reply: object): reply is { choices: unknown[] } {
  return 'choices' in reply && Array.isArray(reply.choices) && reply.choices.length > 0;
}

function readCompletion(parsed: object): Decoded {
  if (!hasChoices(parsed)) return broken('the reply has no choices');
  for (const choice of parsed.choices) {
    if (typeof choice !== 'object' || choice === null || !('message' in choice))
      return broken('a choice has no message');
    const { message } = choice;
    if (typeof message !== 'object' || message === null) return broken('a choice has no message');
    const finish = 'finish_reason' in choice ? choice.finish_reason : undefined;
    if (!EXPLAINS_EMPTINESS.has(finish) && saysNothing(message)) return broken('the answer is empty');
  }
  // The checks above are the whole contract; everything else passes through as it came.
  return { ok: true, completion: parsed as unknown as ChatCompletion, asItCame: true };
}

const CONTENT_FIELDS = [
  'content',
  'tool_calls',
  'refusal',
  'function_call',
  'audio',
  'images',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
];

function saysNothing(message: object): boolean {
  for (const field of CONTENT_FIELDS) {
    const value: unknown = Reflect.get(message, field);
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value) && value.length === 0) continue;
    return false;
  }
  return true;
}

function broken(problem: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { kind: 'protocol', problem } };
}

function firstValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
