/** Which fields of a request nobody has put into a provider's words. */
import { isUnset } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import { fieldName } from '../../request/plain-json.js';
import type { Remarks } from './remarks.js';

/** They say nothing about the answer: who asks, book-keeping and caches of OpenAI's, and what has been read already. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'messages',
  'providerOptions',
  'store',
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'user',
]);

/** Remarks on each field that is set and not `known`. */
export function remarkLeftOut(request: OpenAIRequest, known: ReadonlySet<string>, remarks: Remarks): void {
  for (const name of Object.keys(request)) {
    const value = request[name];
    if (isUnset(value) || known.has(name) || WITHOUT_EFFECT.has(name)) continue;
    // A seed of 0 is one like any other.
    if (name !== 'seed' && asksNothing(value)) continue;
    remarks.change(`${fieldName(name) ?? 'a field of an unknown name'} is left out`);
  }
}

/** What is the default of every field that has one: 0, false, nothing. An empty object may switch something on. */
function asksNothing(value: unknown): boolean {
  return value === false || value === 0 || value === '' || (Array.isArray(value) && value.length === 0);
}
