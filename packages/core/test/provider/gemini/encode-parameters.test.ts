/** Everything of a request beside its conversation and its tools. */
import { describe, expect, it } from 'vitest';
import { gemini } from '../../../src/provider/gemini/dialect.js';
import {
  asked,
  bodyOf,
  changesOf,
  checked,
  deploymentOf,
  FLASH_20,
  FLASH_25,
  FLASH_35,
  FLASH_38,
  objectionTo,
  PRO_31,
  said,
  tool,
  user,
} from './translate.js';

const configOf = (request: object, model?: string): unknown => bodyOf(request, model).generationConfig;

describe('an ordinary request', () => {
  it('says what was said and nothing else', () => {
    expect(bodyOf({ messages: [user('Hello')] })).toEqual({ contents: [asked({ text: 'Hello' })] });
    expect(changesOf({})).toEqual([]);
    expect(objectionTo({})).toBeUndefined();
  });

  it('is the same streamed, but for its URL', () => {
    const deployment = deploymentOf();
    const { upstream } = deployment;
    expect(bodyOf({}, undefined, { stream: { stream: true, stream_options: { include_usage: true } } })).toEqual(
      bodyOf({}),
    );
    expect(gemini.url(upstream, deployment, false)).toBe(
      'https://one.example/v1beta/models/gemini-3.5-flash:generateContent',
    );
    expect(gemini.url(upstream, deployment, true)).toBe(
      'https://one.example/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse',
    );
  });

  it.each([
    ['models/gemini-2.5-pro', 'models/gemini-2.5-pro'],
    ['tunedModels/shop', 'tunedModels/shop'],
    ['a b?c', 'models/a%20b%3Fc'],
  ])('goes to the model %s at %s', (modelId, path) => {
    const deployment = { ...deploymentOf(), modelId };
    expect(gemini.url(deployment.upstream, deployment, false)).toBe(
      `https://one.example/v1beta/${path}:generateContent`,
    );
  });

  it('has the key in a header, and the headers of the upstream over its own', () => {
    const { upstream } = deploymentOf();
    const own = { 'content-type': 'application/json', accept: 'application/json' };
    expect(gemini.headers(upstream, 'AIza-1')).toEqual({ ...own, 'x-goog-api-key': 'AIza-1' });
    expect(gemini.headers(upstream, undefined)).toEqual(own);
    const headers = { 'x-goog-api-key': 'other', 'x-team': 'shop' };
    expect(gemini.headers({ ...upstream, headers }, 'AIza-1')).toEqual({ ...own, ...headers });
  });

  it('is the same for every attempt', () => {
    const request = checked({ messages: [user('Hello')], temperature: 0.2 });
    const first = gemini.encode(request, deploymentOf(FLASH_25));
    expect(gemini.encode(request, deploymentOf(FLASH_25))).toBe(first);
    expect(gemini.encode(request, deploymentOf(FLASH_38))).not.toBe(first);
  });

  it('goes on from an answer that was cut, with the tokens that are left', () => {
    const continuation = { messages: [{ role: 'assistant', content: 'Once upon' }], spentTokens: 40 };
    expect(bodyOf({ messages: [user('A tale')], max_tokens: 100 }, undefined, { continuation })).toEqual({
      contents: [asked({ text: 'A tale' }), said({ text: 'Once upon' })],
      generationConfig: { maxOutputTokens: 60 },
    });
  });
});

describe('sampling', () => {
  it.each<[object, string, object | undefined, string[]]>([
    [{ temperature: 1.6, top_p: 0.5, top_k: 9 }, FLASH_35, { temperature: 1.6, topP: 0.5, topK: 9 }, []],
    [{ temperature: 0 }, FLASH_25, { temperature: 0 }, []],
    [
      { temperature: 0.2, top_p: 0.5, top_k: 9 },
      FLASH_38,
      undefined,
      ['temperature is left out', 'top_p is left out', 'top_k is left out'],
    ],
    [{ temperature: 1, top_p: 1 }, FLASH_38, undefined, []],
    [{ presence_penalty: 0.5, frequency_penalty: -1 }, FLASH_20, { presencePenalty: 0.5, frequencyPenalty: -1 }, []],
    [
      { presence_penalty: 0.5, frequency_penalty: -1 },
      FLASH_25,
      undefined,
      ['presence_penalty is left out', 'frequency_penalty is left out'],
    ],
    [{ presence_penalty: 0, frequency_penalty: 0 }, FLASH_25, undefined, []],
    [{ seed: 0 }, FLASH_35, { seed: 0 }, []],
    [{ seed: -2_147_483_648 }, FLASH_35, { seed: -2_147_483_648 }, []],
    [{ seed: 2_147_483_648 }, FLASH_35, undefined, ['seed is left out']],
    [{ seed: 'x' }, FLASH_35, undefined, ['seed is left out']],
    [{ logprobs: true, top_logprobs: 3 }, FLASH_20, { responseLogprobs: true, logprobs: 3 }, []],
    [{ logprobs: true, top_logprobs: 99 }, FLASH_20, { responseLogprobs: true, logprobs: 20 }, []],
    [{ logprobs: true }, FLASH_20, { responseLogprobs: true }, []],
    [{ logprobs: true, top_logprobs: 3 }, FLASH_25, undefined, ['logprobs is left out']],
    [{ logprobs: false }, FLASH_20, undefined, []],
    [{ n: 3 }, FLASH_25, { candidateCount: 3 }, []],
    [{ n: 1 }, FLASH_35, undefined, []],
  ])('%j of %s is %j', (request, model, config, changes) => {
    expect(configOf(request, model)).toEqual(config);
    expect(changesOf(request, model)).toEqual(changes);
    expect(objectionTo(request, model)).toBeUndefined();
  });

  it.each([
    [{ n: 2 }, FLASH_35, 'cannot give several answers'],
    [{ n: 9 }, FLASH_25, 'cannot give more than 8 answers'],
  ])('cannot be %j of %s', (request, model, words) => {
    expect(objectionTo(request, model)).toBe(words);
  });
});

