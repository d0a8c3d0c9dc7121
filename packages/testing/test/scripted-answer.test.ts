import { answerWith } from '@ai-failover/testing';
import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { ask } from './scripted-exchange.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

async function streamed(reply: Parameters<typeof answerWith>[0], body: object = {}): Promise<unknown[]> {
  const asked = ask(answerWith(reply), body);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.course.at(-1)).toBe('end');
  return asked.data;
}

/** The deltas of a choice. */
function deltasOf(data: readonly unknown[], index = 0): unknown[] {
  const chunks = data as { readonly choices?: readonly { readonly index: number; readonly delta: unknown }[] }[];
  return chunks
    .flatMap(({ choices = [] }) => choices.filter((choice) => choice.index === index))
    .map((one) => one.delta);
}

describe('answerWith', () => {
  it('is a stream of the same answer when the request asks for one', async () => {
    expect(await streamed('Hello there')).toEqual(
      [
        { delta: { role: 'assistant', content: '' }, finish_reason: null },
        { delta: { content: 'Hello' }, finish_reason: null, logprobs: null },
        { delta: { content: ' there' }, finish_reason: null },
        { delta: {}, finish_reason: 'stop' },
      ]
        .map((choice): unknown => ({
          id: 'chatcmpl-test',
          object: 'chat.completion.chunk',
          created: 0,
          model: 'test-model',
          choices: [{ index: 0, ...choice }],
        }))
        .concat('[DONE]'),
    );
  });

  it('is a completion when it does not', async () => {
    for (const stream of [false, undefined]) {
      const asked = ask(answerWith('Hello'), { stream });
      await vi.advanceTimersByTimeAsync(0);
      expect(asked.headers).toEqual({ 'content-type': 'application/json' });
      expect(JSON.parse(asked.text)).toMatchObject({ object: 'chat.completion' });
    }
  });

  it('begins when it would have answered', async () => {
    const asked = ask(answerWith('Hello', { after: 500 }));
    await vi.advanceTimersByTimeAsync(499);
    expect(asked.course).toEqual(['connection']);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.content).toBe('Hello');
  });

  it("ends with the completion's usage if that was asked for", async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const data = await streamed({ usage }, { stream_options: { include_usage: true } });
    expect(data.at(-2)).toMatchObject({ choices: [], usage });
    expect(JSON.stringify(await streamed({ usage }))).not.toContain('usage');
  });

  it('sends each tool call in one piece', async () => {
    const calls = ['find', 'count'].map((name) => ({
      id: name,
      type: 'function',
      function: { name, arguments: '{}' },
    }));
    const message = { role: 'assistant', content: null, tool_calls: calls };
    const data = await streamed({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    expect(deltasOf(data)).toEqual([
      { role: 'assistant', content: null },
      { tool_calls: [{ index: 0, ...calls[0] }] },
      { tool_calls: [{ index: 1, ...calls[1] }] },
      {},
    ]);
    expect(data.at(-2)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] });
  });

  it('sends thoughts, then content, then what else the message has', async () => {
    const message = {
      content: 'So be it',
      reasoning_content: 'Let me think',
      refusal: null,
      audio: { id: 'a' },
      x: null,
    };
    expect(deltasOf(await streamed({ choices: [{ message, finish_reason: 'stop' }] }))).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'Let' },
      { reasoning_content: ' me' },
      { reasoning_content: ' think' },
      { content: 'So' },
      { content: ' be' },
      { content: ' it' },
      { audio: { id: 'a' } },
      {},
    ]);
  });

  it('sends every choice, its log probabilities once, and fields of its own in each chunk', async () => {
    const logprobs = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null };
    const choices = ['a b', ''].map((content, index) => ({
      index,
      message: { role: 'assistant', content },
      logprobs,
      finish_reason: 'length',
    }));
    const data = await streamed({ choices, system_fingerprint: 'fp' });
    expect(deltasOf(data, 0)).toEqual([{ role: 'assistant', content: '' }, { content: 'a' }, { content: ' b' }, {}]);
    expect(deltasOf(data, 1)).toEqual([{ role: 'assistant', content: '' }, {}]);
    const text = JSON.stringify(data);
    expect([text.match(/"logprob":-1/g)?.length, text.match(/"fp"/g)?.length]).toEqual([2, data.length - 1]);
  });

  it('is a stream that says nothing when there are no choices', async () => {
    expect(await streamed({ choices: [] })).toEqual(['[DONE]']);
  });
});
