import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import { refusedFeature } from '../../src/judgement/refused-feature.js';
import { answer, inside200, openai } from './failures.js';

/** What a refusal with OpenAI's error object is taken for. */
function refused(message: string, code: string | null = null): string | undefined {
  return refusedFeature(classify(answer(400, openai(code, message))));
}

const EXTRA = { type: 'extra_forbidden', msg: 'Extra inputs are not permitted', input: { include_usage: true } };

const OF_VLLM =
  "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted', 'input': {}}]";
const OF_AZURE = "Unknown parameter: 'stream_options'.";

const OPTIONS_REFUSED = [
  OF_AZURE,
  "Unknown parameter: 'stream_options'. (request id: 20240806214436917505976hvsFC5y2)",
  "Unknown parameter: 'stream_options.include_usage'.",
  'Unrecognized request argument supplied: stream_options',
  "Unsupported parameter: 'stream_options' is not supported with this model.",
  'Unsupported parameter(s): `stream_options`',
  "property 'stream_options' is unsupported, did you mean 'stream'?",
  'stream_options is not supported',
  'stream_options.include_usage is not supported',
  'Parameter stream_options is not supported by this endpoint',
  'stream_options: Extra inputs are not permitted',
  'Validation error at #/stream_options: Extra inputs are not permitted',
  OF_VLLM,
  "1 validation error:\n  {'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}",
  `litellm.UnprocessableEntityError: MistralException - ${JSON.stringify({
    object: 'error',
    message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options', 'include_usage'] }] },
  })}`,
  'Bad request: json: unknown field "stream_options"',
  'Failed to deserialize the JSON body into the target type: unknown field `stream_options`, expected one of `model`',
  "litellm.UnsupportedParamsError: bedrock does not support parameters: ['stream_options'], for model=x",
  "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  "litellm.BadRequestError: AzureException BadRequestError - The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  'Stream options can only be defined when `stream=True`.',
];

const STREAM_REFUSED = [
  "Unsupported value: 'stream' does not support true with this model. Only the default (false) value is supported.",
  "Unsupported value: 'stream' does not support true with this model. Supported values are: false.",
  `litellm.BadRequestError: OpenAIException - Error code: 400 - {'error': {'message': "Unsupported value: 'stream' does not support true with this model. Only the default (false) value is supported."`,
  'Your organization must be verified to stream this model. Please go to: https://platform.openai.com/settings/organization/general and click on Verify Organization.',
  'openai error: Your organization must be verified to stream this model. Please go to: https://platform.openai.com',
  "Unknown parameter: 'stream'.",
  'Unrecognized request argument supplied: stream',
  "Unsupported parameter: 'stream' is not supported with this model.",
  'Error in `stream`: `stream` is not supported for this model',
  'Streaming is not supported for this model.',
  'Streaming is not supported for this endpoint',
  "Streaming completion is not support yet, please remove 'stream' key value in the request payload.",
  'Streaming requests are not yet allowed.',
  'This model does not support streaming.',
  "The model `vendor/large-2026` doesn't support streaming",
  'selected model does not support streaming',
  'The model is unsupported for streaming.',
  '当前模型不支持流式输出。',
  '暂不支持流式输出（stream=true）',
];

describe('A refusal of `stream_options`', () => {
  it.each(OPTIONS_REFUSED)('is known by the words: %s', (message) => {
    expect(refused(message)).toBe('stream-options');
  });

  it.each([
    ['FastAPI', answer(422, { detail: [{ ...EXTRA, loc: ['body', 'stream_options'] }] })],
    [
      'FastAPI, of its field',
      answer(422, { detail: [{ ...EXTRA, loc: ['body', 'stream_options', 'include_usage'] }] }),
    ],
    [
      'Databricks',
      answer(400, { error_code: 'BAD_REQUEST', message: 'Bad request: json: unknown field "stream_options"' }),
    ],
    ['vLLM', answer(400, { object: 'error', message: OF_VLLM, type: 'BadRequestError', code: 400 })],
    ['an error inside a 200', inside200({ error: { message: OF_AZURE, type: 'invalid_request_error' } })],
  ])('is known in the body that %s sends', (_, failure) => {
    expect(refusedFeature(classify(failure))).toBe('stream-options');
  });
});

describe('A refusal of streaming', () => {
  it.each(STREAM_REFUSED)('is known by the words: %s', (message) => {
    expect(refused(message)).toBe('stream');
  });

  it('is known by its code', () => {
    expect(refused('Set stream to false.', 'streaming_not_supported')).toBe('stream');
    expect(refused('', 'stream_not_supported')).toBe('stream');
  });
});

describe('No refusal of a feature', () => {
  it.each([
    'The model produced no stream.',
    "Invalid value: 'stream_options.include_usage' must be a boolean.",
    "Unknown parameter: 'stream_options.include_obfuscation'.",
    "Unknown parameter: 'streams'.",
    "Unknown parameter: 'upstream'.",
    "Unknown parameter: 'seed'.",
    "Unsupported value: 'temperature' does not support 0 with this model.",
    'This model only support stream mode, please enable the stream parameter to access the model.',
    'body.messages: Field required',
    "[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required', 'input': {'stream_options': {}}}]",
  ])('is: %s', (message) => {
    expect(refused(message)).toBeUndefined();
  });

  it.each([
    'Streaming is not supported with tools.',
    'Streaming is not supported when tools are given.',
    'Streaming is not supported for this model when tools are given.',
    'Streaming is not supported together with response_format.',
    'This model does not support streaming with tools.',
    "This model doesn't support streaming tool calls.",
    "Unsupported parameter: 'stream' with 'n' above 1.",
    '当前模型不支持流式工具调用',
  ])('is one of streaming together with something else: %s', (message) => {
    expect(refused(message)).toBeUndefined();
  });

  it.each([401, 403, 404, 429, 500, 503])('is a failure that is no fault of the request: %i', (status) => {
    const failure = answer(status, { error: { message: OF_AZURE } });
    expect(refusedFeature(classify(failure))).toBeUndefined();
  });

  it('is a prompt that was too long', () => {
    const message = 'Streaming is not supported for this model.';
    expect(refused(message, 'context_length_exceeded')).toBeUndefined();
  });

  it('is what a hook has put into another class', () => {
    const failure = answer(400, openai(null, OF_AZURE));
    expect(refusedFeature(classify(failure, () => 'server'))).toBeUndefined();
  });

  it('is a message that quotes such words from a prompt', () => {
    const lead = fc.constantFrom(
      'Invalid prompt: ',
      "Invalid value for 'messages[0].content': \"",
      'Your input was flagged: «',
      'body.messages.0.content: ',
      "[{'type': 'string_type', 'loc': ('body', 'messages', 0, 'content'), 'input': \"",
      'Bad: ',
      'ValidationError: ',
      'litellm.BadRequestError: OpenAIException - Invalid prompt: ',
      'Prompt not allowed. ',
    );
    const words = fc.constantFrom(...OPTIONS_REFUSED, ...STREAM_REFUSED);
    const property = fc.property(lead, fc.string(), words, fc.string(), (before, prompt, refusal, after) => {
      expect(refused(`${before}${prompt}${refusal}${after}`)).toBeUndefined();
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('is found quickly in a long message', () => {
    const long = [
      'stream '.repeat(300),
      'litellm.'.repeat(250),
      `${'a'.repeat(1_990)} does not support`,
      "{'error'".repeat(250),
    ];
    for (const message of long) expect(refused(message)).toBeUndefined();
  });
});
