/** Nobody goes without an answer: the last resort, the canned reply, and who does not get it. */
import type { CannedReply, CannedReplyContext } from '@ai-failover/core';
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

const TOO_LONG = failWith(400, { code: 'context_length_exceeded', message: 'Your prompt is too long.' });

describe('The model of last resort', () => {
  const options = {
    upstreams: [upstream('P', ['large']), upstream('S', ['small']), upstream('T', ['spare'])],
    chains: { default: ['large', 'small'] },
    lastResort: 'spare',
  };

  it('answers when the chain is exhausted, as a downgrade', async () => {
    const stage = setStage({ P: () => failWith(402), S: () => failWith(402), T: () => answerWith('spare') }, options);
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('large@P quota, small@S quota, spare@T ok');
    expect(call.reply?.failover.degraded).toBe('downgraded');
  });

  it('keeps one attempt for itself, however often the others are tried', async () => {
    const stage = setStage(
      { P: () => refuseConnection(), S: () => refuseConnection(), T: () => answerWith('spare') },
      options,
    );
    const call = stage.call({}, { maxAttempts: 3 });
    await stage.until(60);
    expect(trail(call)).toBe('large@P connect, small@S connect, spare@T ok');
  });

  it('is asked once when the chain names it too', async () => {
    const stage = setStage(
      { P: () => failWith(402), S: () => failWith(402), T: () => failWith(402) },
      { ...options, chains: { default: ['large', 'spare'] } },
    );
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('large@P quota, spare@T quota');
    expect(call.reply?.text).toBe(CANNED);
  });
});

