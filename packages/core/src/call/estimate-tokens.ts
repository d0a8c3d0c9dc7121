/** What a request will probably cost a deployment, in tokens, before it is sent. */
import type { Deployment } from '../pool/pool.js';
import type { CheckedRequest } from '../request/check-request.js';

/** English text; other scripts cost more, and the settlement corrects it. */
const CHARACTERS_PER_TOKEN = 4;

/** The prompt, and as much output as the request allows or the deployment tends to give, for each choice. */
export function estimateTokens(request: CheckedRequest, deployment: Deployment): number {
  const { maxOutputTokens } = request.within(deployment.settings.maxOutputTokens);
  const output = maxOutputTokens ?? deployment.outputSize.expected();
  return tokensIn(request.promptCharacters) + output * request.choices;
}

/** Tokens, rounded up, of a text with so many characters. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
