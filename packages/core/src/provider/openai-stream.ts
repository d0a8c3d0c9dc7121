/** The events of a streamed chat completion, as OpenAI sends them and as the compatible services do. */
import type { Failure } from '../judgement/failure.js';
import type { ChatChunk } from '../request/chat-types.js';
import type { WireHeaders } from '../transport/transport.js';
import type { StreamDecoder, StreamItem } from './dialect.js';
import { type Fields, isFields, isOrdinaryChunk } from './openai-chunk.js';
import { repairChunk } from './openai-chunk-repair.js';
import { RepeatedChunk } from './repeated-chunk.js';

const NOTHING: StreamItem = { kind: 'nothing' };
const DONE: StreamItem = { kind: 'done' };
const MALFORMED: StreamItem = { kind: 'malformed' };

const MAX_ERROR_BODY = 64 * 1024;

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
      const parsed = parse(text);
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
  const choices: unknown = parsed['choices'] ?? [];
  const listed: readonly unknown[] = Array.isArray(choices) ? choices : [];
  if (parsed['error'] ? !listed.some(isUsable) : isBareError(parsed)) return reported(headers, text);
  const failed = listed.find(hasFailed);
  if (failed !== undefined) return { kind: 'error', failure: failureOf(failed, headers) };
  if (isPing(parsed)) return NOTHING;
  const repaired = repairChunk(parsed);
  return repaired === undefined ? MALFORMED : { kind: 'chunk', ...repaired };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reported(headers: WireHeaders, text: string): StreamItem {
  return { kind: 'error', failure: { kind: 'error-body', headers, body: text.slice(0, MAX_ERROR_BODY) } };
}

/**
 * An error that is not wrapped in `error`: `{object: 'error', message, type, code}` (vLLM of old), `{code, message}`, `{base_resp}`
 * (MiniMax), `{error_code, error_msg}` (Baidu).
 */
function isBareError(parsed: Fields): boolean {
  if (Array.isArray(parsed['choices'])) return false;
  const { message, code, type, base_resp: response, error_code: errorCode } = parsed;
  if (typeof message === 'string') return Boolean(code ?? type);
  return Boolean(errorCode) || (isFields(response) && Boolean(response['status_code']));
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

/** OpenRouter's choices whose provider has failed. */
function hasFailed(choice: unknown): choice is Fields {
  return isFields(choice) && (choice['finish_reason'] === 'error' || Boolean(choice['error']));
}

function failureOf(choice: Fields, headers: WireHeaders): Failure {
  const { error } = choice;
  if (!error) return { kind: 'protocol', problem: 'the answer ended with an error that is not named' };
  return { kind: 'error-body', headers, body: JSON.stringify({ error }).slice(0, MAX_ERROR_BODY) };
}
