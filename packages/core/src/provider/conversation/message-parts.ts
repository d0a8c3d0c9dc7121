/** The content of a message as a list of parts, whichever of OpenAI's forms it has. */
import { isRecord } from '../../request/bad-request.js';
import type { ChatMessageFields } from '../../request/chat-types.js';
import type { Part } from './conversation.js';

/** Refusals are text to other providers. Blank texts are left out: they say nothing, and are refused. */
export function partsOf(content: ChatMessageFields['content']): Part[] {
  if (typeof content === 'string') return isBlank(content) ? [] : [textPart(content)];
  if (!Array.isArray(content)) return [];
  const parts: Part[] = [];
  for (const given of content as readonly unknown[]) {
    if (!isRecord(given)) continue;
    const part = given['type'] === 'refusal' ? { type: 'text', text: given['refusal'] } : given;
    if (part['type'] === 'text' && (typeof part['text'] !== 'string' || isBlank(part['text']))) continue;
    parts.push(part);
  }
  return parts;
}

export function textPart(text: string): Part {
  return { type: 'text', text };
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}
