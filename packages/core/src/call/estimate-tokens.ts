/** What a request will probably cost a deployment, in tokens, before it is sent. */
import type { Deployment } from '../pool/pool.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { TokenCounter } from '../tokens/token-counter.js';

/** The prompt, and as much output as the request allows or the deployment tends to give, for each choice. */
export function estimateTokens(request: CheckedRequest, deployment: Deployment, counter: TokenCounter): number {
  const { settings } = deployment;
  const output = estimateOutput(request, deployment);
  // Above the limit of a minute it would never be sent.
  const room = (settings.limits.tokensPerMinute ?? Infinity) - output;
  return counter.count(request.prompt, settings, room) + output;
}

/** Of all choices. */
export function estimateOutput(request: CheckedRequest, deployment: Deployment): number {
  const { maxOutputTokens } = request.within(deployment.settings.maxOutputTokens);
  return (maxOutputTokens ?? deployment.outputSize.expected()) * request.choices;
}
