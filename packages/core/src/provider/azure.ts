/**
 * OpenAI's models on Azure. With an `apiVersion` the older routes, one for each deployment; without, the newer ones under `/openai/v1`,
 * which name the deployment in the body: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
import type { UpstreamSettings } from '../config/settings.js';
import type { Dialect } from './dialect.js';
import { encodeFor } from './openai-body.js';
import { openai } from './openai.js';

// It lists what could be deployed in the region, not what is.
const { listedModels: _, ...openaiWithoutList } = openai;

export const azure: Dialect = {
  ...openaiWithoutList,

  modelsUrl(upstream) {
    const { apiVersion } = upstream;
    if (apiVersion === undefined) return `${resourceOf(upstream)}/openai/v1/models`;
    return `${resourceOf(upstream)}/openai/models?api-version=${encodeURIComponent(apiVersion)}`;
  },

  url(upstream, { modelId }) {
    const resource = resourceOf(upstream);
    const { apiVersion } = upstream;
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

/** People copy either the resource or what stands in the portal's examples. */
function resourceOf({ baseUrl }: UpstreamSettings): string {
  return baseUrl.replace(/\/openai(\/v1)?$/, '');
}
