/**
 * Whether a deployment can serve a request at all, and what would have to be changed for it: found out before anything is
 * sent. What is not known of a model is assumed to be possible.
 */
import type { Capability, DeploymentSettings } from '../config/settings.js';
import type { Deployment } from '../pool/pool.js';
import type { Dialect } from '../provider/dialect.js';
import type { CheckedRequest } from '../request/check-request.js';
import { changesToFit, fitted, type Fitting } from './fitted-request.js';

/** What a call wants served. */
export interface Wanted {
  readonly checked: CheckedRequest;
  /** How many tokens its prompt is thought to have there, if they are more than `limit`. */
  promptAbove(limit: number, settings: DeploymentSettings): number | undefined;
  /** Nothing may be left out or said differently. */
  readonly strict: boolean;
}

/** Who might serve it. */
export interface Server {
  readonly settings: DeploymentSettings;
  readonly upstream: { readonly dialect: Dialect };
  readonly quirks: Fitting['quirks'];
}

/** Who knows what a call wants. */
export interface Suitability {
  /** Why the deployment cannot serve it at all; undefined where it can. */
  objectionTo(deployment: Deployment): Objection | undefined;
}

export interface Objection {
  /** Goes on from the name of the model: "cannot see images". */
  readonly reason: string;
  /** A model with a larger window could. */
  readonly tooLong: boolean;
}

const INABILITIES: Readonly<Record<Capability, string>> = {
  tools: 'cannot call tools',
  parallelTools: 'cannot call several tools at once',
  vision: 'cannot see images',
  audio: 'cannot hear audio',
  speech: 'cannot answer in audio',
  video: 'cannot see videos',
  files: 'cannot read files',
  jsonSchema: 'cannot hold its answer to a JSON schema',
  jsonMode: 'cannot hold its answer to JSON',
  n: 'cannot give several answers',
  stop: 'cannot stop at a sequence',
};

/** Undefined where it can. Nearly free for plain text. */
export function objectionTo(wanted: Wanted, deployment: Server): Objection | undefined {
  const { settings, upstream } = deployment;
  const request = fitted(wanted.checked, deployment, wanted.strict);
  const excess = excessOf(request, wanted, settings);
  if (excess !== undefined) return { reason: excess, tooLong: true };
  const reason =
    inability(request, settings) ??
    upstream.dialect.objection?.(request, settings) ??
    (wanted.strict ? unwantedChange(wanted.checked, deployment) : undefined);
  return reason === undefined ? undefined : { reason, tooLong: false };
}

/** What is left out of the request there, or said differently, each in words; empty for nearly all. */
export function changesFor(checked: CheckedRequest, server: Server, strict: boolean): readonly string[] {
  const toFit = changesToFit(checked, server, strict);
  const bySpeech = server.upstream.dialect.changes?.(fitted(checked, server, strict), server.settings);
  if (bySpeech === undefined || bySpeech.length === 0) return toFit;
  return toFit.length === 0 ? bySpeech : [...toFit, ...bySpeech];
}

function inability({ needs }: CheckedRequest, { capabilities }: DeploymentSettings): string | undefined {
  for (const need of needs) if (capabilities[need] === false) return INABILITIES[need];
  return undefined;
}

/**
 * Estimates are rough, so what is only a little too long is tried: an upstream says so itself, and the call moves on. Without a limit of
 * the request's own the prompt alone has to fit.
 */
function excessOf(
  { maxOutputTokens = 0 }: CheckedRequest,
  wanted: Wanted,
  settings: DeploymentSettings,
): string | undefined {
  const { contextWindow = Infinity, maxInputTokens = Infinity, tokenizer } = settings;
  const tooMany = wanted.promptAbove(tokenizer.margin * maxInputTokens, settings);
  if (tooMany !== undefined) {
    return `cannot take a prompt of about ${tooMany} tokens, because ${maxInputTokens} are its limit`;
  }
  const excess = wanted.promptAbove(tokenizer.margin * contextWindow - maxOutputTokens, settings);
  if (excess === undefined) return undefined;
  const answer = maxOutputTokens === 0 ? '' : ` and an answer of ${maxOutputTokens}`;
  return `cannot take a prompt of about ${excess} tokens${answer}, because its window is ${contextWindow}`;
}

function unwantedChange(checked: CheckedRequest, deployment: Server): string | undefined {
  const changes = changesFor(checked, deployment, true);
  return changes.length === 0 ? undefined : `cannot take the request as it is (${changes.join('; ')})`;
}
