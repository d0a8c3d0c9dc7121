import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import { refusedFeature } from '../../src/judgement/refused-feature.js';
import { refusedParameter } from '../../src/judgement/refused-parameter.js';
import { answer, openai } from './failures.js';

const REFUSALS: readonly (readonly [string, string])[] = [
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    'max_tokens',
  ],
  ['Unrecognized request argument supplied: max_completion_tokens', 'max_completion_tokens'],
  ["Unknown parameter: 'reasoning_effort'.", 'reasoning_effort'],
  ["Unsupported parameter: 'top_p' is not supported with this model.", 'top_p'],
  [
    "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
    'temperature',
  ],
  [
    "Unsupported value: 'presence_penalty' does not support 0.5 with this model. Only the default (0) value is supported.",
    'presence_penalty',
  ],
  ['`temperature` is deprecated for this model.', 'temperature'],
  ["property 'top_k' is unsupported, did you mean 'top_p'?", 'top_k'],
  ['body.max_completion_tokens: Extra inputs are not permitted', 'max_completion_tokens'],
  ['max_completion_tokens: Extra inputs are not permitted', 'max_completion_tokens'],
  ['json: unknown field "max_completion_tokens"', 'max_completion_tokens'],
  [
    "litellm.UnsupportedParamsError: bedrock does not support parameters: ['frequency_penalty'], for model=x",
    'frequency_penalty',
  ],
  [
    "litellm.UnsupportedParamsError: gpt-5 models (including gpt-5-codex) don't support temperature=0.2. Only temperature=1 is supported.",
    'temperature',
  ],
  ['Argument not supported on this model: reasoningEffort', 'reasoning_effort'],
  [
    "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
    'thoughts',
  ],
  [
    "messages.2.assistant.reasoning_content: property 'messages.2.assistant.reasoning_content' is unsupported",
    'thoughts',
  ],
  ['body.messages.5.assistant.reasoning_details: Extra inputs are not permitted', 'thoughts'],
  ["Unknown parameter: 'messages[1].reasoning_content'.", 'thoughts'],
  ["Additional properties are not allowed ('reasoning_content' was unexpected) - 'messages.1'", 'thoughts'],
  [
    "Additional properties are not allowed ('reasoning_content', 'reasoning_details' were unexpected) - 'messages.1'",
    'thoughts',
  ],
  ['body.user: Extra inputs are not permitted', 'user'],
  ['Unrecognized request argument supplied: safety_identifier', 'safety_identifier'],
  ["property 'store' is unsupported", 'store'],
  ["'metadata' is not supported", 'metadata'],
  ['parameter n is not supported', 'n'],
  ["Unknown parameter: 'prompt_cache_key'.", 'prompt_cache_key'],
  ["Unsupported parameter: 'parallel_tool_calls' is not supported with this model.", 'parallel_tool_calls'],
  ['unknown field `service_tier`, expected one of `model`, `messages`', 'service_tier'],
  ['logit_bias is not supported by this model', 'logit_bias'],
  ["Unsupported parameter: 'verbosity'", 'verbosity'],
  ["Unsupported parameter: 'top_p' is not supported for this model.", 'top_p'],
  ['temperature is not supported in this deployment.', 'temperature'],
  ['Model grok-4 does not support parameter presencePenalty.', 'presence_penalty'],
];

/** The caller's to hear, or about something else. */
const NO_REFUSALS = [
  "Invalid value for 'temperature': must be at most 2.",
  'temperature is not allowed to be greater than 1',
  "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  'max_tokens is too large: 99999. This model supports at most 16384 completion tokens, whereas you provided 99999.',
  "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low', 'medium', 'high'.",
  "Unsupported value: 'temperature' does not support 3 with this model. Supported values are: 0 to 2.",
  "Unsupported parameter: 'stop' is not supported with this model.",
  "Unsupported parameter: 'logprobs' is not supported with this model.",
  "Unknown parameter: 'temperature.value'.",
  "Unknown parameter: 'messages[0].temperature'.",
  "Unknown parameter: 'messages[1].name'.",
  "Unknown parameter: 'thoughts'.",
  'body.messages.5.assistant.refusal: Extra inputs are not permitted',
  // A value, or two things that do not go together.
  'temperature is not allowed outside the range 0 to 1',
  'temperature is not supported above 1',
  'temperature is not supported with value 3',
  'temperature is not supported with the value 3',
  'temperature is not permitted for values over 1',
  'top_p is not supported together with temperature',
  'top_p is not allowed if temperature is set',
  'top_p is not supported in combination with temperature',
  'reasoning_effort is not supported: xhigh',
  "'temperature' is not supported when 'reasoning_effort' is 'high'",
  "Unsupported parameter: 'temperature' is not supported when 'reasoning_effort' is 'high'.",
  "Unsupported parameter: 'temperature' is not supported with this model when 'reasoning_effort' is 'high'.",
  "Unsupported parameter: 'temperature' is not supported with this model unless reasoning is off.",
  "Unsupported parameter: 'top_p' with 'temperature'.",
  'gpt-5 models do not support parameter verbosity: loud',
  'The parameter top_p is not supported while thinking.',
  "The 'metadata' parameter is only allowed when 'store' is enabled.",
  // Not of a parameter.
  'User is not allowed in your region.',
  'The store is not supported.',
  'body.metadata.user: Extra inputs are not permitted',
  'You said: Unsupported parameter: temperature',
  'The temperature of the ocean is not supported by your data.',
];

const told = (message: string) => refusedFeature(classify(answer(400, openai(null, message))));

describe('A refused parameter', () => {
  it.each(REFUSALS)('%s', (message, parameter) => {
    expect(told(message)).toBe(parameter);
  });

  it.each(NO_REFUSALS)('is not: %s', (message) => {
    expect(told(message)).toBeUndefined();
  });

  it('is named by its first words only', () => {
    expect(refusedParameter(`${'x'.repeat(500)} Unsupported parameter: 'temperature'`)).toBeUndefined();
  });

  it.each([401, 404, 429, 500])('is none on a %i', (status) => {
    const failure = answer(
      status,
      openai(null, "Unsupported parameter: 'max_tokens' is not supported with this model."),
    );
    expect(refusedFeature(classify(failure))).toBeUndefined();
  });
});
