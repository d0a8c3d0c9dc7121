/** Requests in the words of `generateContent`, for tests. */
import { resolveOptions } from '../../../src/config/resolve-options.js';
import type { DeploymentSettings } from '../../../src/config/settings.js';
import { gemini } from '../../../src/provider/gemini/dialect.js';
import { checkRequest } from '../../../src/request/check-request.js';
import type { BodyShape, CheckedRequest } from '../../../src/request/checked-request.js';

/** Thinks within a budget, and is asked for more than one answer. */
export const FLASH_25 = 'gemini-2.5-flash';
/** Thinks by levels and signs its calls; takes a temperature and goes on from an answer. */
export const FLASH_35 = 'gemini-3.5-flash';
/** The newest: neither. */
export const FLASH_38 = 'gemini-3.8-flash';
export const PRO_31 = 'gemini-3.1-pro-preview';
export const FLASH_20 = 'gemini-2.0-flash';

export function deploymentOf(model: string = FLASH_35): DeploymentSettings {
  const settings = resolveOptions({
    upstreams: [
      {
        name: 'one',
        provider: 'openai',
        baseUrl: 'https://one.example/v1beta',
        keys: ['k-0123456789'],
        models: [model],
      },
    ],
  });
  const [first] = settings.deployments;
  if (first === undefined) throw new Error('there is a deployment');
  return first;
}

export interface WirePart {
  readonly text?: string;
  readonly thoughtSignature?: string;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
  readonly fileData?: object;
  readonly functionCall?: { readonly id: string; readonly name: string; readonly args: object };
  readonly functionResponse?: { readonly id: string; readonly name: string; readonly response: object };
}

export interface WireBody {
  readonly contents: readonly { readonly role: string; readonly parts: readonly WirePart[] }[];
  readonly systemInstruction?: { readonly parts: readonly WirePart[] };
  readonly generationConfig?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export function checked(request: object): CheckedRequest {
  return checkRequest(request, { defaults: {} });
}

/** The body that is sent; a request without messages is a greeting. */
export function bodyOf(request: object, model?: string, shape?: BodyShape): WireBody {
  const body: unknown = JSON.parse(gemini.encode(checked(withMessages(request)), deploymentOf(model), shape));
  return body as WireBody;
}

export function changesOf(request: object, model?: string): readonly string[] | undefined {
  return gemini.changes?.(checked(withMessages(request)), deploymentOf(model));
}

export function objectionTo(request: object, model?: string): string | undefined {
  return gemini.objection?.(checked(withMessages(request)), deploymentOf(model));
}

function withMessages(request: object): object {
  return { messages: [{ role: 'user', content: 'Hello' }], ...request };
}

/** Of the contents: `role: kind kind` for each, which tells the order of everything. */
export function outline({ contents }: WireBody): string[] {
  return contents.map(({ role, parts }) => `${role}: ${parts.map(kindOf).join(' ')}`);
}

function kindOf(part: WirePart): string {
  return Object.keys(part).find((name) => name !== 'thoughtSignature') ?? 'nothing';
}

export const text = (words: string): { type: string; text: string } => ({ type: 'text', text: words });
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

/** What goes out. */
export const asked = (...parts: WirePart[]): object => ({ role: 'user', parts });
export const said = (...parts: WirePart[]): object => ({ role: 'model', parts });
