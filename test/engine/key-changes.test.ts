/** Keys of an upstream that is updated or removed while calls go on: what is known of them stays. */
import type { KeyFunction, KeyRequest } from '@ai-failover/core';
import { answerWith, failWith, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { setStage, upstream, type Stage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const [ONE, TWO, THREE] = ['sk-one-0123456789', 'sk-two-0123456789', 'sk-three-0123456789'] as const;

const keyOf = ({ headers }: ScriptedRequest): string => headers['authorization']?.slice('Bearer '.length) ?? '';
const restsOf = (stage: Stage) => stage.failover.status().upstreams[0]?.keys.map(({ rest }) => rest?.reason);
const named = (stage: Stage, name: string) => stage.events.filter(([one]) => one === name).map(([, event]) => event);

function counting(): Mock<KeyFunction> {
  const key: Mock<KeyFunction> = vi.fn<KeyFunction>(() => `token-${key.mock.calls.length}-0123456789`);
  return key;
}

describe('A key', () => {
  it('rests on wherever it stands in the list', async () => {
    const stage = setStage(
      { P: (request) => (keyOf(request) === ONE ? failWith(401) : answerWith('yes')) },
      { upstreams: [upstream('P', ['m'], { keys: [ONE, TWO, THREE] })] },
    );
    stage.call();
    await stage.until(1);
    await stage.failover.pool.update('P', { keys: [THREE, { key: ONE, name: 'first' }, 'sk-four-0123456789'] });
    expect(restsOf(stage)).toEqual([undefined, 'credential', undefined]);
    expect(stage.failover.status().upstreams[0]?.keys.map(({ name }) => name)).toEqual([undefined, 'first', undefined]);
  });

  it('has the bucket of before while its limits are the same, and a new one when they change', async () => {
    const limits = { requestsPerMinute: 60 };
    const stage = setStage(
      { P: () => answerWith('yes') },
      {
        upstreams: [
          upstream('P', ['m'], {
            keys: [
              { key: ONE, limits },
              { key: TWO, limits },
            ],
          }),
        ],
      },
    );
    for (let count = 0; count < 8; count += 1) stage.call();
    await stage.until(0);
    const left = () => stage.failover.status().deployments[0]?.lanes.map((lane) => lane.limits?.requests?.available);
    expect(left()).toEqual([6, 6]);
    const more = { requestsPerMinute: 120 };
    const update = stage.failover.pool.update('P', {
      keys: [
        { key: TWO, limits },
        { key: ONE, limits: more },
      ],
    });
    expect(left()).toEqual([6, 20]);
    await stage.until(1);
    await update;
    const closed = stage.failover.close();
    await stage.until(2);
    await closed;
  });
});

describe('A token', () => {
  it('is kept when its upstream is updated', async () => {
    const key = counting();
    const stage = setStage({ P: () => answerWith('yes') }, { upstreams: [upstream('P', ['m'], { keys: [key] })] });
    stage.call();
    await stage.until(1);
    await stage.failover.pool.update('P', { weight: 3, keys: [ONE, key] });
    for (let count = 0; count < 2; count += 1) stage.call();
    await stage.until(2);
    expect(key).toHaveBeenCalledTimes(1);
    expect(stage.requests.map(keyOf)).toEqual(['token-1-0123456789', ONE, 'token-1-0123456789']);
  });

  it('is asked for anew when what is sent beside it changes', async () => {
    const key = counting();
    const stage = setStage({ P: () => answerWith('yes') }, { upstreams: [upstream('P', ['m'], { keys: [key] })] });
    stage.call();
    await stage.until(1);
    await stage.failover.pool.update('P', { headers: { 'x-team': 'shop' } });
    stage.call();
    await stage.until(2);
    expect(stage.requests[1]?.headers).toMatchObject({ 'x-team': 'shop', authorization: 'Bearer token-2-0123456789' });
  });

  it('that fails after its key has moved is told of by its new place', async () => {
    let fails = (_error: Error): void => {};
    const key: KeyFunction = () => new Promise((_, reject) => (fails = reject));
    const stage = setStage({ P: () => answerWith('yes') }, { upstreams: [upstream('P', ['m'], { keys: [key] })] });
    stage.call();
    await stage.until(1);
    const update = stage.failover.pool.update('P', { keys: [ONE, key] });
    await stage.until(2);
    fails(new Error('no network'));
    await stage.until(3);
    await update;
    expect(named(stage, 'hook-failed')).toMatchObject([{ hook: 'keys[1] of P' }]);
    expect(named(stage, 'cooldown-started')).toMatchObject([{ scope: 'key', key: 2, reason: 'no-token' }]);
    expect(restsOf(stage)).toEqual([undefined, 'no-token']);
  });

  it('that nobody waits for any more is given up when its upstream leaves', async () => {
    let request: KeyRequest | undefined;
    const key: KeyFunction = (given) => {
      request = given;
      return new Promise(() => {});
    };
    const stage = setStage(
      { P: () => answerWith('yes'), S: () => answerWith('yes') },
      { upstreams: [upstream('P', ['m'], { keys: [key] }), upstream('S', ['m'], { priority: 2 })] },
    );
    const controller = new AbortController();
    stage.call({}, { signal: controller.signal });
    await stage.until(1);
    const removed = stage.failover.pool.remove('P');
    await stage.until(2);
    expect(request?.signal.aborted).toBe(false);
    controller.abort();
    await stage.until(3);
    await removed;
    expect(request?.signal.aborted).toBe(true);
    expect(named(stage, 'hook-failed')).toEqual([]);
  });

  it('of an upstream that has left is kept out of texts all the same', async () => {
    const stage = setStage(
      {
        P: (request) => failWith(400, { message: `${keyOf(request)} is wrong`, code: keyOf(request), after: 1_000 }),
        S: () => answerWith('yes'),
      },
      { upstreams: [upstream('P', ['m'], { keys: [counting()] }), upstream('S', ['m'], { priority: 2 })] },
    );
    const call = stage.call({}, { cannedReply: false });
    await stage.until(0.5);
    void stage.failover.pool.remove('P');
    await stage.until(2);
    expect(String(call.error)).toContain('[key] is wrong');
    expect(JSON.stringify([stage.events, String(call.error)])).not.toContain('token-1');
  });
});

describe('One limit of the account', () => {
  it('is known on when its upstream is updated: what was under way belongs to it', async () => {
    const stage = setStage(
      {
        P: (request) =>
          failWith(429, { headers: { 'retry-after': '20' }, after: keyOf(request) === THREE ? 2_000 : 10 }),
      },
      { upstreams: [upstream('P', ['m'], { keys: [ONE, TWO, THREE] })] },
    );
    for (let count = 0; count < 3; count += 1) stage.call({}, { maxAttempts: 1 });
    await stage.until(1);
    const update = stage.failover.pool.update('P', { weight: 3 });
    await stage.until(3);
    await update;
    expect(named(stage, 'account-limited')).toHaveLength(1);
    expect(stage.failover.status().upstreams[0]?.rest?.reason).toBe('rate-limited');
    const { lanes = [] } = stage.failover.status().deployments[0] ?? {};
    const remaining = new Set(lanes.map(({ rest }) => rest?.remaining));
    expect(remaining.size).toBe(1);
    stage.failover.upstream('P').wake();
    // The rest of the first lane had been told before it was known to be the account's.
    expect(named(stage, 'cooldown-ended').map(({ scope }) => scope)).toEqual(['lane', 'upstream']);
  });
});
