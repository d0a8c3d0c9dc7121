import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Capability } from '../../src/config/settings.js';
import { changesFor, objectionTo } from '../../src/plan/objection.js';
import { fitted } from '../../src/plan/fitted-request.js';
import { Quirks } from '../../src/pool/quirks.js';
import { IMAGE, server, TOOL, wanted, withPart } from './servers.js';

const SCHEMA = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } };

/** A request for each capability, and what is said of a model without it. */
const NEEDING: readonly (readonly [Capability, object, string])[] = [
  ['tools', { tools: [TOOL] }, 'cannot call tools'],
  ['parallelTools', { tools: [TOOL], parallel_tool_calls: true }, 'cannot call several tools at once'],
  ['vision', withPart(IMAGE), 'cannot see images'],
  ['audio', withPart({ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }), 'cannot hear audio'],
  ['speech', { modalities: ['text', 'audio'], audio: { voice: 'alloy' } }, 'cannot answer in audio'],
  ['video', withPart({ type: 'video_url', video_url: { url: 'https://example.com/cat.mp4' } }), 'cannot see videos'],
  ['files', withPart({ type: 'file', file: { file_id: 'file-1' } }), 'cannot read files'],
  ['jsonSchema', { response_format: SCHEMA }, 'cannot hold its answer to a JSON schema'],
  ['jsonMode', { response_format: { type: 'json_object' } }, 'cannot hold its answer to JSON'],
  ['n', { n: 2 }, 'cannot give several answers'],
  ['stop', { stop: ['END'] }, 'cannot stop at a sequence'],
];

const ALL = NEEDING.map(([capability]) => capability);
const without = (...capabilities: readonly string[]): object => ({
  capabilities: Object.fromEntries(capabilities.map((capability) => [capability, false])),
});

describe('A model', () => {
  it.each(NEEDING)(
    'that is said not to have %s is not fit for a request that needs it',
    (capability, fields, reason) => {
      expect(objectionTo(wanted(fields), server('m', without(capability)))).toEqual({ reason, tooLong: false });
    },
  );

  it.each(NEEDING)('that can do everything but other things serves a request for %s', (capability, fields) => {
    const others = ALL.filter((one) => one !== capability && !(capability === 'parallelTools' && one === 'tools'));
    expect(objectionTo(wanted(fields), server('m', without(...others)))).toBeUndefined();
  });

  it('that can do nothing serves plain text', () => {
    expect(objectionTo(wanted(), server('m', without(...ALL)))).toBeUndefined();
  });

  it('of which nothing is known is thought able to do everything', () => {
    for (const [, fields] of NEEDING) expect(objectionTo(wanted(fields), server('m'))).toBeUndefined();
    expect(objectionTo(wanted({}, { promptTokens: 1e9 }), server('m'))).toBeUndefined();
  });

  it('of a known name is known not to see images', () => {
    const image = wanted(withPart(IMAGE));
    expect(objectionTo(image, server('gpt-3.5-turbo'))?.reason).toBe('cannot see images');
    expect(objectionTo(image, server('deepseek/deepseek-v3.2'))?.reason).toBe('cannot see images');
    expect(objectionTo(image, server('gpt-4.1'))).toBeUndefined();
    expect(objectionTo(image, server('deepseek-v3.2', { capabilities: { vision: true } }))).toBeUndefined();
  });

  it('may have an objection of its dialect', () => {
    const several = wanted({ n: 2 });
    expect(objectionTo(several, server('m', {}, 'anthropic'))?.reason).toBe('cannot give several answers');
  });
});

