/** Requests in the words of the Messages API, for tests. */
import { resolveOptions } from '../../../src/config/resolve-options.js';
import type { DeploymentSettings } from '../../../src/config/settings.js';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import { checkRequest } from '../../../src/request/check-request.js';
import type { BodyShape, CheckedRequest } from '../../../src/request/checked-request.js';

/** Thinks within a budget, and takes a temperature or a `top_p`. */
export const SONNET_45 = 'claude-sonnet-4-5-20250929';

const known = new Map<string, DeploymentSettings>();

export function deploymentOf(model: string = SONNET_45): DeploymentSettings {
  const deployment = known.get(model) ?? resolve(model);
  known.set(model, deployment);
  return deployment;
}

function resolve(model: string): DeploymentSettings {
  const settings = resolveOptions({
    upstreams: [
      { name: 'one', provider: 'openai', baseUrl: 'https://one.example/v1', keys: ['k-0123456789'], models: [model] },
    ],
  });
  const [first] = settings.deployments;
  if (first === undefined) throw new Error('there is a deployment');
  return first;
}

export interface WireBlock {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface WireBody {
  readonly messages: readonly { readonly role: string; readonly content: readonly WireBlock[] }[];
  readonly system?: readonly WireBlock[];
  readonly [field: string]: unknown;
}

export function checked(request: object): CheckedRequest {
  return checkRequest(request, { defaults: {} });
}

/** The body that is sent; a request without messages is a greeting. */
export function bodyOf(request: object, model?: string, shape?: BodyShape): WireBody {
  const body: unknown = JSON.parse(anthropic.encode(checked(withMessages(request)), deploymentOf(model), shape));
  return body as WireBody;
}

export function changesOf(request: object, model?: string): readonly string[] | undefined {
  return anthropic.changes?.(checked(withMessages(request)), deploymentOf(model));
}

export function objectionTo(request: object, model?: string): string | undefined {
  return anthropic.objection?.(checked(withMessages(request)), deploymentOf(model));
}

function withMessages(request: object): object {
  return { messages: [{ role: 'user', content: 'Hello' }], ...request };
}

/** Of the messages: `role: type type` for each, which tells the order of everything. */
export function outline({ messages }: WireBody): string[] {
  return messages.map(({ role, content }) => `${role}: ${content.map(({ type }) => type).join(' ')}`);
}

export const text = (words: string): WireBlock => ({ type: 'text', text: words });
export const user = (content: unknown): object => ({ role: 'user', content });
export const assistant = (content: unknown, more: object = {}): object => ({ role: 'assistant', content, ...more });
export const result = (id: string, content: unknown): object => ({ role: 'tool', tool_call_id: id, content });
export const call = (id: string, name = 'weather', given = '{}'): object => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});
export const tool = (name: string, parameters?: object): object => ({
  type: 'function',
  function: { name, ...(parameters === undefined ? {} : { parameters }) },
});
