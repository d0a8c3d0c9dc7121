/** The ids of tool calls, each once, so that every result finds its call. */
import { randomUUID } from 'node:crypto';
import type { Conversation, ToolCall } from '../conversation/conversation.js';
import { callsOf } from '../conversation/read-conversation.js';
import { UniqueIds } from '../conversation/unique-ids.js';

/** Of calls in the older form, and of services that give none. */
const NAMELESS = 'call';

/**
 * Of a conversation, as the application has them; what is repeated or missing is told apart by a number. Each depends only on what
 * stands before it, so that the beginning of a conversation is encoded alike as it grows.
 */
export function callIdsOf({ turns }: Conversation): ReadonlyMap<ToolCall, string> {
  const ids = new Map<ToolCall, string>();
  const unique = new UniqueIds();
  for (const call of turns.flatMap(callsOf)) ids.set(call, unique.idFor(call.id || NAMELESS));
  return ids;
}

/** Fits into an id of 40 characters, which is all that OpenAI takes back. */
const FIT = /^[\w-]{1,28}$/;

/** Of one reply. Older models give their calls no ids, and clients cannot do without. */
export class ReplyCallIds {
  readonly #taken = new Set<string>();
  #base: string | undefined;
  #made = 0;

  /** @param given what the reply calls it, if it does */
  idFor(given: string, responseId: string): string {
    let id = given;
    while (id === '' || this.#taken.has(id)) id = this.#make(responseId);
    this.#taken.add(id);
    return id;
  }

  #make(responseId: string): string {
    this.#base ??= FIT.test(responseId) ? responseId : randomUUID().replaceAll('-', '').slice(0, 24);
    const id = `call_${this.#base}_${this.#made}`;
    this.#made += 1;
    return id;
  }
}
