/** The ids of tool calls, in the form that Anthropic takes: letters, digits, `_` and `-`, each once in a conversation. */
import type { Conversation, ToolCall } from '../conversation/conversation.js';
import { callsOf } from '../conversation/read-conversation.js';
import { UniqueIds } from '../conversation/unique-ids.js';

const UNFIT = /[^a-zA-Z0-9_-]/g;
/** Of calls in the older form, and of services that give none. */
const NAMELESS = 'call';

/**
 * An id that fits stays as it is. The others depend only on what stands before them, so that the beginning of a conversation is encoded
 * alike as it grows, and a prompt cache still knows it.
 */
export function toolIdsOf({ turns }: Conversation): ReadonlyMap<ToolCall, string> {
  const ids = new Map<ToolCall, string>();
  const unique = new UniqueIds();
  for (const call of turns.flatMap(callsOf)) ids.set(call, unique.idFor(call.id.replaceAll(UNFIT, '_') || NAMELESS));
  return ids;
}
