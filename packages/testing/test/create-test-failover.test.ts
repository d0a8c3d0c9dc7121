import { isFailover } from '@ai-failover/core';
import { answerWith, createTestFailover, failWith, neverAnswer, refuseConnection } from '@ai-failover/testing';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

afterEach(() => {
  vi.useRealTimers();
});

describe('createTestFailover', () => {
  it('is a real engine that answers with a text', async () => {
    const failover = createTestFailover({ reply: 'Hello there' });
    expect(isFailover(failover)).toBe(true);
    const reply = await failover.chat(QUESTION);
    expect(reply).toMatchObject({
      object: 'chat.completion',
      model: 'test-model',
      choices: [{ message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' }],
    });
    expect(reply.text).toBe('Hello there');
    expect(failover.status().calls).toMatchObject({ total: 1, answered: 1 });
    await failover.close();
  });

  it('answers with the fields of a completion, the rest being filled in', async () => {
    const toolCall = { id: 'call-1', type: 'function', function: { name: 'find', arguments: '{}' } };
    const message = { role: 'assistant', content: null, tool_calls: [toolCall] };
    const failover = createTestFailover({
      reply: { choices: [{ index: 0, message, finish_reason: 'tool_calls' }], kind: 'of its own' },
    });
    const reply = await failover.chat(QUESTION);
    expect(reply.choices[0]?.message.tool_calls).toEqual([toolCall]);
    expect(reply.usage?.total_tokens).toBe(15);
  });

  it('answers by a function of what was sent, also an async one', async () => {
    const failover = createTestFailover({
      reply: async ({ body, number }) => {
        await Promise.resolve();
        return `${number}: ${JSON.stringify(body['temperature'])}`;
      },
    });
    const texts = [];
    for (const temperature of [0, 0.5]) texts.push((await failover.chat({ ...QUESTION, temperature })).text);
    expect(texts).toEqual(['1: 0', '2: 0.5']);
  });

  it('records everything that would have been sent, in order', async () => {
    const failover = createTestFailover({ reply: 'yes' });
    await failover.chat({ ...QUESTION, temperature: 0.2 });
    await failover.chat({ messages: [{ role: 'user', content: 'Again' }] });
    expect(failover.requests.map(({ body }) => body)).toEqual([
      { ...QUESTION, temperature: 0.2, model: 'test-model' },
      { messages: [{ role: 'user', content: 'Again' }], model: 'test-model' },
    ]);
    expect(failover.requests.map(({ upstream, number, aborted }) => [upstream, number, aborted])).toEqual([
      ['test', 1, false],
      ['test', 2, false],
    ]);
  });

  it("takes the application's own options, keys and headers and all", async () => {
    const failover = createTestFailover({
      reply: ({ upstream }) => (upstream === 'north' ? failWith(500) : 'from the south'),
      options: {
        upstreams: [
          { name: 'north', provider: 'openai', keys: ['sk-north-0123456789'], models: ['large'] },
          {
            name: 'south',
            provider: 'openai',
            baseUrl: 'https://south.example/v1',
            keys: ['sk-south-0123456789'],
            models: { small: { id: 'their-small' } },
            headers: { 'X-Tenant': 'shop' },
          },
        ],
        chains: { default: ['large', 'small'] },
      },
    });
    const reply = await failover.chat(QUESTION);
    expect(reply.failover).toMatchObject({ degraded: 'downgraded', deployment: 'small@south' });
    const south = failover.requests.at(-1);
    expect(south?.model).toBe('their-small');
    expect(south?.headers).toMatchObject({ authorization: 'Bearer sk-south-0123456789', 'x-tenant': 'shop' });
  });

  it('needs no time for back-off', async () => {
    vi.useFakeTimers();
    const failover = createTestFailover({ reply: ({ number }) => (number === 1 ? failWith(500) : 'second time') });
    const call = failover.chat(QUESTION);
    await vi.advanceTimersByTimeAsync(0);
    expect((await call).text).toBe('second time');
    expect(failover.requests).toHaveLength(2);
  });

  it('plays a refused connection, a late answer and silence', async () => {
    vi.useFakeTimers();
    const replies = [refuseConnection(), answerWith('late', { after: 5_000 }), neverAnswer()];
    const failover = createTestFailover({ reply: ({ number }) => replies[number - 1] ?? 'more' });
    const late = failover.chat(QUESTION);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(failover.requests).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect((await late).failover.attempts.map(({ outcome }) => outcome)).toEqual(['connect', 'ok']);

    const controller = new AbortController();
    const silent = failover.chat(QUESTION, { signal: controller.signal });
    const failed = silent.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    controller.abort('enough');
    expect(await failed).toBe('enough');
    expect(failover.requests.map(({ aborted }) => aborted)).toEqual([false, false, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shows what a script throws to the test, instead of degrading over it', async () => {
    const failover = createTestFailover({
      reply: () => {
        throw new Error('a mistake in the test');
      },
    });
    await expect(failover.chat(QUESTION, { cannedReply: 'Soon.' })).rejects.toThrow(/a mistake in the test/);
  });

  it('knows the names of its models and chains', () => {
    const failover = createTestFailover({
      reply: 'yes',
      options: {
        upstreams: [{ name: 'north', provider: 'openai', keys: 'none', models: ['large', 'small'] }],
        chains: { cheap: ['small'] },
      },
    });
    expect(failover.names).toEqual({
      chains: expect.arrayContaining(['cheap', 'default']),
      models: ['large', 'small'],
    });
    expectTypeOf(failover.explain).parameter(1).toEqualTypeOf<Parameters<typeof failover.chat>[1]>();
    // @ts-expect-error -- no such chain
    expect(() => failover.checkCallOptions({ chain: 'cheep' })).toThrow(/"cheap"/);
  });
});
