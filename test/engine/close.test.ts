/** `close()`: no more calls, those under way may end, but not for ever. */
import { answerWith, failWith, neverAnswer } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const CLOSED = { code: 'AIF_CLOSED', status: 503, headers: { 'x-should-retry': 'false' } };

describe('close', () => {
  it('lets the calls under way end, and then says so', async () => {
    const stage = setStage({ P: () => answerWith('in time', { after: 3_000 }) });
    const call = stage.call();
    await stage.until(1);
    let closed = false;
    const closing = stage.failover.close().then(() => (closed = true));
    await stage.until(2.9);
    expect(closed).toBe(false);
    await stage.until(3);
    await closing;
    expect(call).toMatchObject({ at: 3, reply: { text: 'in time', failover: { degraded: undefined } } });
    expect(stage.events.at(-1)).toEqual(['closed', { aborted: 0 }]);
  });

  it('lets calls under way fail over all the same', async () => {
    const stage = setStage({
      P: () => failWith(500, { after: 1_000 }),
      S: () => answerWith('from S', { after: 1_000 }),
    });
    const call = stage.call();
    const closing = stage.failover.close();
    await stage.until(2);
    await closing;
    expect(call.reply?.text).toBe('from S');
  });

  it('aborts what is still under way after its limit, blaming nobody', async () => {
    const stage = setStage({ P: () => neverAnswer() });
    const calls = [stage.call(), stage.call()];
    await stage.until(0);
    const closing = stage.failover.close({ timeout: 5_000 });
    await stage.until(4.999);
    expect(stage.requests.some(({ aborted }) => aborted)).toBe(false);
    await stage.until(5);
    await closing;
    for (const call of calls) expect(call).toMatchObject({ at: 5, error: CLOSED });
    expect(stage.requests.every(({ aborted }) => aborted)).toBe(true);
    expect(stage.events.at(-1)).toEqual(['closed', { aborted: 2 }]);
    expect(stage.failover.status().deployments).toMatchObject([{ failures: 0, inFlight: 0 }]);
    expect(stage.failover.status().calls).toMatchObject({ inFlight: 0, failed: 2 });
  });

  it('waits ten seconds unless told otherwise', async () => {
    const stage = setStage({ P: () => neverAnswer() });
    const call = stage.call();
    await stage.until(0);
    const closing = stage.failover.close();
    await stage.until(10);
    await closing;
    expect(call.at).toBe(10);
  });

  it('ends the waits of calls at its limit', async () => {
    const stage = setStage({ P: () => failWith(429, { headers: { 'retry-after': '8' } }) });
    const call = stage.call();
    await stage.until(0);
    const closing = stage.failover.close({ timeout: 1_000 });
    await stage.until(1);
    await closing;
    expect(call).toMatchObject({ at: 1, error: CLOSED });
    expect(stage.requests).toHaveLength(1);
  });

  it('refuses calls from the moment it is asked, with no canned reply and nothing sent', async () => {
    const stage = setStage({ P: () => answerWith('yes', { after: 1_000 }) });
    const before = stage.call();
    const closing = stage.failover.close();
    const after = stage.call();
    await stage.until(1);
    await closing;
    expect(before.reply?.text).toBe('yes');
    expect(after).toMatchObject({ at: 0, error: CLOSED });
    expect(stage.requests).toHaveLength(1);
  });

  it('may be asked twice and closes once', async () => {
    const stage = setStage({ P: () => answerWith('yes', { after: 1_000 }) });
    stage.call();
    const [first, second] = [stage.failover.close(), stage.failover.close({ timeout: 1 })];
    await stage.until(1);
    await Promise.all([first, second]);
    expect(stage.events.filter(([name]) => name === 'closed')).toEqual([['closed', { aborted: 0 }]]);
  });

  it('is over at once when nothing is under way', async () => {
    const stage = setStage({ P: () => answerWith('yes') });
    await stage.failover.close();
    expect(stage.at()).toBe(0);
  });

  it('takes an endless limit for one', async () => {
    const stage = setStage({ P: () => answerWith('late', { after: 50_000 }) });
    const call = stage.call();
    const closing = stage.failover.close({ timeout: Infinity });
    await stage.until(50);
    await closing;
    expect(call.reply?.text).toBe('late');
  });

  it('does not wait for a hook that never ends', async () => {
    const stage = setStage(
      { P: () => answerWith('never sent') },
      {
        upstreams: [{ name: 'P', provider: 'openai', keys: 'none', models: ['m'], sign: () => new Promise(() => {}) }],
      },
    );
    const call = stage.call();
    await stage.until(0);
    const closing = stage.failover.close({ timeout: 1_000 });
    let closed = false;
    void closing.then(() => (closed = true));
    await stage.until(2);
    expect({ closed, error: call.error }).toMatchObject({ closed: true, error: CLOSED });
  });
});
