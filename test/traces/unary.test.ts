/** The traces that need neither breaker nor stream, second by second. */
import type { CallError } from '@ai-failover/core';
import { answerWith, failWith, neverAnswer, refuseConnection } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from './stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const NO_CANNED = { cannedReply: undefined };

describe('T2: one upstream, 429 with a hint', () => {
  const limited = (seconds: number) => failWith(429, { headers: { 'retry-after': String(seconds) } });

  it('degrades at once while a long hint rests the lane, and is answered after it', async () => {
    const stage = setStage({ P: () => limited(30) });
    const first = stage.call();
    await stage.until(0);
    expect(first).toMatchObject({ at: 0, reply: { text: CANNED } });
    expect(trail(first)).toBe('m@P rate-limited');

    await stage.until(5);
    const second = stage.call();
    await stage.until(5);
    expect(second).toMatchObject({ at: 5, reply: { text: CANNED } });
    expect(stage.requests).toHaveLength(1);

    stage.upstreams['P'] = () => answerWith('back');
    await stage.until(31);
    const third = stage.call();
    await stage.until(31);
    expect(third).toMatchObject({ at: 31, reply: { text: 'back' } });
  });

  it('says 429 with the true rest of the hint when nothing is canned', async () => {
    const stage = setStage({ P: () => limited(30) }, NO_CANNED);
    const first = stage.call();
    await stage.until(5);
    const second = stage.call();
    await stage.until(5);
    expect(first.error).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect(second.error).toMatchObject({ status: 429, headers: { 'retry-after': '25' } });
  });

  it('waits for a short hint and a tenth more at most', async () => {
    const stage = setStage({ P: ({ number }) => (number === 1 ? limited(2) : answerWith('there')) });
    const call = stage.call();
    await stage.until(2.099);
    expect(stage.requests).toHaveLength(1);
    await stage.until(2.1);
    expect(call).toMatchObject({ at: 2.1, reply: { text: 'there' } });
    expect(trail(call)).toBe('m@P rate-limited, m@P ok');
  });
});

describe('T3: one key, one stray 401', () => {
  it('rests the key 15 seconds, and 15 again after a success', async () => {
    const answers = [failWith(401), answerWith('yes'), failWith(401), answerWith('yes again')];
    const stage = setStage({ P: ({ number }) => answers[number - 1] ?? refuseConnection() });
    const first = stage.call();
    await stage.until(0);
    expect(first.reply?.text).toBe(CANNED);
    const rejected = stage.events.filter(([name]) => name === 'credential-rejected');
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.[1]).toMatchObject({ upstream: 'P', lastFour: '6789', restsFor: 15_000 });
    expect(JSON.stringify(stage.events)).not.toContain('sk-p-012345');

    await stage.until(10);
    expect((await settled(stage, stage.call())).reply?.text).toBe(CANNED);
    expect(stage.requests).toHaveLength(1);
    await stage.until(16);
    expect((await settled(stage, stage.call())).reply?.text).toBe('yes');
    await settled(stage, stage.call());
    await stage.until(16 + 15.1);
    expect((await settled(stage, stage.call())).reply?.text).toBe('yes again');
  });

  it('answers by a second key at once, unnoticed', async () => {
    const stage = setStage(
      {
        P: ({ headers }) =>
          headers['authorization'] === 'Bearer sk-bad-0123456789' ? failWith(401) : answerWith('fine'),
      },
      { upstreams: [upstream('P', ['m'], { keys: ['sk-bad-0123456789', 'sk-good-0123456789'] })] },
    );
    const call = await settled(stage, stage.call());
    expect(call).toMatchObject({ at: 0, reply: { text: 'fine' } });
    expect(call.reply?.failover.degraded).toBeUndefined();
    await settled(stage, stage.call());
    expect(stage.requests).toHaveLength(3);
  });
});

describe('T5, unstreamed: a model that thinks', () => {
  it('is given the time that reasoning takes', async () => {
    const options = { upstreams: [upstream('P', { m: { reasoning: true } }), upstream('S', ['m'], { priority: 2 })] };
    const stage = setStage({ P: () => answerWith('thought', { after: 70_000 }), S: () => answerWith('no') }, options);
    const call = stage.call();
    await stage.until(70);
    expect(call).toMatchObject({ at: 70, reply: { text: 'thought' } });
    expect(trail(call)).toBe('m@P ok');
  });
});

describe('T7: sixteen thousand tokens, unstreamed', () => {
  const long = { max_tokens: 16_000 };

  it('is answered by the first attempt when it ends inside its share of the deadline', async () => {
    const stage = setStage({ P: () => answerWith('long', { after: 270_000 }), S: () => answerWith('no') });
    const call = stage.call(long);
    await stage.until(270);
    expect(call).toMatchObject({ at: 270, reply: { text: 'long' } });
    expect(trail(call)).toBe('m@P ok');
  });

  it('leaves the other candidate 15 seconds, then degrades at the deadline', async () => {
    const stage = setStage({ P: () => answerWith('too late', { after: 290_000 }), S: () => neverAnswer() });
    const call = stage.call(long);
    await stage.until(285);
    expect(stage.requests.map(({ upstream: name, at }) => [name, Math.round(at / 1000)]).length).toBe(2);
    await stage.until(300);
    expect(call).toMatchObject({ at: 300, reply: { text: CANNED } });
    expect(trail(call)).toBe('m@P timeout, m@S local');
    const failed = stage.events.filter(([name]) => name === 'attempt-failed').map(([, event]) => event);
    expect(failed[0]).toMatchObject({ class: 'timeout', breaker: 'failure', limitedByDeadline: true });
    expect(failed[1]).toMatchObject({ class: 'local', breaker: 'neutral', limitedByDeadline: true });
  });
});

