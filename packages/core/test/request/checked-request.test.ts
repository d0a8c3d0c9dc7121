import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/errors.js';
import { checkRequest } from '../../src/request/check-request.js';
import type { CheckedRequest } from '../../src/request/check-request.js';

const messages = [{ role: 'user', content: 'Hello' }];

function checked(fields: object = {}): CheckedRequest {
  return checkRequest({ messages, ...fields }, { defaults: {} });
}

function sent(request: CheckedRequest): unknown {
  return JSON.parse(request.bodyFor('m'));
}

describe('A limit of the output', () => {
  it('stays where the model can write as much', () => {
    for (const request of [checked(), checked({ max_tokens: 100 }), checked({ max_completion_tokens: 100 })]) {
      expect(request.within(100)).toBe(request);
      expect(request.within(undefined)).toBe(request);
      expect(request.limitsAbove(100)).toEqual([]);
    }
  });

  it('is lowered to what the model can write, and nothing else changes', () => {
    const fields = { model: 'm', max_tokens: 200, temperature: 1, tools: [], providerOptions: { openai: { a: 1 } } };
    const request = checked(fields);
    const lowered = request.within(100);
    expect(lowered).toMatchObject({ model: 'm', maxOutputTokens: 100, hasProviderOptions: true });
    expect(sent(lowered)).toEqual({ model: 'm', messages, max_tokens: 100, temperature: 1, tools: [] });
    expect(lowered.fields()).toEqual({ ...request.fields(), max_tokens: 100 });
    expect(sent(request)).toMatchObject({ max_tokens: 200 });
  });

  it('is lowered under both of its names', () => {
    const request = checked({ max_tokens: 50, max_completion_tokens: 300 });
    expect(sent(request.within(100))).toMatchObject({ max_tokens: 50, max_completion_tokens: 100 });
    expect(request.within(100).maxOutputTokens).toBe(100);
    expect(request.limitsAbove(100)).toEqual([{ field: 'max_completion_tokens', asked: 300 }]);
    expect(request.limitsAbove(10)).toHaveLength(2);
  });

  it('is lowered once for each model, so that what is made of it can be kept', () => {
    const request = checked({ max_tokens: 200 });
    expect(request.within(100)).toBe(request.within(100));
    expect(request.within(100)).not.toBe(request.within(50));
  });
});

describe('Fields for single providers', () => {
  const providerOptions = { openai: { store: true }, anthropic: { top_k: 5 } };

  it('are not sent as they are', () => {
    expect(sent(checked({ providerOptions, seed: 1 }))).toEqual({ model: 'm', messages, seed: 1 });
  });

  it('can be read by dialects, also of a request that goes on with an answer', () => {
    const request = checked({ providerOptions });
    expect(request.hasProviderOptions).toBe(true);
    expect(request.fields()).toEqual({ messages, providerOptions });
    const more = [{ role: 'assistant' as const, content: 'Hi' }];
    expect(request.fields({ messages: more, spentTokens: 0 })).toEqual({
      messages: [...messages, ...more],
      providerOptions,
    });
  });

  it.each([undefined, null])('are none where they are %s', (nothing) => {
    const request = checked({ providerOptions: nothing });
    expect(request.hasProviderOptions).toBe(false);
    expect(request.fields()).toEqual({ messages });
  });

  it('may be for providers that we do not know, and say nothing', () => {
    expect(() => checked({ providerOptions: { other: {}, openai: null, azure: undefined } })).not.toThrow();
  });

  it.each([
    ['a string', 'x', 'providerOptions', 'providerOptions must be an object of fields by provider, not a string.'],
    ['a list', [], 'providerOptions', 'providerOptions must be an object of fields by provider, not an array.'],
    [
      'a flag',
      { openai: true },
      'providerOptions.openai',
      'providerOptions.openai must be an object of fields, not a boolean.',
    ],
    [
      'a list of fields',
      { azure: [] },
      'providerOptions.azure',
      'providerOptions.azure must be an object of fields, not an array.',
    ],
    [
      'a text',
      { 'tell me': 'a secret' },
      'providerOptions',
      'providerOptions must be an object of fields, not a string.',
    ],
  ])('are objects, not %s', (_, given, param, message) => {
    const error = expectRefused({ providerOptions: given });
    expect(error).toMatchObject({ kind: 'bad-request', status: 400, param, message });
  });
});

describe('Fields for one provider that would change what an attempt is', () => {
  const providers = ['openai', 'azure', 'anthropic', 'gemini'] as const;
  const OURS = 'model messages contents system systemInstruction system_instruction n stream stream_options'.split(' ');

  it.each(providers)('are refused with their name: %s', (provider) => {
    for (const name of OURS) {
      const param = `providerOptions.${provider}.${name}`;
      const message = `${param} cannot be set for one provider: it is part of the request itself.`;
      for (const value of ['x', null]) {
        const error = expectRefused({ providerOptions: { [provider]: { seed: 1, [name]: value } } });
        expect(error).toMatchObject({ kind: 'bad-request', status: 400, param, message });
      }
    }
  });

  it.each([
    ['generationConfig', 'candidateCount'],
    ['generation_config', 'candidate_count'],
  ])('are refused inside %s', (config, name) => {
    const error = expectRefused({ providerOptions: { gemini: { [config]: { temperature: 1, [name]: 2 } } } });
    expect(error.param).toBe(`providerOptions.gemini.${config}.${name}`);
  });

  it('are refused where they would reach a prototype', () => {
    const own: unknown = JSON.parse('{"__proto__": {"polluted": true}}');
    expect(expectRefused({ providerOptions: { openai: own } }).param).toBe('providerOptions.openai.__proto__');
    const config = { generationConfig: own };
    expect(expectRefused({ providerOptions: { gemini: config } }).param).toContain('generationConfig.__proto__');
  });

  it('are nobody’s concern where they are for somebody that we do not speak to', () => {
    expect(() => checked({ providerOptions: { other: { model: 'x', n: 2 } } })).not.toThrow();
  });
});

function expectRefused(fields: object): CallError {
  try {
    checked(fields);
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
