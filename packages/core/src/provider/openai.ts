/** OpenAI's chat completions, and what the compatible services make of them. */
import type { Failure } from '../judgement/failure.js';
import type { WireHeaders } from '../transport/transport.js';
import { EXPLAINS_EMPTINESS } from '../stream/chunk-facts.js';
import type { Decoded, Dialect } from './dialect.js';
import { broken, errorInside, hasByteOrderMark, readJsonObject } from './json-reply.js';
import { idsOfData } from './model-list.js';
import { encodeFor } from './openai-body.js';
import { type Fields, isFields } from './openai-chunk.js';
import { repairCompletion, type WholeReply } from './openai-completion-repair.js';
import { failureOf, hasFailed, isBareError } from './openai-failure.js';
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

  decode(headers, body, mayBeEmpty = false) {
    const read = readJsonObject(headers, body);
    if (!read.ok) return read;
    const { reply, text } = read;
    const failure = failureInside(headers, reply, text);
    if (failure !== undefined) return { ok: false, failure };
    const decoded = readCompletion(reply, mayBeEmpty);
    // Behind its mark it is OpenAI's own form, with it it is not.
    return decoded.ok && hasByteOrderMark(body) ? { ...decoded, asItCame: false } : decoded;
  },

  decodeStream: (headers) => createOpenAIStreamDecoder(headers),
};

/** Some resellers answer 200 and put what went wrong inside. Beside an answer an error of the reply is none. */
function failureInside(headers: WireHeaders, reply: Fields, text: string): Failure | undefined {
  const { choices, error } = reply;
  const listed: readonly unknown[] = Array.isArray(choices) ? choices : [];
  const isError = error ? !listed.some(isUsable) : listed.length === 0 && isBareError(reply);
  if (isError) return errorInside(headers, text);
  const failed = listed.find(hasFailed);
  return failed === undefined ? undefined : failureOf(failed, headers);
}

function isUsable(choice: unknown): boolean {
  return !hasFailed(choice) && hasMessage(choice) && !saysNothing(choice.message);
}

function readCompletion(reply: Fields, mayBeEmpty: boolean): Decoded {
  if (!hasChoices(reply)) return broken('the reply has no choices');
  if (!hasMessages(reply)) return broken('a choice has no message');
  const repaired = repairCompletion(reply);
  if (repaired === undefined) return broken('the reply is not in the form of a completion');
  for (const { message, finish_reason: finish } of repaired.completion.choices) {
    if (EXPLAINS_EMPTINESS.has(finish) || (mayBeEmpty && finish === 'stop')) continue;
    if (saysNothing(message)) return broken('the answer is empty');
  }
  return { ok: true, ...repaired };
}

function hasChoices(reply: Fields): reply is Fields & { readonly choices: readonly unknown[] } {
  const { choices } = reply;
  return Array.isArray(choices) && choices.length > 0;
}

function hasMessages(reply: Fields & { readonly choices: readonly unknown[] }): reply is WholeReply {
  return reply.choices.every(hasMessage);
}

function hasMessage(choice: unknown): choice is Fields & { readonly message: Fields } {
  return isFields(choice) && isFields(choice['message']);
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
