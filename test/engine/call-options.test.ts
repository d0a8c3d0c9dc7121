/** What a call may say: the model, the chain, and its own limits. */
import { answerWith, failWith, neverAnswer, refuseConnection } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const MODELS = {
  upstreams: [upstream('P', ['gpt-4.1', 'deepseek-v3.2', 'gemini-2.5-flash'])],
  chains: {
    default: ['gpt-4.1', 'deepseek-v3.2'],
    cheap: ['deepseek-v3.2', 'gemini-2.5-flash'],
    mixed: [{ 'gpt-4.1': 1, 'gemini-2.5-flash': 1 }, 'deepseek-v3.2'],
  },
};

describe('The model of a request', () => {
  function asked(model: string | undefined, options: object = {}) {
    const stage = setStage(
      { P: () => failWith(402) },
      {
        ...MODELS,
        upstreams: MODELS.upstreams.map((one) => ({
          ...one,
          keys: ['sk-1-0123456789', 'sk-2-0123456789', 'sk-3-0123456789'],
        })),
      },
    );
    const call = stage.call(model === undefined ? {} : { model }, options);
    return { stage, call, models: () => [...new Set(stage.requests.map((one) => one.model))] };
  }

  it('may name a chain', async () => {
    const { stage, call, models } = asked('cheap');
    await stage.until(0);
    expect(models()).toEqual(['deepseek-v3.2']);
    expect(stage.events[0]?.[1]).toMatchObject({ chain: 'cheap' });
    expect(call.reply?.text).toBe(CANNED);
  });

  it('wins as a chain over the option, which wins over the default', () => {
    const { failover } = setStage({}, MODELS);
    const chainOf = (model: string | undefined, chain?: string) =>
      failover.explain(
        { messages: [{ role: 'user', content: 'Hello' }], ...(model !== undefined && { model }) },
        { chain },
      ).chain;
    expect(chainOf('cheap', 'mixed')).toBe('cheap');
    expect(chainOf(undefined, 'mixed')).toBe('mixed');
    expect(chainOf(undefined)).toBe('default');
  });

  it('may name a model: that one, and what stands behind it in the chain', () => {
    const { failover } = setStage({}, MODELS);
    const plan = (model: string, chain?: string) =>
      failover
        .explain({ messages: [{ role: 'user', content: 'Hello' }], model }, { chain })
        .models.map((one) => one.model);
    expect(plan('gpt-4.1')).toEqual(['gpt-4.1', 'deepseek-v3.2']);
    expect(plan('deepseek-v3.2')).toEqual(['deepseek-v3.2']);
    expect(plan('gemini-2.5-flash', 'mixed')).toEqual(['gemini-2.5-flash', 'deepseek-v3.2']);
    expect(plan('gemini-2.5-flash')).toEqual(['gemini-2.5-flash']);
  });

  it('that is unknown is a 400 with the nearest names, before anything is sent', async () => {
    const { stage, call } = asked('gpt4.1');
    await stage.until(0);
    expect(call.error).toMatchObject({
      status: 400,
      code: 'AIF_BAD_REQUEST',
      param: 'model',
      message: expect.stringContaining('"gpt-4.1"'),
    });
    expect(stage.requests).toHaveLength(0);
    expect(stage.events).toEqual([]);
  });

  it('is sent by the name that the upstream knows it by, and answers to ours', async () => {
    const stage = setStage(
      { P: () => answerWith('yes') },
      { upstreams: [upstream('P', { large: { id: 'vendor/large-2026' } })] },
    );
    const call = stage.call({ model: 'large' });
    await stage.until(0);
    expect(stage.requests[0]?.model).toBe('vendor/large-2026');
    expect(call.reply?.failover).toMatchObject({ model: 'large', deployment: 'large@P', degraded: undefined });
  });
});