describe('the length of an answer', () => {
  it.each([
    [{ max_tokens: 7 }, { maxOutputTokens: 7 }],
    [{ max_completion_tokens: 8 }, { maxOutputTokens: 8 }],
    [{ max_tokens: 7, max_completion_tokens: 8 }, { maxOutputTokens: 8 }],
    [{ max_tokens: null }, undefined],
    [{ stop: 'END' }, { stopSequences: ['END'] }],
    [{ stop: ['\n', ''] }, { stopSequences: ['\n'] }],
    [{ stop: '' }, undefined],
    [{ stop: [] }, undefined],
    [{ stop: ['1', '2', '3', '4', '5'] }, { stopSequences: ['1', '2', '3', '4', '5'] }],
  ])('is for %j %j', (request, config) => {
    expect(configOf(request)).toEqual(config);
    expect(changesOf(request)).toEqual([]);
  });

  it('stops at five sequences at most', () => {
    const request = { stop: ['1', '2', '3', '4', '5', '6'] };
    expect(configOf(request)).toEqual({ stopSequences: ['1', '2', '3', '4', '5'] });
    expect(changesOf(request)).toEqual(['stop sequences beyond the first 5 are left out']);
  });
});

describe('reasoning_effort', () => {
  const level = (thinkingLevel: string): object => ({ includeThoughts: true, thinkingLevel });
  const budget = (thinkingBudget: number): object => ({ includeThoughts: true, thinkingBudget });

  it.each<[string, string, object]>([
    ['minimal', FLASH_35, level('MINIMAL')],
    ['minimal', PRO_31, level('LOW')],
    ['minimal', FLASH_38, level('LOW')],
    ['low', FLASH_35, level('LOW')],
    ['medium', PRO_31, level('MEDIUM')],
    ['high', FLASH_38, level('HIGH')],
    ['xhigh', FLASH_38, level('HIGH')],
    ['minimal', FLASH_25, budget(1024)],
    ['low', FLASH_25, budget(1024)],
    ['medium', FLASH_25, budget(8192)],
    ['high', 'gemini-2.5-pro', budget(24_576)],
    ['none', FLASH_25, { thinkingBudget: 0 }],
  ])('%s of %s', (reasoning_effort, model, thinkingConfig) => {
    expect(configOf({ reasoning_effort }, model)).toEqual({ thinkingConfig });
    expect(changesOf({ reasoning_effort }, model)).toEqual([]);
  });

  it.each<[string, object]>([
    ['gemini-2.5-pro', { thinkingBudget: 128 }],
    [FLASH_35, { thinkingLevel: 'MINIMAL' }],
    [PRO_31, { thinkingLevel: 'LOW' }],
    [FLASH_38, { thinkingLevel: 'LOW' }],
  ])('none of %s is as little as there is, and that is said', (model, thinkingConfig) => {
    expect(configOf({ reasoning_effort: 'none' }, model)).toEqual({ thinkingConfig });
    expect(changesOf({ reasoning_effort: 'none' }, model)).toEqual(['the model thinks nevertheless']);
  });

  it.each([
    [10_000, FLASH_25, 8000],
    [100, FLASH_25, 128],
    [100, 'gemini-2.5-flash-lite', 512],
  ])('leaves a fifth of %i tokens to the answer of %s, as far as it may', (max_tokens, model, thinkingBudget) => {
    expect(configOf({ reasoning_effort: 'high', max_tokens }, model)).toMatchObject({
      thinkingConfig: { thinkingBudget },
    });
  });

  it.each<[unknown, string]>([
    ['low', FLASH_20],
    ['low', 'gemini-2.5-flash-image'],
    ['immense', FLASH_35],
    [{ deep: true }, FLASH_35],
  ])('is left out for %j of %s', (reasoning_effort, model) => {
    expect(configOf({ reasoning_effort }, model)).toBeUndefined();
    expect(changesOf({ reasoning_effort }, model)).toEqual(['reasoning_effort is left out']);
  });

  it('is not missed by a model that does not think', () => {
    expect(configOf({ reasoning_effort: 'none' }, FLASH_20)).toBeUndefined();
    expect(changesOf({ reasoning_effort: 'none' }, FLASH_20)).toEqual([]);
  });
});

