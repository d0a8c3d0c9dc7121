/** What single chunks say. */
import { describe, expect, it } from 'vitest';
import type { ChatChunk } from '../../src/request/chat-types.js';
import {
  EXPLAINS_EMPTINESS,
  finishReasons,
  hasContent,
  hasMoreThanText,
  isUsageOnly,
  textOf,
} from '../../src/stream/chunk-facts.js';
import * as streams from './streams.js';

function chunkOf(...choices: object[]): ChatChunk {
  const whole = choices.map((choice) => Object.assign({ index: 0, delta: {}, finish_reason: null }, choice));
  return { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: whole };
}

const tool = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } };

describe('Content', () => {
  it.each([
    ['a text', { content: 'a' }],
    ['a white space', { content: ' ' }],
    ['a tool call', { content: null, tool_calls: [tool] }],
    ['a function call', { function_call: { name: 'f', arguments: '' } }],
    ['the arguments of a function call', { function_call: { arguments: '{' } }],
    ['a refusal', { refusal: 'No' }],
    ["a thought of DeepSeek's", { content: null, reasoning_content: 'Hm' }],
    ["a thought of OpenRouter's", { content: '', reasoning: 'Hm' }],
    ['a block of thought', { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }],
    ['a transcript', { audio: { id: 'audio_1', transcript: 'Hel' } }],
    ['sound', { audio: { data: 'AAAA' } }],
    ['a picture', { content: '', images: [{ type: 'image_url', image_url: { url: 'data:,' } }] }],
  ])('is %s', (_, delta) => {
    expect(hasContent(chunkOf({ delta }))).toBe(true);
  });

  it.each([
    ['an empty delta', {}],
    ['a role', { role: 'assistant' }],
    ['an empty text', { role: 'assistant', content: '', refusal: null }],
    ['empty thoughts', { content: null, reasoning_content: '', reasoning: '', reasoning_details: [] }],
    [
      'nothing in many ways',
      { content: null, refusal: '', tool_calls: [], function_call: null, audio: null, images: [] },
    ],
    ['the id of a recording', { audio: { id: 'audio_1' } }],
    ['an empty function call', { function_call: { name: '', arguments: '' } }],
    ['what only some service knows', { content: '', provider_specific: { x: 1 }, annotations: [{}] }],
  ])('is not %s', (_, delta) => {
    expect(hasContent(chunkOf({ delta }))).toBe(false);
  });

  it('may be in any choice', () => {
    expect(hasContent(chunkOf({ delta: { content: '' } }, { index: 1, delta: { content: 'a' } }))).toBe(true);
  });

  it.each([
    ['OpenAI', streams.text, 1],
    ['OpenAI with a tool call', streams.toolCall, 0],
    ['OpenAI with parallel tool calls', streams.parallelToolCalls, 1],
    ['OpenAI with a refusal', streams.refusal, 1],
    ['DeepSeek', streams.deepseekThoughts, 1],
    ['OpenRouter', streams.openrouterThoughts, 0],
    ['Azure', streams.azureText, 2],
    ['Mistral', streams.mistralText, 1],
    ['Mistral with a tool call', streams.mistralToolCall, 1],
  ])('of %s begins where it begins', (_, chunks, first) => {
    expect(chunks.findIndex(hasContent)).toBe(first);
  });
});

describe('The end', () => {
  it('is told for each choice that ends with the chunk', () => {
    const chunk = chunkOf({ finish_reason: 'stop' }, { index: 1 }, { index: 2, finish_reason: 'length' });
    expect(finishReasons(chunk)).toEqual([
      { index: 0, reason: 'stop' },
      { index: 2, reason: 'length' },
    ]);
  });

  it('is not there as long as the reason is null, empty or missing', () => {
    const reasons = [null, '', undefined].map((reason) => finishReasons(chunkOf({ finish_reason: reason })));
    expect(reasons).toEqual([[], [], []]);
  });

  it("may come with the last piece, as Mistral's does", () => {
    const last = streams.mistralText.at(-1);
    expect(last && [textOf(last), finishReasons(last)]).toEqual(['jour', [{ index: 0, reason: 'stop' }]]);
  });

  it.each([
    ['length', true],
    ['content_filter', true],
    ['tool_calls', true],
    ['function_call', true],
    ['stop', false],
    ['error', false],
    [undefined, false],
  ])('for the reason %s explains an answer without content: %s', (reason, explains) => {
    expect(EXPLAINS_EMPTINESS.has(reason)).toBe(explains);
  });
});

describe('The usage', () => {
  it('comes alone in the last chunk of OpenAI', () => {
    expect(streams.text.map(isUsageOnly)).toEqual([false, false, false, false, true]);
  });

  it('does not come alone with a choice, nor with the results of a filter', () => {
    expect(streams.openrouterThoughts.some(isUsageOnly)).toBe(false);
    expect(streams.azureText.some(isUsageOnly)).toBe(false);
    expect(isUsageOnly({ ...chunkOf(), usage: null })).toBe(false);
  });
});

describe('The text', () => {
  it('is what the first choice says, without its thoughts', () => {
    expect(streams.deepseekThoughts.map(textOf)).toEqual(['', '', '', 'Ni', 'ne.', '']);
  });

  it('is not that of another choice', () => {
    expect(textOf(chunkOf({ index: 1, delta: { content: 'b' } }, { delta: { content: 'a' } }))).toBe('a');
    expect(textOf(chunkOf({ index: 1, delta: { content: 'b' } }))).toBe('');
  });

  it('is empty without choices', () => {
    expect(textOf(chunkOf())).toBe('');
  });
});

describe('More than text', () => {
  it.each([
    ['OpenAI', streams.text],
    ['DeepSeek', streams.deepseekThoughts],
    ['OpenRouter', streams.openrouterThoughts],
    ['Azure', streams.azureText],
    ['Mistral', streams.mistralText],
  ])('is in no chunk of %s that brings text and thoughts', (_, chunks) => {
    expect(chunks.some(hasMoreThanText)).toBe(false);
  });

  it.each([
    ['a tool call', chunkOf({ delta: { content: 'a', tool_calls: [tool] } })],
    ['a function call', chunkOf({ delta: { function_call: { name: 'f' } } })],
    ['a refusal', chunkOf({ delta: { refusal: 'No' } })],
    ['sound', chunkOf({ delta: { audio: { data: 'AAAA' } } })],
    ['a picture', chunkOf({ delta: { images: [{}] } })],
    ['another choice', chunkOf({ delta: { content: 'a' } }, { index: 1, delta: { role: 'assistant' } })],
  ])('is %s', (_, chunk) => {
    expect(hasMoreThanText(chunk)).toBe(true);
  });

  it('is not an empty list of tool calls, nor a null', () => {
    const delta = { content: 'a', tool_calls: [], function_call: null, refusal: null, audio: null };
    expect(hasMoreThanText(chunkOf({ delta }))).toBe(false);
  });
});
