/** Whole completions as streams. */
import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatCompletion } from '../../src/request/chat-types.js';
import { chunksOf } from '../../src/stream/chunks-of.js';

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function completionOf(...choices: object[]): ChatCompletion {
  const facts = { id: 'c', object: 'chat.completion', created: 1, model: 'm', provider: 'North', usage: USAGE };
  const whole = choices.map((choice, index) => {
    const message = { role: 'assistant', content: 'Hello', refusal: null };
    return Object.assign({ index, message, logprobs: null, finish_reason: 'stop' }, choice);
  });
  return { ...facts, choices: whole } as unknown as ChatCompletion;
}

function saying(message: object): ChatCompletion {
  return completionOf({ message: { role: 'assistant', content: null, refusal: null, ...message } });
}

function stream(completion: ChatCompletion, includeUsage = false): ChatChunk[] {
  return chunksOf(completion, { includeUsage });
}

function deltasOf(completion: ChatCompletion): unknown[] {
  return stream(completion).map(({ choices }) => choices[0]?.delta);
}

const tool = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };

describe('A completion as a stream', () => {
  it('has a role, a text and an end, each with what names the completion', () => {
    const facts = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', provider: 'North' };
    const piece = (delta: object, reason: string | null = null): object => {
      return { ...facts, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] };
    };
    expect(stream(completionOf({}))).toEqual([
      piece({ role: 'assistant', content: '' }),
      piece({ content: 'Hello' }),
      piece({}, 'stop'),
    ]);
  });

  it('ends with the usage if it is asked for, and says null until then', () => {
    const chunks = stream(completionOf({}), true);
    expect(chunks.map(({ usage }) => usage)).toEqual([null, null, null, USAGE]);
    expect(chunks.at(-1)?.choices).toEqual([]);
  });

  it('ends with a usage of zero where there was none', () => {
    const { usage: _, ...completion } = completionOf({});
    const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    expect(stream(completion, true).at(-1)).toMatchObject({ choices: [], usage: zero });
  });

  it('says nothing of the usage if nobody asked for it', () => {
    expect(stream(completionOf({})).some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('brings each tool call whole, and no text before it', () => {
    const other = { id: 'call_2', type: 'custom', custom: { name: 'sql', input: 'select 1' }, signature: 'x' };
    expect(deltasOf(saying({ tool_calls: [tool, other] }))).toEqual([
      { role: 'assistant', content: null },
      { tool_calls: [{ index: 0, ...tool }] },
      { tool_calls: [{ index: 1, ...other }] },
      {},
    ]);
  });

  it('brings thoughts before words and everything else behind them', () => {
    const message = { content: 'So.', annotations: [1], odd: true, reasoning_content: 'Hm', tool_calls: [tool] };
    expect(deltasOf(saying(message))).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm' },
      { content: 'So.' },
      { tool_calls: [{ index: 0, ...tool }] },
      { annotations: [1], odd: true },
      {},
    ]);
  });

  it('brings a refusal with the probabilities of its tokens', () => {
    const logprobs = { content: null, refusal: [{ token: 'No' }] };
    const message = { role: 'assistant', content: null, refusal: 'No' };
    const pieces = stream(completionOf({ message, logprobs })).map(({ choices }) => choices[0]);
    expect(pieces[1]).toMatchObject({ delta: { refusal: 'No' }, logprobs });
    expect(pieces.filter((piece) => piece?.logprobs)).toHaveLength(1);
  });

  it('brings one choice after the other, each with its own end', () => {
    const chunks = stream(completionOf({}, { finish_reason: 'length', content_filter_results: { hate: {} } }));
    expect(chunks.map(({ choices }) => choices[0]?.index)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ finish_reason: 'length', content_filter_results: { hate: {} } });
  });

  it('holds the words of a content in parts as text and thoughts', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'Hello' },
    ];
    expect(deltasOf(saying({ content }))).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm' },
      { content: 'Hello' },
      {},
    ]);
  });

  it('is complete where a careless upstream leaves out all but the message', () => {
    const choices = [{ message: { content: 'a' } }, { message: { tool_calls: null } }];
    const chunks = stream({ id: 'c', created: 1, model: 'm', choices } as unknown as ChatCompletion);
    expect(chunks.map((chunk) => chunk.choices[0])).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'a' }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' },
      { index: 1, delta: { role: 'assistant', content: null }, logprobs: null, finish_reason: null },
      { index: 1, delta: {}, logprobs: null, finish_reason: 'stop' },
    ]);
  });
});
