/** Deployments as the plan sees them, and what is wanted of them. */
import { resolveOptions } from '../../src/config/resolve-options.js';
import type { Server, Wanted } from '../../src/plan/objection.js';
import { Quirks } from '../../src/pool/quirks.js';
import { dialectFor } from '../../src/provider/dialects.js';
import { checkRequest } from '../../src/request/check-request.js';

/** A model of this name with these options. */
export function server(model: string, options: object = {}, provider = 'openai'): Server {
  const upstream = { name: 'north', provider, keys: ['sk-north-0123456789'], models: { [model]: options } };
  const [settings] = resolveOptions({ upstreams: [upstream] }).deployments;
  if (settings === undefined) throw new Error('there is a deployment');
  const quirks = new Quirks(settings.refuses);
  return { settings, upstream: { dialect: dialectFor(settings.upstream.provider) }, quirks };
}

/** A greeting with these fields added or replaced, thought to have so many tokens. */
export function wanted(fields: object = {}, { promptTokens = 2, strict = false } = {}): Wanted {
  const request = { messages: [{ role: 'user', content: 'Hello' }], ...fields };
  const promptAbove = (limit: number): number | undefined => (promptTokens > limit ? promptTokens : undefined);
  return { checked: checkRequest(request, { defaults: {} }), strict, promptAbove };
}

/** A message of the user's with such a part. */
export function withPart(part: object): object {
  return { messages: [{ role: 'user', content: [{ type: 'text', text: 'Look' }, part] }] };
}

export const IMAGE = { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } };
export const TOOL = { type: 'function', function: { name: 'find', parameters: { type: 'object' } } };
