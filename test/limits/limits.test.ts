/** Limits as a call meets them: waiting, refusal, settlement, and what response headers teach. */
import { answerWith, failWith, neverAnswer } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream, type Outcome, type Stage, type StageOptions } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

type LimitedOptions = NonNullable<Parameters<typeof upstream>[2]>;

function limited(more: LimitedOptions, others: StageOptions = {}): StageOptions {
  return { upstreams: [upstream('P', ['m'], more), upstream('S', ['m'], { priority: 2 })], ...others };
}

const limitsOf = (stage: Stage, id = 'm@P') =>
  stage.failover.status().deployments.find((one) => one.id === id)?.lanes[0]?.limits;
const sentTo = (stage: Stage, name: string): number => stage.requests.filter((one) => one.upstream === name).length;

describe('a limit', () => {
  it('sends what is above it to the next candidate at once', async () => {
    const stage = setStage(
      { P: () => answerWith('P'), S: () => answerWith('S') },
      limited({ limits: { requestsPerMinute: 60 } }),
    );
    const calls = await settled(stage, ...Array.from({ length: 25 }, () => stage.call()));
    expect(calls.every(({ at }) => at === 0)).toBe(true);
    expect(sentTo(stage, 'P')).toBe(10);
    expect(sentTo(stage, 'S')).toBe(15);
    await stage.failover.close();
  });

  it('is waited for when nobody else is left, in the order of arrival', async () => {
    const options = { upstreams: [upstream('P', ['m'], { limits: { requestsPerMinute: 60 } })], queueWait: 2_500 };
    const stage = setStage({ P: () => answerWith('P') }, options);
    const calls = Array.from({ length: 14 }, () => stage.call());
    await stage.until(5);
    const times = calls.map(({ at, reply }) => (reply?.text === 'P' ? Math.round(at ?? NaN) : CANNED));
    expect(times).toEqual([...Array.from({ length: 10 }, () => 0), 1, 2, CANNED, CANNED]);
    await stage.failover.close();
  });

  it('of the account is shared by its keys', async () => {
    const keys = ['sk-one-0123456789', 'sk-two-0123456789'];
    for (const [limitsScope, sent] of [
      ['account', 10],
      ['key', 20],
    ] as const) {
      const stage = setStage(
        { P: () => answerWith('P'), S: () => answerWith('S') },
        limited({ keys, limitsScope, limits: { requestsPerMinute: 60 } }),
      );
      await settled(stage, ...Array.from({ length: 30 }, () => stage.call()));
      expect(sentTo(stage, 'P')).toBe(sent);
      await stage.failover.close();
    }
  });

  it('of a minute that the request alone exceeds refuses it with a clear 400', async () => {
    const options = { upstreams: [upstream('P', ['m'], { limits: { tokensPerMinute: 1_000 } })] };
    const stage = setStage({ P: () => answerWith('P') }, options);
    const [call] = await settled(stage, stage.call({ max_tokens: 5_000 }));
    expect(call?.error).toMatchObject({ status: 400, kind: 'bad-request' });
    expect(String(call?.error)).toContain('larger than the limits');
    expect(stage.requests).toHaveLength(0);
    await stage.failover.close();
  });
});

describe('the estimate of tokens', () => {
  const request = { max_tokens: 995, messages: [{ role: 'user', content: 'Hello there, my good shop' }] };

  it('is settled with what the upstream reports', async () => {
    const options = limited({ limits: { tokensPerMinute: 60_000 } });
    const stage = setStage({ P: () => answerWith('P', { after: 10 }), S: () => answerWith('S') }, options);
    const call = stage.call(request);
    await stage.until(0);
    expect(limitsOf(stage)?.tokens?.available).toBeLessThan(9_100);
    await stage.until(0.01);
    expect(call.reply?.text).toBe('P');
    expect(limitsOf(stage)?.tokens?.available).toBeGreaterThan(9_980);
    await stage.failover.close();
  });

  it('comes back whole when the upstream answers with an error', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => answerWith('S') },
      limited({ limits: { tokensPerMinute: 60_000 } }),
    );
    await settled(stage, stage.call(request));
    expect(limitsOf(stage)).toMatchObject({ inFlight: 0, tokens: { available: 10_000 } });
    await stage.failover.close();
  });
});

describe('the caller who leaves', () => {
  it('frees the place at once, while the request permit stays spent', async () => {
    const stage = setStage(
      { P: () => neverAnswer(), S: () => answerWith('S') },
      limited({ limits: { concurrency: 1, requestsPerMinute: 60 } }),
    );
    const controller = new AbortController();
    stage.call({}, { signal: controller.signal });
    await stage.until(0.3);
    expect(limitsOf(stage)?.inFlight).toBe(1);
    controller.abort();
    await stage.until(0.3);
    expect(limitsOf(stage)).toMatchObject({ inFlight: 0, requests: { available: 9 } });
    await stage.failover.close();
  });

  it('while waiting in line takes nothing with him', async () => {
    const options = { upstreams: [upstream('P', ['m'], { limits: { concurrency: 1 } })] };
    const stage = setStage({ P: () => answerWith('P', { after: 1_000 }) }, options);
    const first = stage.call();
    const controller = new AbortController();
    const second = stage.call({}, { signal: controller.signal });
    const third = stage.call();
    await stage.until(0.5);
    expect(stage.failover.status().waiting).toBe(2);
    controller.abort();
    await stage.until(2);
    expect([first.at, third.at]).toEqual([1, 2]);
    expect(second.error).toBe(controller.signal.reason);
    expect(limitsOf(stage)?.inFlight).toBe(0);
    await stage.failover.close();
  });
});

describe('rate-limit headers', () => {
  it('lower the bucket, so that the next calls go elsewhere before there is a 429', async () => {
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '10s' };
    const told = () => ({ ...answerWith('P'), headers: { 'content-type': 'application/json', ...headers } }) as never;
    const stage = setStage({ P: told, S: () => answerWith('S') }, limited({ limits: { requestsPerMinute: 600 } }));
    const [first] = await settled(stage, stage.call());
    const [second] = await settled(stage, stage.call());
    expect(trail(first ?? {})).toBe('m@P ok');
    expect(trail(second ?? {})).toBe('m@S ok');
    await stage.failover.close();
  });
});

async function settled(stage: Stage, ...outcomes: Outcome[]): Promise<Outcome[]> {
  await stage.until(stage.at());
  return outcomes;
}
