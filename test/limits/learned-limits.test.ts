/** What a call meets of limits that nobody has configured: headers and 429s of upstreams. */
import { answerWith, failWith, streamWith, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream, type Stage, type StageOptions } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function left(remaining: number, reset = '40s', kind = 'requests'): Record<string, string> {
  return {
    [`x-ratelimit-limit-${kind}`]: '100',
    [`x-ratelimit-remaining-${kind}`]: String(remaining),
    [`x-ratelimit-reset-${kind}`]: reset,
  };
}

/** The reply with these headers beside its own. */
function withHeaders(reply: ScriptedReply, headers: Record<string, string>): ScriptedReply {
  if (reply.kind !== 'respond' && reply.kind !== 'stream') return reply;
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

const told = (remaining: number, reset?: string) => () => withHeaders(answerWith('P'), left(remaining, reset));
const laneOf = (stage: Stage, lane = 0) => stage.failover.status().deployments[0]?.lanes[lane];
const named = (stage: Stage, name: string) => stage.events.filter(([of]) => of === name).map(([, event]) => event);
const alone = (more: object = {}, others: object = {}): StageOptions => ({
  upstreams: [upstream('P', ['m'], more)],
  ...others,
});

describe('a lane without configured limits', () => {
  it('learns from headers that it is empty, and others are asked at once', async () => {
    const stage = setStage({ P: told(0), S: () => answerWith('S') });
    const first = stage.call();
    await stage.until(0);
    const second = stage.call();
    await stage.until(0);
    expect([trail(first), trail(second)]).toEqual(['m@P ok', 'm@S ok']);
    await stage.failover.close();
  });

  it('has no limits in its status before, and the learned ones then', async () => {
    const stage = setStage({ P: told(42) });
    expect(laneOf(stage)?.limits).toBeUndefined();
    stage.call();
    await stage.until(0);
    expect(laneOf(stage)?.limits?.learned).toEqual([
      { kind: 'requests', from: 'headers', limit: 100, remaining: 42, resetIn: 40_000, refill: 'unknown' },
    ]);
    await stage.failover.close();
  });

  it('is asked again at the reset', async () => {
    const stage = setStage({ P: told(0), S: () => answerWith('S') });
    stage.call();
    await stage.until(40);
    const before = stage.call();
    await stage.until(41);
    const after = stage.call();
    await stage.until(41);
    expect([trail(before), trail(after)]).toEqual(['m@S ok', 'm@P ok']);
    await stage.failover.close();
  });

  it('is waited for when the reset is near and nobody else is left', async () => {
    const stage = setStage({ P: told(0, '1s') }, alone());
    stage.call();
    await stage.until(0);
    const waiting = stage.call();
    await stage.until(5);
    expect(waiting.reply?.text).toBe('P');
    expect(waiting.at).toBeGreaterThan(1);
    expect(waiting.at).toBeLessThan(2);
    await stage.failover.close();
  });

  it('is not waited for when the reset is far', async () => {
    const stage = setStage({ P: told(0) }, alone());
    stage.call();
    await stage.until(0);
    const call = stage.call();
    await stage.until(0);
    expect(call.reply?.text).toBe(CANNED);
    await stage.failover.close();
  });

  it('gives a true retry-after to whoever has to go without', async () => {
    const stage = setStage({ P: told(0) }, { ...alone(), cannedReply: undefined });
    stage.call();
    await stage.until(10);
    const call = stage.call();
    await stage.until(10);
    expect(call.error).toMatchObject({ status: 429, kind: 'rate-limited', headers: { 'retry-after': '31' } });
    expect(stage.requests).toHaveLength(1);
    await stage.failover.close();
  });

  it('learns from an error as from an answer', async () => {
    const stage = setStage({ P: () => failWith(500, { headers: left(0) }), S: () => answerWith('S') });
    stage.call();
    await stage.until(0);
    expect(laneOf(stage)?.limits?.learned).toMatchObject([{ remaining: 0 }]);
    await stage.failover.close();
  });

  it('learns from the head of a stream before its end', async () => {
    const slow = () => withHeaders(streamWith('One two three', { interval: 1_000 }), left(0));
    const stage = setStage({ P: slow, S: () => answerWith('S') });
    const streamed = stage.stream();
    await stage.until(0.5);
    expect(streamed.at).toBeUndefined();
    const call = stage.call();
    await stage.until(0.5);
    expect(trail(call)).toBe('m@S ok');
    await stage.until(20);
    await stage.failover.close();
  });

  it('counts what it has sent since', async () => {
    const stage = setStage({ P: () => ({ ...told(3)(), after: 500 }) as ScriptedReply, S: () => answerWith('S') });
    stage.call();
    await stage.until(0.5);
    const calls = Array.from({ length: 5 }, () => stage.call());
    await stage.until(0.6);
    expect(calls.map((call) => call.reply?.text)).toEqual([undefined, undefined, undefined, 'S', 'S']);
    await stage.until(2);
    await stage.failover.close();
  });

  it('is one of several keys: only that one is passed over', async () => {
    const keys = ['sk-one-0123456789', 'sk-two-0123456789'];
    const stage = setStage(
      { P: ({ headers }) => (headers['authorization']?.includes('one') === true ? told(0)() : answerWith('two')) },
      alone({ keys }),
    );
    stage.call();
    await stage.until(0);
    const calls = [stage.call(), stage.call()];
    await stage.until(0);
    expect(calls.map((call) => call.reply?.text)).toEqual(['two', 'two']);
    await stage.failover.close();
  });

  it('shares what is learned with the other keys of an account', async () => {
    const keys = ['sk-one-0123456789', 'sk-two-0123456789'];
    const stage = setStage({ P: told(0) }, alone({ keys, limitsScope: 'account' }));
    stage.call();
    await stage.until(0);
    const call = stage.call();
    await stage.until(0);
    expect(call.reply?.text).toBe(CANNED);
    expect(named(stage, 'limit-learned')).toMatchObject([{ deployment: 'm@P', key: undefined }]);
    await stage.failover.close();
  });
});

describe('learnLimits: false', () => {
  it('leaves limits at what is configured', async () => {
    for (const more of [{ learnLimits: false }, { learnLimits: false, limits: { requestsPerMinute: 600 } }]) {
      const stage = setStage({ P: told(0) }, alone(more));
      const calls = [stage.call()];
      await stage.until(0);
      calls.push(stage.call());
      await stage.until(0);
      expect(calls.map((call) => call.reply?.text)).toEqual(['P', 'P']);
      expect(laneOf(stage)?.limits?.learned ?? []).toEqual([]);
      await stage.failover.close();
    }
  });
});

describe('the event limit-learned', () => {
  it('is told at first, and when the limit is another by a fifth', async () => {
    let limit = 100;
    const stage = setStage({
      P: () => withHeaders(answerWith('P'), { ...left(50), 'x-ratelimit-limit-requests': String(limit) }),
    });
    for (const next of [100, 100, 110, 130]) {
      limit = next;
      stage.call();
      await stage.until(stage.at());
    }
    expect(named(stage, 'limit-learned')).toEqual([
      { upstream: 'P', deployment: 'm@P', key: 1, kind: 'requests', from: 'headers', limit: 100, before: undefined },
      { upstream: 'P', deployment: 'm@P', key: 1, kind: 'requests', from: 'headers', limit: 130, before: 100 },
    ]);
    await stage.failover.close();
  });
});

describe('an upstream that only refuses', () => {
  it('is asked by one call after its rest, not by all that wait', async () => {
    let open = true;
    const stage = setStage({ P: () => (open ? answerWith('P', { after: 3_000 }) : failWith(429)) }, alone());
    open = false;
    stage.call();
    await stage.until(0.5);
    open = true;
    for (let call = 0; call < 8; call += 1) stage.call({}, {});
    await stage.until(1.3);
    expect(stage.requests).toHaveLength(2);
    await stage.until(2.4);
    expect(stage.requests.length).toBeGreaterThan(2);
    await stage.until(20);
    await stage.failover.close();
  });
});
