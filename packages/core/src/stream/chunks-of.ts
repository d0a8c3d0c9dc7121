/**
 * A whole answer as a stream, for callers that asked for one: canned replies, and upstreams that answer a streamed
 * request with one JSON. `Assembly` makes the same completion of it again.
 */
import { given } from '../given.js';
import { contentOfParts } from '../provider/content-of-parts.js';
import { isRecord } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import type {
  ChatChoice,
  ChatChunk,
  ChatChunkChoice,
  ChatCompletion,
  ChatDelta,
  ChatToolCallDelta,
  ChatUsage,
} from '../request/chat-types.js';
import { isEntryIndex } from './entry-index.js';

const NO_USAGE: ChatUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/**
 * One choice after the other: role, thoughts, words, tool calls one by one, the rest, the end. With `includeUsage`, as
 * in `stream_options`, the usage follows in a chunk without choices, zero where the completion has none.
 *
 * Of an upstream's reply only the messages are certain: what is there is passed on, and what cannot be is left out.
 */
export function chunksOf(completion: ChatCompletion, options: { readonly includeUsage: boolean }): ChatChunk[] {
  const { choices, usage, ...fields } = completion;
  // As OpenAI does: who asked for the usage finds it null until it comes.
  const untilThen = options.includeUsage ? { usage: null } : {};
  const envelope = { ...fields, object: 'chat.completion.chunk' as const, ...untilThen };
  const chunks: ChatChunk[] = [];
  for (const piece of choices.flatMap(piecesOf)) chunks.push({ ...envelope, choices: [piece] });
  if (options.includeUsage) chunks.push({ ...envelope, choices: [], usage: usage ?? NO_USAGE });
  return chunks;
}

function piecesOf(choice: ChatChoice, position: number): ChatChunkChoice[] {
  const { index: said, message, logprobs, finish_reason: reason, ...others } = choice;
  const index = isEntryIndex(said) ? said : position;
  const unfinished = { index, logprobs: null, finish_reason: null };
  const { thoughts, words, calls, rest } = partsOf({ ...message });
  const pieces: ChatChunkChoice[] = [];
  pieces.push({ ...unfinished, delta: { role: 'assistant', content: 'content' in words ? '' : null } });
  if (hasFields(thoughts)) pieces.push({ ...unfinished, delta: { ...thoughts } });
  if (isRecord(logprobs)) pieces.push({ ...unfinished, delta: words, logprobs });
  else if (hasFields(words)) pieces.push({ ...unfinished, delta: words });
  for (const call of calls) pieces.push({ ...unfinished, delta: { tool_calls: [call] } });
  if (hasFields(rest)) pieces.push({ ...unfinished, delta: rest });
  pieces.push({ ...others, ...unfinished, delta: {}, finish_reason: reason ?? 'stop' });
  return pieces;
}

interface MessageParts {
  /** Readers expect them in front of the words. */
  readonly thoughts: object;
  readonly words: ChatDelta;
  readonly calls: readonly ChatToolCallDelta[];
  readonly rest: ChatDelta;
}

function partsOf(message: Fields): MessageParts {
  const { role: _, content, refusal, tool_calls: calls, ...others } = message;
  const { reasoning_content, reasoning, reasoning_details, ...rest } = others;
  const parts = contentOfParts(content);
  const thoughts = reasoning_content ?? (parts?.thoughts || reasoning_content);
  const isEmptyList = Array.isArray(calls) && calls.length === 0;
  return {
    thoughts: given({ reasoning_content: thoughts, reasoning, reasoning_details }),
    words: { ...textField('content', parts?.text ?? content), ...textField('refusal', refusal) },
    calls: callsOf(calls),
    rest: given(isEmptyList ? { ...rest, tool_calls: [] } : rest),
  };
}

function textField(name: 'content' | 'refusal', value: unknown): ChatDelta {
  return typeof value === 'string' ? { [name]: value } : {};
}

function callsOf(calls: unknown): ChatToolCallDelta[] {
  const found: ChatToolCallDelta[] = [];
  for (const call of Array.isArray(calls) ? calls : [])
    if (isRecord(call)) found.push({ ...call, index: found.length });
  return found;
}

function hasFields(delta: object): boolean {
  return Object.keys(delta).length > 0;
}
