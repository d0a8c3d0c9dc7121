/** The body of a request in OpenAI's form, with the fields that are for one provider alone. */
import { isRecord } from '../request/bad-request.js';
import type { Dialect } from './dialect.js';
import { optionsFor } from './conversation/provider-options.js';

/** Most requests have no such fields, and are joined from what was serialised once. */
export function encodeFor(provider: 'openai' | 'azure'): Dialect['encode'] {
  return (request, { modelId }, shape) => {
    const body = request.bodyFor(modelId, shape);
    if (!request.hasProviderOptions) return body;
    const own = Object.entries(optionsFor(provider, request.fields())).filter(([name]) => !OURS.has(name));
    if (own.length === 0) return body;
    const fields: unknown = JSON.parse(body);
    return JSON.stringify({ ...(isRecord(fields) ? fields : {}), ...Object.fromEntries(own) });
  };
}

/** What the attempt is, nobody else decides; the last is no field, but an attack on somebody's parser. */
const OURS: ReadonlySet<string> = new Set(['model', 'messages', 'n', 'stream', 'stream_options', '__proto__']);
