import type { Failover } from '@ai-failover/core';
import {
  answerWith,
  continueWith,
  createTestFailover,
  failWith,
  refuseConnection,
  streamWith,
} from '@ai-failover/testing';
import type { ScriptedRequest, TestReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };
const TEXT = 'one two three four five six seven eight nine ten eleven twelve, and thirteen is too many';

const upstream = (name: string, more: object = {}) =>
  ({ name, provider: 'openai', baseUrl: `https://${name}.example/v1`, keys: 'none', models: ['m'], ...more }) as const;

/** Two upstreams of one model, asked in this order. */
const PAIR = { upstreams: [upstream('north', { priority: 1 }), upstream('south', { priority: 2 })] };

function createPair(reply: (request: ScriptedRequest) => TestReply) {
  return createTestFailover({ reply, options: PAIR });
}

type ChatStream = Awaited<ReturnType<Failover['stream']>>;

async function textOf(stream: ChatStream): Promise<string> {
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a stream of createTestFailover', () => {
  it('is the same answer that chat gives', async () => {
    const failover = createTestFailover({ reply: 'Hello there' });
    const stream = await failover.stream(QUESTION);
    expect(await textOf(stream)).toBe('Hello there');
    expect(await stream.finished).toMatchObject({ status: 'done', finishReason: 'stop' });
    expect(stream.failover).toMatchObject({ deployment: 'test-model@test', degraded: undefined });
    expect(failover.requests[0]).toMatchObject({ body: { stream: true }, outcome: 'answered' });
    expect((await failover.chat(QUESTION)).text).toBe('Hello there');
    await failover.close();
  });

  it('has the tool calls of a completion', async () => {
    const calls = ['find', 'count'].map((name) => ({
      id: name,
      type: 'function',
      function: { name, arguments: '{}' },
    }));
    const message = { role: 'assistant', content: null, tool_calls: calls };
    const failover = createTestFailover({ reply: { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] } });
    const stream = await failover.stream(QUESTION);
    const deltas = [];
    for await (const { choices } of stream) deltas.push(...(choices[0]?.delta.tool_calls ?? []));
    expect(deltas).toEqual([
      { index: 0, ...calls[0] },
      { index: 1, ...calls[1] },
    ]);
    expect(await stream.finished).toMatchObject({ status: 'done', finishReason: 'tool_calls' });
    await failover.close();
  });

  it('has the usage of the answer', async () => {
    const failover = createTestFailover({ reply: 'Hello there' });
    const stream = await failover.stream({ ...QUESTION, stream_options: { include_usage: true } });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 15 } });
    await failover.close();
  });

  it('begins after what an upstream takes, and after another has failed', async () => {
    const failover = createPair(({ upstream: name }) =>
      name === 'north' ? failWith(503, { after: 100 }) : answerWith('from the south', { after: 400 }),
    );
    const begun = failover.stream(QUESTION).then((stream) => ({ stream, at: performance.now() }));
    const start = performance.now();
    await vi.advanceTimersByTimeAsync(1_000);
    const { stream, at } = await begun;
    expect([await textOf(stream), at - start]).toEqual(['from the south', 500]);
    await failover.close();
  });

  it('is continued by another upstream that repeats the end of what was sent', async () => {
    const failover = createPair((request) =>
      request.upstream === 'north' ? streamWith(TEXT, { cutAfter: 5, interval: 10 }) : continueWith(TEXT, request),
    );
    const begun = failover.stream(QUESTION);
    await vi.advanceTimersByTimeAsync(1_000);
    const stream = await begun;
    expect(await textOf(stream)).toBe(TEXT);
    expect(await stream.finished).toMatchObject({ status: 'done' });
    expect(stream.failover.degraded).toBe('continued');
    expect(failover.requests.map(({ outcome }) => outcome)).toEqual(['broken', 'answered']);
    await failover.close();
  });

  it('is not called whole when nobody goes on with it', async () => {
    const failover = createPair(({ upstream: name }) =>
      name === 'north' ? streamWith(TEXT, { cutAfter: 5 }) : refuseConnection(),
    );
    const stream = await failover.stream(QUESTION);
    const read = textOf(stream).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await read).toMatchObject({ code: 'AIF_INTERRUPTED' });
    expect(await stream.finished).toMatchObject({ status: 'failed' });
    await failover.close();
  });

  it('ends at the upstream when the caller aborts it', async () => {
    const failover = createTestFailover({ reply: streamWith(TEXT, { interval: 1_000 }) });
    const stream = await failover.stream(QUESTION);
    await vi.advanceTimersByTimeAsync(2_500);
    stream.abort('enough');
    expect(failover.requests[0]).toMatchObject({ aborted: true });
    expect(await stream.finished).toEqual({ status: 'aborted', reason: 'enough' });
    await failover.close();
  });
});
