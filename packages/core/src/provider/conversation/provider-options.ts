/** Fields that only one provider knows: `providerOptions: {anthropic: {…}, gemini: {…}, openai: {…}, azure: {…}}` in a request. */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';

const NONE: Fields = {};

/** Those for this provider, which go into the body over what we would say; those for others are not sent. */
export function optionsFor(provider: 'openai' | 'azure' | 'anthropic' | 'gemini', request: OpenAIRequest): Fields {
  const { providerOptions: all } = request;
  if (!isRecord(all) || !Object.hasOwn(all, provider)) return NONE;
  const own = all[provider];
  return isRecord(own) ? own : NONE;
}
