/**
 * Ids of tool calls that OpenAI takes back: of at most 40 characters. Other services write longer ones (vLLM `chatcmpl-tool-` and 32 digits),
 * and a conversation that began there could not go on at OpenAI.
 */
import { createHash } from 'node:crypto';
import { isRecord } from './bad-request.js';

const LONGEST = 40;

export function isLongCallId(id: string): boolean {
  return id.length > LONGEST;
}

/** Calls and results alike; the same id becomes the same one each time, so that a prompt cache knows the conversation. @param messages a JSON array */
export function withShortCallIds(messages: string): string {
  // What was serialised by us is well-formed, and has been checked.
  const all = JSON.parse(messages) as unknown[];
  for (const message of all) {
    if (!isRecord(message)) continue;
    shorten(message, 'tool_call_id');
    const { tool_calls: calls } = message;
    if (Array.isArray(calls)) for (const call of calls as readonly unknown[]) if (isRecord(call)) shorten(call, 'id');
  }
  return JSON.stringify(all);
}

function shorten(record: object, field: string): void {
  const id: unknown = Reflect.get(record, field);
  if (typeof id !== 'string' || !isLongCallId(id)) return;
  Reflect.set(record, field, `call_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`);
}
