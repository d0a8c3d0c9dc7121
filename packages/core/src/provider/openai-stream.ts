/** The events of a streamed chat completion, as OpenAI sends them and as the compatible services do. */
import type { ChatChunk } from '../request/chat-types.js';
import type { WireHeaders } from '../transport/transport.js';
import type { StreamDecoder, StreamItem } from './dialect.js';
import { errorInside, parseJson, writeJson } from './json-reply.js';
import { type Fields, isFields, isOrdinaryChunk } from './openai-chunk.js';
import { repairChunk, type RepairedChunk } from './openai-chunk-repair.js';
import { failureOf, hasFailed, isBareError } from './openai-failure.js';
import { RepeatedChunk } from './repeated-chunk.js';

const NOTHING: StreamItem = { kind: 'nothing' };
const DONE: StreamItem = { kind: 'done' };
const MALFORMED: StreamItem = { kind: 'malformed' };

/** @param headers of the reply: they may name a wait for the error that comes inside it */
export function createOpenAIStreamDecoder(headers: WireHeaders): StreamDecoder {
  const repeated = new RepeatedChunk();
  return {
    read(data, type) {
      if (type !== '') {
        if (type === 'error') return reported(headers, data);
        if (type === 'ping') return NOTHING;
      }
      const known = repeated.read(data);
      if (known !== undefined) return { kind: 'chunk', chunk: known, asItCame: true };
      const text = data.startsWith('{') ? data : data.trim();
      if (text === '') return NOTHING;
      if (text === '[DONE]') return DONE;
      const parsed = parseJson(text);
      if (!isFields(parsed)) return MALFORMED;
      if (!isOrdinaryChunk(parsed)) return readUnusual(parsed, text, headers);
      // The checks are the whole contract; everything else passes through as it came.
      const chunk = parsed as unknown as ChatChunk;
      repeated.learn(text, chunk);
      return { kind: 'chunk', chunk, asItCame: true };
    },
  };
}

function readUnusual(parsed: Fields, text: string, headers: WireHeaders): StreamItem {
  const { choices } = parsed;
  const listed: readonly unknown[] = Array.isArray(choices) ? choices : [];
  const isError = parsed['error'] ? !listed.some(isUsable) : !Array.isArray(choices) && isBareError(parsed);
  if (isError) return reported(headers, text);
  const failed = listed.find(hasFailed);
  if (failed !== undefined) return { kind: 'error', failure: failureOf(failed, headers) };
  if (isPing(parsed)) return NOTHING;
  const repaired = repairChunk(parsed);
  if (repaired === undefined || !canBeWritten(repaired, text)) return MALFORMED;
  return { kind: 'chunk', ...repaired };
}

/** Less text than this cannot nest so deeply that writing it fails. */
const DEEP = 4_000;

function canBeWritten({ chunk, asItCame }: RepairedChunk, text: string): boolean {
  return asItCame || text.length < DEEP || writeJson(chunk) !== undefined;
}

function reported(headers: WireHeaders, text: string): StreamItem {
  return { kind: 'error', failure: errorInside(headers, text) };
}

/** `{}` and `{type: 'ping'}`. */
function isPing(parsed: Fields): boolean {
  if (parsed['type'] === 'ping') return !Array.isArray(parsed['choices']);
  return Object.keys(parsed).length === 0;
}

/** It goes on with the answer, or ends it. */
function isUsable(choice: unknown): boolean {
  if (!isFields(choice) || hasFailed(choice)) return false;
  if (typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== '') return true;
  const { delta } = choice;
  return isFields(delta) && Object.entries(delta).some(([name, value]) => name !== 'role' && saysSomething(value));
}

function saysSomething(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
