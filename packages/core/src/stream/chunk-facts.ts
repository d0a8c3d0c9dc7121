/**
 * What one chunk says. Asked of every event of every stream, so nothing is allocated where there is nothing to tell.
 *
 * The known fields of a chunk have been checked by its dialect; those that only some services have may be anything.
 */
import { isRecord } from '../request/bad-request.js';
import type { ChatChunk, ChatDelta, ChatFinishReason } from '../request/chat-types.js';

/**
 * Whether the answer has begun: text, a call, a thought, a refusal, sound or a picture, in any choice. A role, an empty
 * text and the id of a recording are announcements.
 */
export function hasContent(chunk: ChatChunk): boolean {
  for (const { delta } of chunk.choices) if (addsContent(delta)) return true;
  return false;
}

/** Why a choice ended. */
export interface ChoiceFinish {
  /** Of the choice. */
  readonly index: number;
  /** As the upstream says it, so it may be a word that OpenAI does not have. */
  readonly reason: ChatFinishReason;
}

const NOTHING_FINISHED: readonly ChoiceFinish[] = [];

/** The choices that end with this chunk; nearly always none. */
export function finishReasons(chunk: ChatChunk): readonly ChoiceFinish[] {
  let found: ChoiceFinish[] | undefined;
  for (const { index, finish_reason: reason } of chunk.choices) {
    // Some leave it out, or empty, until the end.
    if (reason) (found ??= []).push({ index, reason });
  }
  return found ?? NOTHING_FINISHED;
}

/** Ends that explain an answer without content; for any other reason an empty one is a failure. */
export const EXPLAINS_EMPTINESS: ReadonlySet<unknown> = new Set([
  'length',
  'content_filter',
  'tool_calls',
  'function_call',
]);

/** The chunk behind the answer that only brings the usage. */
export function isUsageOnly(chunk: ChatChunk): boolean {
  return chunk.choices.length === 0 && isRecord(chunk.usage);
}

/** What the chunk adds to the text of the first choice; empty where it adds none. */
export function textOf(chunk: ChatChunk): string {
  let text = '';
  for (const { index, delta } of chunk.choices) if (index === 0) text += delta.content ?? '';
  return text;
}

/**
 * Whether the chunk holds what no other model could go on with: anything of another choice, and of the first what is
 * neither text nor a thought.
 */
export function hasMoreThanText(chunk: ChatChunk): boolean {
  for (const { index, delta } of chunk.choices) if (index !== 0 || addsMoreThanWords(delta)) return true;
  return false;
}

/** What a delta may have that OpenAI does not document. */
interface OtherContent {
  readonly audio?: unknown;
  readonly images?: unknown;
  /** OpenRouter's thoughts; DeepSeek's are `reasoning_content`. */
  readonly reasoning?: unknown;
  readonly reasoning_details?: unknown;
}

function addsContent(delta: ChatDelta & OtherContent): boolean {
  if (delta.content || delta.reasoning_content || delta.reasoning) return true;
  return isFilledList(delta.reasoning_details) || addsMoreThanWords(delta);
}

function addsMoreThanWords(delta: ChatDelta & OtherContent): boolean {
  return (
    isFilledList(delta.tool_calls) ||
    Boolean(delta.refusal) ||
    hasOneOf(delta.function_call, 'name', 'arguments') ||
    hasOneOf(delta.audio, 'transcript', 'data') ||
    isFilledList(delta.images)
  );
}

function hasOneOf(value: unknown, one: string, other: string): boolean {
  return isRecord(value) && (Boolean(value[one]) || Boolean(value[other]));
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
