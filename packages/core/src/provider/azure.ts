/**
 * OpenAI's models on Azure. With an `apiVersion` the older routes, one for each deployment; without, the newer ones under `/openai/v1`,
 * which name the deployment in the body: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
import type { Dialect } from './dialect.js';
import { encodeFor } from './openai-body.js';
import { openai } from './openai.js';

export const azure: Dialect = {
  ...openai,

  url({ baseUrl, apiVersion }, { modelId }) {
    // People copy either the resource or what stands in the portal's examples.
    const resource = baseUrl.replace(/\/openai(\/v1)?$/, '');
    if (apiVersion === undefined) return `${resource}/openai/v1/chat/completions`;
    const deployment = encodeURIComponent(modelId);
    return `${resource}/openai/deployments/${deployment}/chat/completions?api-version=${encodeURIComponent(apiVersion)}`;
  },

  headers(upstream, secret) {
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
    if (secret !== undefined) headers['api-key'] = secret;
    return Object.assign(headers, upstream.headers);
  },

  encode: encodeFor('azure'),
};
