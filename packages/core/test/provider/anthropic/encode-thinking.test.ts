/** How much a model is asked to think. */
import { describe, expect, it } from 'vitest';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import {
  assistant,
  bodyOf,
  call,
  changesOf,
  checked,
  deploymentOf,
  result,
  tool,
  user,
  type WireBody,
} from './translate.js';

const OPUS_46 = 'claude-opus-4-6';
const OPUS_47 = 'claude-opus-4-7';
const FABLE = 'claude-fable-5';
const HAIKU_35 = 'claude-3-5-haiku-20241022';

describe('reasoning_effort of a model with a budget', () => {
  const thinking = (budget_tokens: number): object => ({ type: 'enabled', budget_tokens });
  it.each([
    ['minimal', 1024],
    ['low', 2048],
    ['medium', 8192],
    ['high', 16_384],
    ['xhigh', 24_576],
  ])('%s is a budget of %i tokens, on top of those of the answer where no limit is set', (effort, budget) => {
    expect(bodyOf({ reasoning_effort: effort })).toMatchObject({
      thinking: thinking(budget),
      max_tokens: 4096 + budget,
    });
  });

  it('leaves a fifth of a limit to the answer', () => {
    const body = bodyOf({ reasoning_effort: 'high', max_tokens: 10_000 });
    expect(body).toMatchObject({ thinking: thinking(8000), max_tokens: 10_000 });
  });

  it.each([
    ['high', 10_000, { max_tokens: 10_000, thinking: thinking(8000) }],
    ['high', 20_480, { max_tokens: 20_480, thinking: thinking(16_384) }],
    ['high', 30_000, { max_tokens: 20_480, thinking: thinking(16_384) }],
    ['high', 1_200, { max_tokens: 1_200 }],
    [undefined, 1_200, { max_tokens: 1_200 }],
  ])('of %s stays below the %i tokens that the model can write', (effort, maxOutputTokens, expected) => {
    const request = checked({ messages: [user('a')], ...(effort === undefined ? {} : { reasoning_effort: effort }) });
    const { max_tokens, thinking: sent } = JSON.parse(
      anthropic.encode(request, { ...deploymentOf(), maxOutputTokens }),
    ) as WireBody;
    expect({ max_tokens, ...(sent === undefined ? {} : { thinking: sent }) }).toEqual(expected);
  });

  it.each<[string, object]>([
    ['its answer is too short', { max_tokens: 1279 }],
    ['it has to call a tool', { tools: [tool('f')], tool_choice: 'required' }],
    ['its answer has been begun for it', { messages: [user('a'), assistant('b')] }],
    [
      'it did not think before its last tool call',
      { messages: [user('a'), assistant(null, { tool_calls: [call('c')] }), result('c', 'b')], tools: [tool('f')] },
    ],
  ])('asks for nothing because %s', (reason, request) => {
    const thoughtful = { reasoning_effort: 'medium', ...request };
    expect(bodyOf(thoughtful)).not.toHaveProperty('thinking');
    expect(changesOf(thoughtful)).toContain(`the model does not think, because ${reason}`);
  });

  it('goes on thinking where it thought before its last tool call', () => {
    const format = 'anthropic-claude-v1';
    const reasoning_details = [{ type: 'reasoning.text', text: '', signature: 'c2ln', format, index: 0 }];
    const calling = assistant(null, { tool_calls: [call('c')], reasoning_details });
    const request = { messages: [user('a'), calling, result('c', 'b')], tools: [tool('f')], reasoning_effort: 'low' };
    expect(bodyOf(request)).toMatchObject({ thinking: thinking(2048) });
    expect(changesOf(request)).toEqual([]);
  });

  it('is nothing for none', () => {
    expect(bodyOf({ reasoning_effort: 'none' })).not.toHaveProperty('thinking');
    expect(changesOf({ reasoning_effort: 'none' })).toEqual([]);
  });

  it.each([
    ['low', HAIKU_35],
    ['immense', undefined],
    [{ deep: true }, undefined],
  ])('is left out for %j of %s', (effort, model) => {
    expect(bodyOf({ reasoning_effort: effort }, model)).not.toHaveProperty('thinking');
    expect(changesOf({ reasoning_effort: effort }, model)).toEqual(['reasoning_effort is left out']);
  });
});

describe('reasoning_effort of a model that thinks adaptively', () => {
  const thinking = { type: 'adaptive', display: 'summarized' };
  it.each([
    ['minimal', OPUS_46, 'low'],
    ['low', OPUS_46, 'low'],
    ['high', OPUS_46, 'high'],
    ['xhigh', OPUS_46, 'max'],
    ['xhigh', OPUS_47, 'xhigh'],
    ['max', OPUS_47, 'max'],
  ])('%s of %s is the effort %s', (effort, model, expected) => {
    expect(bodyOf({ reasoning_effort: effort }, model)).toMatchObject({
      thinking,
      output_config: { effort: expected },
    });
  });

  it.each<[string, unknown, string[]]>([
    [OPUS_46, undefined, []],
    [OPUS_47, undefined, []],
    ['claude-sonnet-5', { type: 'disabled' }, []],
    [FABLE, undefined, ['the model thinks nevertheless']],
  ])('none of %s is %j', (model, expected, changes) => {
    expect(bodyOf({ reasoning_effort: 'none' }, model)['thinking']).toEqual(expected);
    expect(changesOf({ reasoning_effort: 'none' }, model)).toEqual(changes);
  });

  it('keeps the effort where a tool has to be called', () => {
    const body = bodyOf({ reasoning_effort: 'high', tools: [tool('f')], tool_choice: 'required' }, OPUS_47);
    expect(body).not.toHaveProperty('thinking');
    expect(body).toMatchObject({ output_config: { effort: 'high' } });
  });

  it('needs no thoughts before a tool call', () => {
    const messages = [user('a'), assistant(null, { tool_calls: [call('c')] }), result('c', 'b')];
    const request = { messages, tools: [tool('f')], reasoning_effort: 'low' };
    expect(bodyOf(request, OPUS_47)).toMatchObject({ thinking });
  });
});
