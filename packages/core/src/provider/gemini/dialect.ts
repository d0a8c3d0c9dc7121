/** Google's Gemini API, and what others offer behind the same form: https://ai.google.dev/api/generate-content */
import type { Dialect } from '../dialect.js';
import { namesOfModels } from '../model-list.js';
import { decodeResponse } from './decode.js';
import { createResponseStreamDecoder } from './stream.js';
import { translationOf } from './translation.js';

export const gemini: Dialect = {
  url({ baseUrl }, { modelId }, streamed) {
    const method = streamed ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return `${baseUrl}/${pathOf(modelId)}:${method}`;
  },

  // https://ai.google.dev/api/models
  modelsUrl: (upstream) => `${upstream.baseUrl}/models?pageSize=1000`,

  listedModels: namesOfModels,

  headers(upstream, secret) {
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
    if (secret !== undefined) headers['x-goog-api-key'] = secret;
    return Object.assign(headers, upstream.headers);
  },

  encode: (request, deployment, shape) => JSON.stringify(translationOf(request, deployment, shape?.continuation).body),

  objection: (request, deployment) => translationOf(request, deployment).remarks.objection,

  changes: (request, deployment) => translationOf(request, deployment).remarks.changes,

  decode: (headers, body, mayBeEmpty = false) => decodeResponse(headers, body, mayBeEmpty),

  decodeStream: (headers) => createResponseStreamDecoder(headers),
};

/** Google's lists of models name them with their collection, such as `models/gemini-2.5-flash` and `tunedModels/shop`. */
function pathOf(modelId: string): string {
  const name = /^(?:models|tunedModels)\//.test(modelId) ? modelId : `models/${modelId}`;
  return name.split('/').map(encodeURIComponent).join('/');
}
