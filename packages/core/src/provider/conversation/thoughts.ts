/**
 * What a model thought before an answer, as the application keeps it and sends it back, so that the same provider can go on from it.
 *
 * OpenAI's messages have no place for signed or encrypted thoughts. They travel in `reasoning_details`, a list in the form that OpenRouter
 * has made known (https://openrouter.ai/docs/use-cases/reasoning-tokens), which clients know and our streams put together:
 *
 * - `{type: 'reasoning.text', text, signature, format, index}`: a thought and the proof that the model had it;
 * - `{type: 'reasoning.encrypted', data, format, index, id?}`: one that only the provider can read; `id` is the tool call it belongs to.
 *
 * `format` names who can read it. `index` is the place of the thought among the pieces of its message, so that the order can be restored.
 * The words of a thought, for people, are in `reasoning_content` beside it.
 */
import { isRecord } from '../../request/bad-request.js';
import type { ChatMessageFields } from '../../request/chat-types.js';

export type ThoughtFormat = 'anthropic-claude-v1' | 'google-gemini-v1';

export interface SignedThought {
  readonly type: 'reasoning.text';
  /** May be empty: some models sign what they do not show. */
  readonly text: string;
  readonly signature: string;
  readonly format: string;
  readonly index: number;
}

export interface EncryptedThought {
  readonly type: 'reasoning.encrypted';
  readonly data: string;
  readonly format: string;
  readonly index: number;
  readonly id?: string;
}

export type Thought = SignedThought | EncryptedThought;

/** A message, or a delta, with thoughts in it. */
export interface WithThoughts {
  reasoning_details?: Thought[];
}

/** Those of a message that are whole, in the order of the list. What was cut, or is no thought, cannot be sent back. */
export function thoughtsOf(message: ChatMessageFields & { readonly reasoning_details?: unknown }): Thought[] {
  const { reasoning_details: details } = message;
  if (!Array.isArray(details)) return [];
  return details.map((entry, position) => readThought(entry, position)).filter((thought) => thought !== undefined);
}

function readThought(entry: unknown, position: number): Thought | undefined {
  if (!isRecord(entry)) return undefined;
  const { type, text, signature, data, format, index: said, id } = entry;
  if (typeof format !== 'string') return undefined;
  const index = typeof said === 'number' && Number.isInteger(said) && said >= 0 ? said : position;
  if (type === 'reasoning.text' && typeof signature === 'string' && signature !== '') {
    return { type, text: typeof text === 'string' ? text : '', signature, format, index };
  }
  if (type !== 'reasoning.encrypted' || typeof data !== 'string' || data === '') return undefined;
  return { type, data, format, index, ...(typeof id === 'string' ? { id } : {}) };
}