describe('response_format', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const JSON_TYPE = { responseMimeType: 'application/json' };
  const ofSchema = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } };

  it.each<[object, object | undefined]>([
    [ofSchema, { ...JSON_TYPE, responseJsonSchema: schema }],
    [{ type: 'json_object' }, JSON_TYPE],
    [{ type: 'json_schema', json_schema: { name: 'any' } }, JSON_TYPE],
    [{ type: 'text' }, undefined],
  ])('%j is %j', (response_format, config) => {
    expect(configOf({ response_format })).toEqual(config);
    expect(changesOf({ response_format })).toEqual([]);
  });

  it('of another kind is refused', () => {
    expect(objectionTo({ response_format: { type: 'grammar' } })).toBe('cannot answer in this format');
  });

  describe('beside tools', () => {
    const request = { response_format: ofSchema, tools: [tool('f')] };

    it('is taken by newer models', () => {
      expect(configOf(request)).toMatchObject(JSON_TYPE);
      expect(objectionTo(request)).toBeUndefined();
    });

    it('is refused by older ones', () => {
      expect(objectionTo(request, FLASH_25)).toBe('cannot both call tools and answer in JSON');
    });

    it('is taken by older ones where no tool is to be called, without the tools', () => {
      const body = bodyOf({ ...request, tool_choice: 'none' }, FLASH_25);
      expect(body.generationConfig).toMatchObject(JSON_TYPE);
      expect(body).not.toHaveProperty('tools');
      expect(body).not.toHaveProperty('toolConfig');
      expect(bodyOf({ ...request, tool_choice: 'none' })).toHaveProperty('tools');
    });

    it.each([FLASH_25, FLASH_38])('says nothing where %s has to call one', (model) => {
      const forced = { ...request, tool_choice: 'required' };
      expect(configOf(forced, model)).toBeUndefined();
      expect(changesOf(forced, model)).toEqual(['response_format is left out, because a tool has to be called']);
      expect(objectionTo(forced, model)).toBeUndefined();
    });
  });
});

describe('other parameters', () => {
  it.each<[object, object, string[]]>([
    [{ user: 'u-1' }, {}, []],
    [{ service_tier: 'auto' }, {}, []],
    [{ service_tier: 'default' }, { serviceTier: 'standard' }, []],
    [{ service_tier: 'flex' }, { serviceTier: 'flex' }, []],
    [{ service_tier: 'priority' }, { serviceTier: 'priority' }, []],
    [{ service_tier: 'scale' }, {}, ['service_tier is left out']],
    [{ modalities: ['text'] }, {}, []],
    [{ modalities: ['image', 'text'] }, { generationConfig: { responseModalities: ['IMAGE', 'TEXT'] } }, []],
    [{ logit_bias: { '50256': -100 } }, {}, ['logit_bias is left out']],
    [{ verbosity: 'low', prediction: { type: 'content' } }, {}, ['verbosity is left out', 'prediction is left out']],
    [{ store: true, metadata: { a: 'b' }, prompt_cache_key: 'k', safety_identifier: 's' }, {}, []],
    [{ 'secret words of a user': 1 }, {}, ['a field of an unknown name is left out']],
  ])('%j', (request, expected, changes) => {
    expect(bodyOf(request)).toEqual({ ...bodyOf({}), ...expected });
    expect(changesOf(request)).toEqual(changes);
  });

  it.each([{ modalities: ['text', 'audio'] }, { audio: { voice: 'alloy', format: 'wav' } }])(
    'cannot be %j',
    (request) => {
      expect(objectionTo(request)).toBe('cannot answer with anything but text and pictures');
    },
  );
});

describe('providerOptions', () => {
  it('for Gemini stand over ours, and others are not sent', () => {
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];
    const providerOptions = { gemini: { safetySettings, serviceTier: 'flex' }, openai: { store: true }, anthropic: {} };
    const request = { service_tier: 'priority', providerOptions };
    expect(bodyOf(request)).toEqual({ ...bodyOf({}), safetySettings, serviceTier: 'flex' });
    expect(changesOf(request)).toEqual([]);
  });

  it('may add to the configuration, of which the rest stays', () => {
    const generationConfig = { mediaResolution: 'MEDIA_RESOLUTION_LOW', thinkingConfig: { thinkingBudget: 7 } };
    const request = { max_tokens: 9, reasoning_effort: 'high', providerOptions: { gemini: { generationConfig } } };
    expect(configOf(request)).toEqual({ maxOutputTokens: 9, ...generationConfig });
  });

  it.each([null, {}, { openai: { store: true } }, { gemini: {} }, { gemini: { generationConfig: 7 } }])(
    'may say nothing: %j',
    (providerOptions) => {
      expect(bodyOf({ providerOptions })).toEqual(bodyOf({}));
    },
  );
});
