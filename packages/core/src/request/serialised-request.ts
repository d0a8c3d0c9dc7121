/** The serialised parts of a body, joined for each attempt: however large a prompt is, it is serialised once. */
import { holdsThoughts, withoutThoughts } from './earlier-thoughts.js';
import { type LimitName, OTHER_LIMIT, type RefusableParameter } from './refusable.js';

/** Apart from the model and the stream's fields. */
export interface SerialisedRequest {
  /** A JSON array with at least one entry. */
  readonly messages: string;
  /** `max_tokens`, if it is a number. */
  readonly maxTokens: number | undefined;
  /** `max_completion_tokens`, if it is a number. */
  readonly maxCompletionTokens: number | undefined;
  /** What some models refuse, so that it can be left out. */
  readonly refusable: readonly RefusableField[];
  /** All other fields but `providerOptions`, each with a comma in front. */
  readonly others: string;
  /** A JSON object by provider. */
  readonly providerOptions: string | undefined;
}

export interface RefusableField {
  readonly name: Exclude<RefusableParameter, LimitName | 'thoughts'>;
  /** Its value. */
  readonly json: string;
}

/** All of it, with the closing brace. A careless caller gives both limits, so both shrink. */
export function joined(parts: SerialisedRequest, messages: string, spentTokens: number): string {
  const { maxTokens, maxCompletionTokens, refusable, others } = parts;
  let text = `"messages":${messages}`;
  if (maxTokens !== undefined) text += `,"max_tokens":${Math.max(1, maxTokens - spentTokens)}`;
  if (maxCompletionTokens !== undefined) {
    text += `,"max_completion_tokens":${Math.max(1, maxCompletionTokens - spentTokens)}`;
  }
  for (const { name, json } of refusable) text += `,"${name}":${json}`;
  return `${text}${others}}`;
}

export function says(parts: SerialisedRequest, parameter: RefusableParameter): boolean {
  if (parameter === 'max_tokens') return parts.maxTokens !== undefined;
  if (parameter === 'max_completion_tokens') return parts.maxCompletionTokens !== undefined;
  if (parameter === 'thoughts') return holdsThoughts(parts.messages);
  return parts.refusable.some(({ name }) => name === parameter);
}

/**
 * Without what is refused; a limit is said under its other name. Where both names are refused it stays as it is: an answer without a
 * limit is not what was asked for. The very same where nothing changes.
 */
export function withoutRefused(parts: SerialisedRequest, refused: readonly RefusableParameter[]): SerialisedRequest {
  const from = refusedLimit(parts, refused);
  const refusable = parts.refusable.filter(({ name }) => !refused.includes(name));
  const messages = refused.includes('thoughts') ? withoutThoughts(parts.messages) : parts.messages;
  const isSame = from === undefined && refusable.length === parts.refusable.length && messages === parts.messages;
  return isSame ? parts : { ...parts, messages, refusable, ...limitsWithout(parts, from) };
}

function limitsWithout(
  { maxTokens, maxCompletionTokens }: SerialisedRequest,
  refused: LimitName | undefined,
): Pick<SerialisedRequest, 'maxTokens' | 'maxCompletionTokens'> {
  if (refused === undefined) return { maxTokens, maxCompletionTokens };
  return refused === 'max_tokens'
    ? { maxTokens: undefined, maxCompletionTokens: maxCompletionTokens ?? maxTokens }
    : { maxTokens: maxTokens ?? maxCompletionTokens, maxCompletionTokens: undefined };
}

function refusedLimit(parts: SerialisedRequest, refused: readonly RefusableParameter[]): LimitName | undefined {
  const limits: readonly LimitName[] = ['max_tokens', 'max_completion_tokens'];
  return limits.find((name) => refused.includes(name) && !refused.includes(OTHER_LIMIT[name]) && says(parts, name));
}

/** What an answer is the poorer for: a value that is the default anyway is missed by nobody, nor is what says nothing about the answer. */
export function missedWithout(
  parts: SerialisedRequest,
  refused: readonly RefusableParameter[],
): readonly RefusableParameter[] {
  const missed: RefusableParameter[] = [];
  for (const { name, json } of parts.refusable) {
    if (refused.includes(name) && !WITHOUT_EFFECT.has(name) && DEFAULTS.get(name) !== json) missed.push(name);
  }
  if (refused.includes('thoughts') && holdsThoughts(parts.messages)) missed.push('thoughts');
  return missed;
}

/** https://platform.openai.com/docs/api-reference/chat/create */
const DEFAULTS: ReadonlyMap<RefusableParameter, string> = new Map([
  ['temperature', '1'],
  ['top_p', '1'],
  ['presence_penalty', '0'],
  ['frequency_penalty', '0'],
  ['verbosity', '"medium"'],
  ['logit_bias', '{}'],
  ['parallel_tool_calls', 'true'],
  ['n', '1'],
  ['service_tier', '"auto"'],
]);

const WITHOUT_EFFECT: ReadonlySet<RefusableParameter> = new Set<RefusableParameter>([
  'user',
  'store',
  'metadata',
  'prompt_cache_key',
  'safety_identifier',
]);