describe('The canned reply', () => {
  const down = { P: () => failWith(402) };

  function told(cannedReply: CannedReply, request: object = {}, options: object = {}) {
    const stage = setStage(down);
    return { stage, call: stage.call(request, { cannedReply, ...options }) };
  }

  it('has the shape of a real one, no usage, and says what it is', async () => {
    const stage = setStage(down);
    const call = stage.call();
    await stage.until(0);
    expect({ ...call.reply }).toEqual({
      id: `chatcmpl-${String(call.reply?.failover.requestId)}`,
      object: 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: CANNED, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
    expect(call.reply?.failover).toMatchObject({ degraded: 'canned', deployment: undefined, model: undefined });
    expect(trail(call)).toBe('m@P quota');
    expect(stage.failover.status().deployments[0]).toMatchObject({ successes: 0 });
  });

  it('is chosen by the locales of the call, lazily or not', async () => {
    const texts = { en: 'Soon.', de: 'Gleich.' };
    for (const locales of [['de-CH'], () => ['de-CH']]) {
      const { stage, call } = told(texts, {}, { locales });
      await stage.until(0);
      expect(call.reply?.text).toBe('Gleich.');
    }
  });

  it('of a function is told the request, the locales and the metadata', async () => {
    const seen: CannedReplyContext[] = [];
    const request = { messages: [{ role: 'user', content: 'Where is it?' }], temperature: 0 };
    const { stage, call } = told(
      (context) => {
        seen.push(context);
        return {
          choices: [{ index: 0, message: { role: 'assistant', content: 'made' }, finish_reason: 'length' }],
        } as never;
      },
      request,
      { locales: ['fr'], metadata: { shop: 7 } },
    );
    await stage.until(0);
    expect(seen).toEqual([{ request, locales: ['fr'], metadata: { shop: 7 } }]);
    expect(call.reply).toMatchObject({ text: 'made', choices: [{ finish_reason: 'length' }], model: 'm' });
  });

  it('of an async function is waited for', async () => {
    const { stage, call } = told(() => new Promise((resolve) => setTimeout(resolve, 1_500, 'looked up')));
    await stage.until(1.5);
    expect(call).toMatchObject({ at: 1.5, reply: { text: 'looked up' } });
  });

  it('of a function that hangs is not waited for for ever: the call fails as if there were none', async () => {
    const { stage, call } = told(() => new Promise(() => {}));
    await stage.until(1.999);
    expect(call.at).toBeUndefined();
    await stage.until(2);
    expect(call).toMatchObject({ at: 2, error: { status: 429, code: 'AIF_RATE_LIMITED' } });
  });

  it('of a function is not waited for when the caller leaves', async () => {
    const controller = new AbortController();
    const { stage, call } = told(() => new Promise(() => {}), {}, { signal: controller.signal });
    await stage.until(1);
    controller.abort();
    await stage.until(1);
    expect(call).toMatchObject({ at: 1, error: controller.signal.reason });
    expect(stage.events.at(-1)?.[0]).toBe('call-aborted');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('my own mistake');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('my own mistake');
      },
    ],
    ['returns nonsense', () => 17 as never],
    ['returns a completion without choices', () => ({ choices: [] })],
  ])('of a function that %s is reported, and the call fails as if there were none', async (_how, cannedReply) => {
    const { stage, call } = told(cannedReply);
    await stage.until(0);
    expect(call.error).toMatchObject({ code: 'AIF_RATE_LIMITED' });
    expect(stage.events).toContainEqual(['hook-failed', { hook: 'cannedReply', error: expect.any(Error) }]);
  });

  it('of a function may be none', async () => {
    const { stage, call } = told(() => undefined);
    await stage.until(0);
    expect(call.error).toMatchObject({ code: 'AIF_RATE_LIMITED' });
    expect(stage.events.some(([name]) => name === 'hook-failed')).toBe(false);
  });

  it('as a text is not given to a caller that wants JSON; a function may answer it', async () => {
    for (const type of ['json_object', 'json_schema']) {
      const format = { type, ...(type === 'json_schema' && { json_schema: { name: 'answer', schema: {} } }) };
      const text = told('Soon.', { response_format: format });
      await text.stage.until(0);
      expect(text.call.error).toMatchObject({ status: 429 });
      const made = told(({ request }) => JSON.stringify({ asked: request.messages.length }), {
        response_format: format,
      });
      await made.stage.until(0);
      expect(made.call.reply?.text).toBe('{"asked":1}');
    }
    const plain = told('Soon.', { response_format: { type: 'text' } });
    await plain.stage.until(0);
    expect(plain.call.reply?.text).toBe('Soon.');
  });

  it("is not given for the caller's own fault, not even when others had failed before", async () => {
    const wrong = failWith(422, { message: 'temperature is too hot' });
    const stage = setStage({ P: () => failWith(500), S: () => wrong });
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('m@P server, m@S request');
    expect(call.error).toMatchObject({ status: 400, code: 'AIF_BAD_REQUEST', message: 'temperature is too hot' });
    const checked = stage.call({ messages: 'Hello' });
    await stage.until(0);
    expect(checked.error).toMatchObject({ status: 400, param: 'messages' });
  });

  it('is not given for a prompt that is too long for every model', async () => {
    const stage = setStage(
      { P: () => TOO_LONG },
      { upstreams: [upstream('P', ['large', 'small'])], chains: { default: ['small', 'large'] } },
    );
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('small@P request, large@P request');
    expect(call.error).toMatchObject({ status: 400, message: 'Your prompt is too long.' });
  });

  it('is given at the deadline', async () => {
    const stage = setStage({ P: () => neverAnswer() });
    const call = stage.call({}, { deadline: 3_000 });
    const plain = stage.call({}, { deadline: 3_000, cannedReply: false });
    await stage.until(3);
    expect(call).toMatchObject({ at: 3, reply: { text: CANNED } });
    expect(plain).toMatchObject({ at: 3, error: { status: 504, code: 'AIF_DEADLINE' } });
  });
});

describe('An error without a canned reply', () => {
  const none = { cannedReply: undefined };

  it('tells a pool that failed from one that was never asked, and when to come back', async () => {
    const stage = setStage({ P: () => failWith(401) }, none);
    const failed = stage.call();
    await stage.until(5);
    const unasked = stage.call();
    await stage.until(5);
    expect(failed.error).toMatchObject({ status: 502, code: 'AIF_EXHAUSTED', cause: { kind: 'credential' } });
    expect(failed.error).not.toHaveProperty('headers.retry-after');
    expect(unasked.error).toMatchObject({ status: 503, code: 'AIF_UNAVAILABLE', headers: { 'retry-after': '10' } });
    expect(unasked.error).not.toHaveProperty('cause.kind');
  });

  it('is 429 only if limits are the reason everywhere', async () => {
    const limited = failWith(429, { headers: { 'retry-after': '60' } });
    const all = setStage({ P: () => limited, S: () => failWith(402) }, none);
    const some = setStage({ P: () => limited, S: () => failWith(401) }, none);
    const calls = [all.call(), some.call()];
    await all.until(0);
    expect(calls.map(({ error }) => (error as { status: number }).status)).toEqual([429, 502]);
  });
});