describe('A prompt', () => {
  const long = (promptTokens: number, fields: object = {}) => wanted(fields, { promptTokens });

  it('of a model that nobody knows is thought too long for a window only when it is so by a quarter', () => {
    const small = server('m', { contextWindow: 1_000 });
    expect(objectionTo(long(1_250), small)).toBeUndefined();
    expect(objectionTo(long(1_251), small)).toEqual({
      reason: 'cannot take a prompt of about 1251 tokens, because its window is 1000',
      tooLong: true,
    });
  });

  it('of a model whose tokenizer is public is so when it is too long by more than 15 %', () => {
    const small = server('gpt-4.1', { contextWindow: 1_000 });
    expect(objectionTo(long(1_150), small)).toBeUndefined();
    expect(objectionTo(long(1_151), small)).toMatchObject({ tooLong: true });
    expect(objectionTo(long(1_250), server('claude-sonnet-4.5', { contextWindow: 1_000 }))).toBeUndefined();
  });

  it('shares the window with the answer that is asked for', () => {
    const small = server('m', { contextWindow: 1_000 });
    expect(objectionTo(long(750, { max_tokens: 500 }), small)).toBeUndefined();
    expect(objectionTo(long(751, { max_tokens: 500 }), small)?.reason).toBe(
      'cannot take a prompt of about 751 tokens and an answer of 500, because its window is 1000',
    );
  });

  it('does not share it with an answer that the model could not give', () => {
    const small = server('m', { contextWindow: 1_000, maxOutputTokens: 100 });
    expect(objectionTo(long(900, { max_tokens: 100_000 }), small)).toBeUndefined();
  });

  it('may have a limit of its own', () => {
    const gpt5 = server('gpt-5');
    expect(objectionTo(long(300_000, { max_tokens: 128_000 }), gpt5)).toBeUndefined();
    expect(objectionTo(long(341_000), gpt5)).toMatchObject({ tooLong: true });
    expect(objectionTo(long(341_000), server('gpt-5', { contextWindow: 400_000 }))).toBeUndefined();
  });
});

describe('What is changed', () => {
  it('is a limit above what the model can write', () => {
    const model = server('m', { maxOutputTokens: 100 });
    expect(changesFor(wanted({ max_tokens: 101 }).checked, model, false)).toEqual(['max_tokens 101 becomes 100']);
    expect(changesFor(wanted({ max_tokens: 200, max_completion_tokens: 300 }).checked, model, false)).toEqual([
      'max_tokens 200 becomes 100',
      'max_completion_tokens 300 becomes 100',
    ]);
    expect(changesFor(wanted({ max_tokens: 100 }).checked, model, false)).toEqual([]);
    expect(changesFor(wanted().checked, model, false)).toEqual([]);
  });

  it('is no wish for one call at a time, of a model that makes no other', () => {
    const one = wanted({ tools: [TOOL], parallel_tool_calls: false });
    expect(changesFor(one.checked, server('o3'), false)).toEqual([]);
    expect(objectionTo({ ...one, strict: true }, server('o3'))).toBeUndefined();
    expect(changesFor(one.checked, server('m', { refuses: ['parallel_tool_calls'] }), false)).toEqual([
      'parallel_tool_calls is left out',
    ]);
  });

  it('is what the dialect leaves out', () => {
    const model = server('claude-3.5-haiku', {}, 'anthropic');
    expect(changesFor(wanted({ seed: 7, max_tokens: 9_000 }).checked, model, false)).toEqual([
      'max_tokens 9000 becomes 8192',
      'seed is left out',
    ]);
  });

  it('is an objection where nothing may be changed', () => {
    const model = server('claude-3.5-haiku', {}, 'anthropic');
    expect(objectionTo(wanted({ seed: 7 }, { strict: true }), model)).toEqual({
      reason: 'cannot take the request as it is (seed is left out)',
      tooLong: false,
    });
    expect(objectionTo(wanted({ seed: 7 }), model)).toBeUndefined();
    expect(objectionTo(wanted({ max_tokens: 7 }, { strict: true }), model)).toBeUndefined();
  });
});

