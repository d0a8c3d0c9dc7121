/** What of a request an upstream may refuse although it can be done without, or said under another name. */

/**
 * Parameters of a request. Those that shape an answer without being part of its contract, those that say nothing about it, and the two
 * names of one limit; `n` only where it is 1. `thoughts` are what a model thought before earlier answers, as they come back in the messages
 * of an application.
 */
export const REFUSABLE_PARAMETERS = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'presence_penalty',
  'frequency_penalty',
  'reasoning_effort',
  'verbosity',
  'logit_bias',
  'parallel_tool_calls',
  'n',
  'service_tier',
  'user',
  'store',
  'metadata',
  'prompt_cache_key',
  'safety_identifier',
  'thoughts',
] as const;

export type RefusableParameter = (typeof REFUSABLE_PARAMETERS)[number];

/** All of it, in the order in which it is told; the first three are ours. */
export const REFUSABLE_FEATURES = ['stream', 'stream-options', 'prefill', ...REFUSABLE_PARAMETERS] as const;

export type RefusableFeature = (typeof REFUSABLE_FEATURES)[number];

/** One limit under two names: of services that know only one of them, some refuse the other, and some do not notice it. */
export const OTHER_LIMIT = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
} as const;

export type LimitName = keyof typeof OTHER_LIMIT;

export function isLimit(feature: RefusableFeature): feature is LimitName {
  return Object.hasOwn(OTHER_LIMIT, feature);
}

export function isParameter(feature: RefusableFeature): feature is RefusableParameter {
  return PARAMETERS.has(feature);
}

const PARAMETERS: ReadonlySet<RefusableFeature> = new Set<RefusableFeature>(REFUSABLE_PARAMETERS);
