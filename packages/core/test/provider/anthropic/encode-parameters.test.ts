/** Everything of a request beside its conversation and its tools. */
import { describe, expect, it } from 'vitest';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import { assistant, bodyOf, changesOf, checked, deploymentOf, objectionTo, text, user } from './translate.js';

const OPUS_47 = 'claude-opus-4-7';
const FABLE = 'claude-fable-5';
const HAIKU_35 = 'claude-3-5-haiku-20241022';
const MINIMAX = 'MiniMax-M2';

describe('an ordinary request', () => {
  it('says what the API demands and nothing else', () => {
    expect(bodyOf({ messages: [user('Hello')] })).toEqual({
      model: 'claude-sonnet-4-5-20250929',
      max_tokens: 4096,
      messages: [user([text('Hello')])],
    });
    expect(changesOf({})).toEqual([]);
    expect(objectionTo({})).toBeUndefined();
  });

  it('asks for a stream where the attempt wants one', () => {
    expect(bodyOf({}, undefined, { stream: { stream: true, stream_options: { include_usage: true } } })).toHaveProperty(
      'stream',
      true,
    );
    expect(bodyOf({ stream: true })).not.toHaveProperty('stream');
  });

  it('goes to the messages of the base URL, with the key and the version of the API', () => {
    const { upstream } = deploymentOf();
    expect(anthropic.url(upstream, deploymentOf(), true)).toBe('https://one.example/v1/messages');
    expect(anthropic.headers(upstream, 'sk-ant-1')).toEqual({
      'content-type': 'application/json',
      accept: 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': 'sk-ant-1',
    });
    expect(anthropic.headers(upstream, undefined)).not.toHaveProperty('x-api-key');
  });

  it('has the headers of the upstream over its own', () => {
    const headers = { 'anthropic-version': '2024-01-01', 'anthropic-beta': 'context-1m-2025-08-07' };
    expect(anthropic.headers({ ...deploymentOf().upstream, headers }, undefined)).toMatchObject(headers);
  });

  it('is the same for every attempt, but for what differs between models', () => {
    const request = checked({ messages: [user('Hello')], seed: 1 });
    const deployment = deploymentOf();
    const first = anthropic.encode(request, deployment);
    expect(anthropic.encode(request, deployment)).toBe(first);
    expect(anthropic.encode(request, deploymentOf(OPUS_47))).toBe(first.replace('claude-sonnet-4-5-20250929', OPUS_47));
  });

  it('goes on from an answer that was cut, with the tokens that are left', () => {
    const continuation = { messages: [{ role: 'assistant', content: 'Once upon' }], spentTokens: 40 };
    const body = bodyOf({ messages: [user('A tale')], max_tokens: 100 }, undefined, { continuation });
    expect(body).toMatchObject({ max_tokens: 60, messages: [user([text('A tale')]), assistant([text('Once upon')])] });
  });
});

describe('max_tokens', () => {
  it.each([
    [{ max_tokens: 7 }, 7],
    [{ max_completion_tokens: 8 }, 8],
    [{ max_tokens: 7, max_completion_tokens: 8 }, 8],
    [{ max_tokens: null }, 4096],
  ])('is for %j %i', (request, expected) => {
    expect(bodyOf(request)['max_tokens']).toBe(expected);
  });

  it('leaves room to think for models that think unasked', () => {
    expect(bodyOf({}, FABLE)['max_tokens']).toBe(4096 + 8192);
  });
});

describe('sampling', () => {
  it.each<[object, string | undefined, object, string[]]>([
    [{ temperature: 0.3 }, undefined, { temperature: 0.3 }, []],
    [{ temperature: 0 }, undefined, { temperature: 0 }, []],
    [{ temperature: 1.6 }, undefined, { temperature: 1 }, ['temperature 1.6 becomes 1']],
    [{ top_p: 0.5 }, undefined, { top_p: 0.5 }, []],
    [{ temperature: 0.3, top_p: 0.5 }, undefined, { temperature: 0.3 }, ['top_p is left out']],
    [{ temperature: 0.3, top_p: 1 }, undefined, { temperature: 0.3 }, []],
    [{ temperature: 0.3, top_p: 0.5, top_k: 9 }, MINIMAX, { temperature: 0.3, top_p: 0.5, top_k: 9 }, []],
    [{ temperature: 0.3, top_p: 0.5 }, OPUS_47, {}, ['temperature is left out', 'top_p is left out']],
    [{ temperature: 1, top_p: 1 }, OPUS_47, {}, []],
    [{ top_k: 9 }, OPUS_47, {}, ['top_k is left out']],
  ])('%j of %s is %j', (request, model, sampling, changes) => {
    const { temperature, top_p, top_k } = bodyOf(request, model);
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(sampling);
    expect(changesOf(request, model)).toEqual(changes);
  });

  it('is left to the model while it thinks, but for a high top_p', () => {
    const request = { reasoning_effort: 'low', max_tokens: 5000, temperature: 0.3, top_p: 0.97 };
    const body = bodyOf(request);
    expect(body).not.toHaveProperty('temperature');
    expect(body['top_p']).toBe(0.97);
    expect(changesOf(request)).toEqual(['temperature is left out']);
    expect(bodyOf({ ...request, top_p: 0.9 })).not.toHaveProperty('top_p');
  });
});

