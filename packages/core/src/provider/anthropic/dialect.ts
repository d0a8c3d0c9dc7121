/** Anthropic's Messages API, and what others offer behind the same form: https://platform.claude.com/docs/en/api/messages */
import type { Dialect } from '../dialect.js';
import { idsOfData } from '../model-list.js';
import { decodeMessage } from './decode.js';
import { createMessageStreamDecoder } from './stream.js';
import { translationOf } from './translation.js';

/** The version of the API, which is dated once and for all; what is new comes in fields or by `anthropic-beta`. */
const VERSION = '2023-06-01';

export const anthropic: Dialect = {
  url: (upstream) => `${upstream.baseUrl}/messages`,

  // https://platform.claude.com/docs/en/api/models-list
  modelsUrl: (upstream) => `${upstream.baseUrl}/models?limit=1000`,

  listedModels: idsOfData,

  headers(upstream, secret) {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json',
      'anthropic-version': VERSION,
    };
    if (secret !== undefined) headers['x-api-key'] = secret;
    return Object.assign(headers, upstream.headers);
  },

  encode(request, deployment, shape) {
    const { body } = translationOf(request, deployment, shape?.continuation);
    return JSON.stringify(shape?.stream?.stream === true ? { ...body, stream: true } : body);
  },

  objection: (request, deployment) => translationOf(request, deployment).remarks.objection,

  changes: (request, deployment) => translationOf(request, deployment).remarks.changes,

  decode: (headers, body) => decodeMessage(headers, body),

  decodeStream: (headers) => createMessageStreamDecoder(headers),
};