describe('A request that ends with an assistant message', () => {
  const begun = wanted({
    messages: [
      { role: 'user', content: 'Give me JSON' },
      { role: 'assistant', content: '{' },
    ],
  });
  const OBJECTION = 'cannot go on from an assistant message that stands last';

  it.each([
    ['anthropic', 'claude-3-5-haiku', {}, undefined],
    ['anthropic', 'claude-3-5-haiku', { prefill: false }, OBJECTION],
    ['anthropic', 'claude-opus-4-6', {}, OBJECTION],
    ['anthropic', 'claude-opus-4-6', { prefill: true }, undefined],
    ['anthropic', 'their-own', {}, undefined],
    ['gemini', 'gemini-2.5-flash', {}, undefined],
    ['gemini', 'gemini-2.5-flash', { prefill: false }, OBJECTION],
    ['gemini', 'gemini-3.8-flash', {}, OBJECTION],
    ['gemini', 'gemini-3.8-flash', { prefill: true }, undefined],
    ['openai', 'gpt-4.1', {}, undefined],
    ['openai', 'gpt-4.1', { prefill: false }, undefined],
  ])('is served as its option says, else as is known of the model: %s, %s %j', (provider, model, options, expected) => {
    expect(objectionTo(begun, server(model, options, provider))?.reason).toBe(expected);
  });
});

describe('What an upstream was only found to refuse', () => {
  it('is left out, but no reason to skip it where nothing may be missed', () => {
    const model = server('m', { refuses: ['top_p'] });
    const { quirks } = model;
    if (quirks instanceof Quirks) for (const name of ['temperature', 'user', 'max_tokens'] as const) quirks.note(name);
    const fields = { temperature: 0.5, user: 'u', max_tokens: 9 };
    const strict = wanted(fields, { strict: true });
    expect(objectionTo(strict, model)).toBeUndefined();
    expect(changesFor(strict.checked, model, true)).toEqual([]);
    expect(changesFor(strict.checked, model, false)).toEqual(['temperature is left out']);
    const sent = (isStrict: boolean): unknown => JSON.parse(fitted(strict.checked, model, isStrict).bodyFor('m'));
    // What is not missed is left out all the same.
    expect(sent(true)).toMatchObject({ temperature: 0.5, max_completion_tokens: 9 });
    expect(sent(true)).not.toHaveProperty('user');
    expect(sent(false)).not.toHaveProperty('temperature');
    // What is known is another matter.
    expect(objectionTo(wanted({ top_p: 0.5 }, { strict: true }), model)?.reason).toMatch(/top_p is left out/);
  });
});

describe('Whatever is asked of whomever', () => {
  const request = fc.record({
    needs: fc.subarray(NEEDING.map(([, fields]) => fields)),
    promptTokens: fc.integer({ min: 0, max: 3_000 }),
    maxTokens: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
  });
  const model = fc.record({
    missing: fc.subarray(ALL),
    contextWindow: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
  });

  it('nobody serves what it is known not to be able to, and everybody serves the rest', () => {
    fc.assert(
      fc.property(request, model, ({ needs, promptTokens, maxTokens }, { missing, ...sizes }) => {
        const fields = Object.assign({}, ...needs, maxTokens === undefined ? {} : { max_tokens: maxTokens });
        const asked = wanted(fields, { promptTokens });
        const given = Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined));
        const objection = objectionTo(asked, server('m', { ...without(...missing), ...given }));
        const { contextWindow = Infinity, maxOutputTokens = Infinity } = sizes;
        const isUnable = asked.checked.needs.some((need) => missing.includes(need));
        const isTooLong = promptTokens + Math.min(maxTokens ?? 0, maxOutputTokens) > 1.25 * contextWindow;
        expect(objection !== undefined).toBe(isUnable || isTooLong);
        expect(objection?.tooLong === true).toBe(isTooLong);
        if (objection !== undefined) expect(objection.reason).toMatch(/^cannot /);
      }),
      { numRuns: 500 },
    );
  });
});