describe('response_format', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const wanted = (more: object = {}): object => ({
    response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema, ...more } },
  });

  it('of a schema is enforced', () => {
    expect(bodyOf(wanted())['output_config']).toEqual({ format: { type: 'json_schema', schema } });
    expect(changesOf(wanted())).toEqual([]);
  });

  it('stands beside an effort', () => {
    expect(bodyOf({ ...wanted(), reasoning_effort: 'low' }, OPUS_47)['output_config']).toEqual({
      effort: 'low',
      format: { type: 'json_schema', schema },
    });
  });

  it('tells what the schema is for, unless it tells itself', () => {
    expect(bodyOf(wanted({ description: 'Where.' }))).toMatchObject({
      output_config: { format: { schema: { description: 'Where.' } } },
    });
    const own = wanted({ description: 'Where.', schema: { ...schema, description: 'A city.' } });
    expect(bodyOf(own)).toMatchObject({ output_config: { format: { schema: { description: 'A city.' } } } });
  });

  it('is refused by models that cannot be held to a schema', () => {
    expect(objectionTo(wanted(), HAIKU_35)).toBe('cannot hold its answer to a JSON schema');
  });

  it.each([{ type: 'json_object' }, { type: 'json_schema', json_schema: { name: 'any' } }])(
    'is asked for in words behind all other instructions: %j',
    (response_format) => {
      const request = { messages: [{ role: 'system', content: 'Be kind.' }, user('a')], response_format };
      const { system } = bodyOf(request);
      expect(system?.[0]).toEqual(text('Be kind.'));
      expect(system?.at(-1)).toEqual(text(expect.stringContaining('JSON object')));
      expect(changesOf(request)).toEqual(['JSON is asked for in words, not enforced']);
    },
  );

  it('of text is nothing', () => {
    expect(bodyOf({ response_format: { type: 'text' } })).toEqual(bodyOf({}));
  });

  it('of another kind is refused', () => {
    expect(objectionTo({ response_format: { type: 'grammar' } })).toBe('cannot answer in this format');
  });
});

describe('other parameters', () => {
  it.each<[object, object, string[]]>([
    [{ stop: 'END' }, { stop_sequences: ['END'] }, []],
    [{ stop: ['END', '\n', ''] }, { stop_sequences: ['END'] }, ['stop sequences of white space are left out']],
    [{ stop: '\n' }, {}, ['stop sequences of white space are left out']],
    [{ stop: [] }, {}, []],
    [{ user: 'u-1' }, { metadata: { user_id: 'u-1' } }, []],
    [{ safety_identifier: 's-1' }, { metadata: { user_id: 's-1' } }, []],
    [{ user: 'u-1', safety_identifier: 's-1' }, { metadata: { user_id: 'u-1' } }, []],
    [{ user: 'u'.repeat(257) }, {}, ['user is left out']],
    [{ service_tier: 'auto' }, { service_tier: 'auto' }, []],
    [{ service_tier: 'priority' }, { service_tier: 'auto' }, []],
    [{ service_tier: 'default' }, { service_tier: 'standard_only' }, []],
    [{ service_tier: 'flex' }, {}, ['service_tier is left out']],
    [{ seed: 0 }, {}, ['seed is left out']],
    [{ presence_penalty: 0.5, frequency_penalty: 0 }, {}, ['presence_penalty is left out']],
    [{ logprobs: true, top_logprobs: 2 }, {}, ['logprobs is left out', 'top_logprobs is left out']],
    [{ logprobs: false, logit_bias: null }, {}, []],
    [{ logit_bias: { '50256': -100 } }, {}, ['logit_bias is left out']],
    [{ web_search_options: {} }, {}, ['web_search_options is left out']],
    [{ verbosity: 'low' }, {}, ['verbosity is left out']],
    [{ store: true, metadata: { a: 'b' }, prompt_cache_key: 'k', n: 1, modalities: ['text'] }, {}, []],
    [{ 'secret words of a user': 1 }, {}, ['a field of an unknown name is left out']],
  ])('%j', (request, expected, changes) => {
    expect(bodyOf(request)).toEqual({ ...bodyOf({}), ...expected });
    expect(changesOf(request)).toEqual(changes);
  });

  it.each([
    [{ n: 2 }, 'cannot give several answers'],
    [{ modalities: ['text', 'audio'] }, 'cannot answer with anything but text'],
    [{ audio: { voice: 'alloy', format: 'wav' } }, 'cannot answer with anything but text'],
  ])('cannot be %j', (request, words) => {
    expect(objectionTo(request)).toBe(words);
  });
});

describe('providerOptions', () => {
  it('for Anthropic stand over ours, and others are not sent', () => {
    const providerOptions = {
      anthropic: { top_k: 5, metadata: { user_id: 'own' } },
      openai: { store: true },
      gemini: { safetySettings: [] },
    };
    const body = bodyOf({ user: 'u-1', providerOptions });
    expect(body).toMatchObject({ top_k: 5, metadata: { user_id: 'own' } });
    expect(Object.keys(body)).not.toContain('providerOptions');
    expect(body).not.toHaveProperty('store');
    expect(changesOf({ providerOptions })).toEqual([]);
  });

  it('may say how to think, and then the rest fits it', () => {
    const anthropicOptions = { thinking: { type: 'enabled', budget_tokens: 3000 } };
    const body = bodyOf({
      providerOptions: { anthropic: anthropicOptions },
      temperature: 0.2,
      reasoning_effort: 'high',
    });
    expect(body).toMatchObject({ ...anthropicOptions, max_tokens: 7096 });
    expect(body).not.toHaveProperty('temperature');
  });

  it('leave a schema in its place when they set an effort', () => {
    const schema = { type: 'object', properties: { a: {} }, additionalProperties: false };
    const body = bodyOf({
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
      providerOptions: { anthropic: { output_config: { effort: 'low' } } },
    });
    expect(body['output_config']).toEqual({ effort: 'low', format: { type: 'json_schema', schema } });
  });

  it.each([null, {}, { anthropic: null }, { anthropic: {} }])('may say nothing: %j', (providerOptions) => {
    expect(bodyOf({ providerOptions })).toEqual(bodyOf({}));
  });
});
