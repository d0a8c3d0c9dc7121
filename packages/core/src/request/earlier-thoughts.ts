/**
 * What models thought before earlier answers, in messages that an application sends back as it was given them. Some services need it, many
 * ignore it, and some refuse every field that they do not know.
 */
import { isRecord } from './bad-request.js';

const FIELDS = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

/** A field's name: inside a text its quotes are escaped. */
const NAMED = /"reasoning(?:_content|_details)?":/;

/** @param messages a JSON array */
export function holdsThoughts(messages: string): boolean {
  return NAMED.test(messages) && withoutThoughts(messages) !== messages;
}

/** The very same where there are none. */
export function withoutThoughts(messages: string): string {
  if (!NAMED.test(messages)) return messages;
  // What was serialised by us is well-formed, and has been checked.
  const all = JSON.parse(messages) as unknown[];
  let found = false;
  for (const message of all) {
    if (!isRecord(message) || message['role'] !== 'assistant') continue;
    for (const field of FIELDS)
      found = (Object.hasOwn(message, field) && Reflect.deleteProperty(message, field)) || found;
  }
  return found ? JSON.stringify(all) : messages;
}