describe('T8 without the breaker: four models, one reseller down', () => {
  it('keeps one attempt for each model not yet tried', async () => {
    const stage = setStage(
      { R: () => refuseConnection(), S: () => answerWith('from D') },
      {
        upstreams: [upstream('R', ['A', 'B', 'C']), upstream('S', ['D'])],
        chains: { default: ['A', 'B', 'C', 'D'] },
      },
    );
    const call = stage.call();
    await stage.until(0.124);
    expect(stage.requests).toHaveLength(1);
    await stage.until(0.125);
    expect(call).toMatchObject({ at: 0.125, reply: { text: 'from D', failover: { degraded: 'downgraded' } } });
    expect(trail(call)).toBe('A@R connect, A@R connect, B@R connect, C@R connect, D@S ok');
  });
});

describe('T9: a base URL without /v1', () => {
  it('rests the deployment a minute, raises one alarm and goes to the other', async () => {
    const page = failWith(404, { headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><h1>Not found</h1>' });
    const stage = setStage({ P: () => page, S: () => answerWith('fine') });
    const first = await settled(stage, stage.call());
    expect(trail(first)).toBe('m@P misconfigured, m@S ok');
    const alarms = stage.events.filter(([name]) => name === 'upstream-misconfigured');
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.[1]).toMatchObject({ url: 'https://p.example/v1/chat/completions', restsFor: 60_000 });
    expect(String(alarms[0]?.[1]['message'])).toContain('/v1');
    await stage.until(59);
    expect(trail(await settled(stage, stage.call()))).toBe('m@S ok');
    await stage.until(61);
    expect(trail(await settled(stage, stage.call()))).toBe('m@P misconfigured, m@S ok');
  });
});

describe('T12: everything rests', () => {
  const resting = (seconds: number) => () => failWith(429, { headers: { 'retry-after': String(seconds) } });

  it('degrades at once when the first to be free is further away than queueWait', async () => {
    const stage = setStage({ P: resting(8), S: resting(8) }, { retry: { maxHintWait: 0 } });
    await settled(stage, stage.call());
    const short = await settled(stage, stage.call({}, { deadline: 5_000 }));
    const long = await settled(stage, stage.call({}, { deadline: 30_000 }));
    expect(short).toMatchObject({ at: 0, reply: { text: CANNED } });
    expect(long).toMatchObject({ at: 0, reply: { text: CANNED } });
    expect(stage.requests).toHaveLength(2);
    const plain = await settled(stage, stage.call({}, { cannedReply: false }));
    expect(plain.error).toMatchObject({ status: 429, headers: { 'retry-after': '8' } });
  });

  it('waits 1.5 seconds and goes through the gate again', async () => {
    const stage = setStage({ P: resting(1.5), S: resting(1.5) }, { retry: { maxHintWait: 0 } });
    await settled(stage, stage.call());
    stage.upstreams['P'] = () => answerWith('free');
    const call = stage.call();
    await stage.until(1.499);
    expect(stage.requests).toHaveLength(2);
    await stage.until(1.5);
    expect(call).toMatchObject({ at: 1.5, reply: { text: 'free' } });
  });

  it('asks again as soon as somebody wakes what rests', async () => {
    const stage = setStage({ P: resting(1.5) }, { retry: { maxHintWait: 0 } });
    await settled(stage, stage.call());
    stage.upstreams['P'] = () => answerWith('woken');
    const call = stage.call();
    await stage.until(0.5);
    stage.failover.deployment('m@P').wake();
    await stage.until(0.5);
    expect(call).toMatchObject({ at: 0.5, reply: { text: 'woken' } });
    expect(stage.events.some(([name]) => name === 'cooldown-ended')).toBe(true);
  });
});

describe('T13, unstreamed: the caller leaves', () => {
  it('aborts the upstream within the same tick and blames nobody', async () => {
    const stage = setStage({ P: () => neverAnswer(), S: () => answerWith('no') });
    const controller = new AbortController();
    const call = stage.call({}, { signal: controller.signal });
    await stage.until(0.3);
    controller.abort();
    expect(stage.requests[0]?.aborted).toBe(true);
    await stage.until(0.3);
    expect(call.error).toBe(controller.signal.reason);
    expect(stage.requests).toHaveLength(1);
    expect(stage.events.map(([name]) => name)).toEqual([
      'call-started',
      'attempt-started',
      'attempt-aborted',
      'call-aborted',
    ]);
    const [deployment] = stage.failover.status().deployments;
    expect(deployment).toMatchObject({ inFlight: 0, failures: 0, rest: undefined });
  });
});

describe('T14: a retrying client in front', () => {
  it('asks three times for a plain call and twice for one that is itself a retry', async () => {
    const stage = setStage({ P: () => failWith(503), S: () => failWith(503) }, NO_CANNED);
    const plain = stage.call();
    await stage.until(1);
    expect(trail(plain)).toBe('m@P overloaded, m@S overloaded, m@P overloaded');
    expect(plain.error).toMatchObject({ status: 502, headers: { 'x-should-retry': 'false' } });
    const again = await settled(stage, stage.call({}, { callerRetries: true }));
    expect(trail(again)).toBe('m@P overloaded, m@S overloaded');
    expect((again.error as CallError).headers['x-should-retry']).toBe('false');
  });
});

async function settled<Outcome extends object>(
  stage: { until(s: number): Promise<void>; at(): number },
  outcome: Outcome,
) {
  await stage.until(stage.at());
  return outcome;
}