describe('The options of a call', () => {
  it('`maxAttempts` is a limit that no chain stretches', async () => {
    const stage = setStage({ P: () => refuseConnection() }, MODELS);
    const call = stage.call({}, { maxAttempts: 1 });
    await stage.until(60);
    expect(trail(call)).toBe('gpt-4.1@P connect');
  });

  it('`deadline` ends the call, waits included', async () => {
    const stage = setStage({ P: ({ number }) => (number === 1 ? failWith(503, { after: 2_000 }) : neverAnswer()) });
    const call = stage.call({}, { deadline: 4_000 });
    await stage.until(4);
    expect(call).toMatchObject({ at: 4, reply: { text: CANNED } });
    expect(stage.requests.at(-1)?.aborted).toBe(true);
  });

  it('`timeouts` change the limits they name and no others', async () => {
    const stage = setStage({ P: () => neverAnswer(), S: () => answerWith('yes') });
    const call = stage.call({ max_tokens: 100 }, { timeouts: { unary: 1_000 } });
    await stage.until(3.499);
    expect(call.at).toBeUndefined();
    // 1 s, and 25 ms for each of a hundred tokens as ever.
    await stage.until(3.5);
    expect(trail(call)).toBe('m@P silent, m@S ok');
  });

  it('`retry` changes the back-off', async () => {
    const stage = setStage({ P: ({ number }) => (number === 1 ? failWith(500) : answerWith('yes')) });
    const call = stage.call({}, { retry: { baseDelay: 4_000 } });
    await stage.until(1.999);
    expect(stage.requests).toHaveLength(1);
    await stage.until(2);
    expect(call).toMatchObject({ at: 2, reply: { text: 'yes' } });
  });

  it('`retry` changes how long a hint is waited for', async () => {
    const stage = setStage({ P: () => failWith(429, { headers: { 'retry-after': '5' } }) });
    const call = stage.call({}, { retry: { maxHintWait: 1_000 } });
    await stage.until(0);
    expect(call).toMatchObject({ at: 0, reply: { text: CANNED } });
  });

  it('`cannedReply` replaces the configured one, `false` takes it away', async () => {
    const stage = setStage({ P: () => failWith(402) });
    const [own, none, configured] = [
      stage.call({}, { cannedReply: 'Mine.' }),
      stage.call({}, { cannedReply: false }),
      stage.call({}, { cannedReply: undefined }),
    ];
    await stage.until(0);
    expect([own.reply?.text, configured.reply?.text]).toEqual(['Mine.', CANNED]);
    expect(none.error).toMatchObject({ status: 429 });
  });

  it('`signal` ends the call with its reason; one that has fired sends nothing', async () => {
    const stage = setStage({ P: () => neverAnswer() });
    const controller = new AbortController();
    const under = stage.call({}, { signal: controller.signal });
    await stage.until(1);
    const reason = new Error('enough');
    controller.abort(reason);
    const late = stage.call({}, { signal: controller.signal });
    await stage.until(1);
    expect([under, late]).toMatchObject([
      { at: 1, error: reason },
      { at: 1, error: reason },
    ]);
    expect(stage.requests).toHaveLength(1);
  });

  it('`priority` serves the more urgent first when many wait for the same', async () => {
    const stage = setStage(
      { P: () => answerWith('yes', { after: 100 }) },
      { upstreams: [upstream('P', ['m'], { limits: { concurrency: 1 } })] },
    );
    const calls = [0, 1, 5, 3].map((priority) => stage.call({}, { priority, metadata: { priority } }));
    await stage.until(1);
    expect(calls.map(({ at }) => at)).toEqual([0.1, 0.4, 0.2, 0.3]);
  });

  it.each([
    [{ chain: 'defualt' }, /Did you mean "default"/],
    [{ deadline: 0 }, /deadline/],
    [{ deadline: Number.NaN }, /deadline/],
    [{ deadline: '5s' }, /deadline/],
    [{ maxAttempts: 1.5 }, /^maxAttempts: .*whole number/],
    [{ timeouts: { unary: -1 } }, /timeouts\.unary/],
    [{ require: { tags: 'no-retention' } }, /require\.tags/],
    [{ require: { tag: ['no-retention'] } }, /require\.tag\b/],
    [{ chian: 'default' }, /chian/],
  ])('that are wrong are a ConfigError: %j', async (options, message) => {
    const stage = setStage({ P: () => answerWith('never') });
    const call = stage.call({}, options);
    await stage.until(0);
    expect(call.error).toMatchObject({ code: 'AIF_CONFIG', message: expect.stringMatching(message) });
    expect(() => stage.failover.checkCallOptions(options as object)).toThrow(message);
    expect(stage.requests).toHaveLength(0);
  });
});
