/** The body of a request in OpenAI's form, with the fields that are for one provider alone. */
import { isRecord } from '../request/bad-request.js';
import type { Dialect } from './dialect.js';
import { optionsFor } from './conversation/provider-options.js';

/** Most requests have no such fields, and are joined from what was serialised once. */
export function encodeFor(provider: 'openai' | 'azure'): Dialect['encode'] {
  return (asked, { modelId }, shape) => {
    const request = asked.withShortCallIds();
    const body = request.bodyFor(modelId, shape);
    if (!request.hasProviderOptions) return body;
    const own = optionsFor(provider, request.fields());
    if (Object.keys(own).length === 0) return body;
    const fields: unknown = JSON.parse(body);
    return JSON.stringify({ ...(isRecord(fields) ? fields : {}), ...own });
  };
}
