/** `status()`: what the pool is like at this moment. */
import { answerWith, failWith, neverAnswer, refuseConnection, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, upstream, type Stage } from '../traces/stage.ts';
import { NO_BREAKER } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const BY_TEMPERATURE = [answerWith('yes'), neverAnswer(), failWith(422)];

/** One attempt per call, so that counts are easy to follow. */
const ONCE = { retry: { maxAttempts: 1, maxAttemptsPerModel: 1 }, breaker: NO_BREAKER };

async function callsOneByOne(stage: Stage, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const call = stage.call();
    for (let step = 0; step < 1_000 && call.at === undefined; step += 1) await stage.until(stage.at() + 0.01);
  }
}

function deployment(stage: Stage, id: string) {
  return stage.failover.status().deployments.find((one) => one.id === id);
}

describe('The status of a deployment', () => {
  it('knows nothing before the first attempt', () => {
    const stage = setStage({ P: () => answerWith('yes') });
    expect(deployment(stage, 'm@P')).toMatchObject({
      model: 'm',
      upstream: 'P',
      attempts: 0,
      inFlight: 0,
      successes: 0,
      failures: 0,
      neutral: 0,
      failuresByClass: {},
      successRate: undefined,
      averageLatency: undefined,
      p95Latency: undefined,
      rest: undefined,
      available: true,
      draining: false,
      raceAfter: 10_000,
      refuses: [],
    });
  });

  it('gives models that think more time before they are raced', () => {
    const stage = setStage({}, { upstreams: [upstream('P', { m: { reasoning: true } })] });
    expect(deployment(stage, 'm@P')).toMatchObject({ raceAfter: 45_000 });
  });

  it('counts attempts by how they ended', async () => {
    const replies: ScriptedReply[] = [
      answerWith('yes'),
      failWith(500),
      failWith(503),
      failWith(400),
      refuseConnection(),
    ];
    const stage = setStage({ P: ({ number }) => replies[number - 1] ?? answerWith('yes') }, ONCE);
    await callsOneByOne(stage, 6);
    expect(deployment(stage, 'm@P')).toMatchObject({
      attempts: 6,
      successes: 2,
      failures: 3,
      neutral: 1,
      failuresByClass: { server: 1, overloaded: 1, request: 1, connect: 1 },
      successRate: 2 / 5,
    });
  });

  it('shows latency as average and 95th percentile of the last hundred successes', async () => {
    const stage = setStage({
      P: ({ number }) => answerWith('yes', { after: number <= 100 ? 5_000 : (number - 100) * 10 }),
    });
    await callsOneByOne(stage, 200);
    const { averageLatency, p95Latency, successes } = deployment(stage, 'm@P') ?? {};
    expect(successes).toBe(200);
    // 10, 20, … 1,000: what came before them is forgotten.
    expect(averageLatency).toBeCloseTo(505);
    expect(p95Latency).toBeCloseTo(950);
  });

  it('shows the success rate of the last hundred attempts that say something', async () => {
    const stage = setStage(
      { P: ({ number }) => (number <= 100 || number % 4 === 0 ? failWith(500) : answerWith('yes')) },
      ONCE,
    );
    await callsOneByOne(stage, 200);
    expect(deployment(stage, 'm@P')).toMatchObject({ attempts: 200, failures: 125, successRate: 0.75 });
  });

  it('does not count a wrong request or a caller that left against anybody', async () => {
    const stage = setStage({ P: ({ number }) => (number === 1 ? failWith(422) : neverAnswer()) });
    await callsOneByOne(stage, 1);
    const controller = new AbortController();
    stage.call({}, { signal: controller.signal });
    await stage.until(stage.at() + 1);
    controller.abort();
    await stage.until(stage.at() + 1);
    expect(deployment(stage, 'm@P')).toMatchObject({ neutral: 2, failures: 0, successRate: undefined });
  });

  it('counts what is in flight, on the lane as on its deployment', async () => {
    const keys = ['sk-one-0123456789', 'sk-two-0123456789'];
    const stage = setStage(
      { P: () => answerWith('yes', { after: 1_000 }) },
      { upstreams: [upstream('P', ['m'], { keys })] },
    );
    for (let index = 0; index < 3; index += 1) stage.call();
    await stage.until(0.5);
    expect(stage.failover.status().calls).toMatchObject({ total: 3, inFlight: 3, answered: 0 });
    expect(deployment(stage, 'm@P')).toMatchObject({ inFlight: 3, lanes: [{ inFlight: 2 }, { inFlight: 1 }] });
    await stage.until(1);
    expect(stage.failover.status().calls).toMatchObject({ total: 3, inFlight: 0, answered: 3 });
    expect(deployment(stage, 'm@P')).toMatchObject({ inFlight: 0, lanes: [{ inFlight: 0 }, { inFlight: 0 }] });
  });

  it('says who rests, why and for how long', async () => {
    const replies: Record<string, ScriptedReply> = {
      limited: failWith(429, { headers: { 'retry-after': '30' } }),
      refused: failWith(401),
      empty: failWith(402),
      wrong: failWith(404, { headers: { 'content-type': 'text/html' }, body: '<html></html>' }),
      hinted: failWith(503, { headers: { 'retry-after': '20' } }),
    };
    const names = Object.keys(replies);
    const stage = setStage(Object.fromEntries(names.map((name) => [name, () => replies[name] ?? neverAnswer()])), {
      upstreams: names.map((name) => upstream(name, [name])),
      chains: { default: names },
      breaker: NO_BREAKER,
    });
    const call = stage.call();
    await stage.until(1);
    expect(call.reply?.text).toBe(CANNED);
    const rests = stage.failover.status().deployments.map(({ model, rest, lanes: [lane], available }) => {
      return { model, own: rest?.reason, lane: lane?.rest?.reason, remaining: lane?.rest?.remaining, available };
    });
    expect(rests).toEqual([
      { model: 'limited', own: undefined, lane: 'rate-limited', remaining: 29_000, available: false },
      { model: 'refused', own: undefined, lane: 'credential', remaining: 14_000, available: false },
      { model: 'empty', own: undefined, lane: 'quota', remaining: 899_000, available: false },
      { model: 'wrong', own: 'misconfigured', lane: 'misconfigured', remaining: 59_000, available: false },
      { model: 'hinted', own: 'overloaded', lane: 'overloaded', remaining: 19_000, available: false },
    ]);
    await stage.until(31);
    expect(deployment(stage, 'limited@limited')).toMatchObject({ available: true, lanes: [{ rest: undefined }] });
  });
});

describe('The status of the calls', () => {
  it('counts each outcome once', async () => {
    const stage = setStage(
      { P: ({ body }) => BY_TEMPERATURE[Number(body['temperature'])] ?? failWith(500), S: () => answerWith('small') },
      {
        upstreams: [upstream('P', ['large']), upstream('S', ['small'])],
        chains: { default: ['large', 'small'], only: ['large'] },
        breaker: NO_BREAKER,
      },
    );
    stage.call({ temperature: 0 });
    stage.call();
    stage.call({}, { chain: 'only' });
    stage.call({}, { chain: 'only', cannedReply: false });
    const controller = new AbortController();
    stage.call({ temperature: 1 }, { signal: controller.signal });
    stage.call({ temperature: 2 });
    // Never begun, so it is not counted.
    stage.call({ messages: 'wrong' });
    await stage.until(0);
    controller.abort();
    await stage.until(60);
    expect(stage.failover.status().calls).toEqual({
      total: 6,
      inFlight: 0,
      answered: 2,
      failedOver: 1,
      downgraded: 1,
      continued: 0,
      canned: 1,
      failed: 1,
      refused: 1,
      aborted: 1,
    });
  });

  it('is plain data without a key', () => {
    const stage = setStage({ P: () => answerWith('yes') });
    const text = JSON.stringify(stage.failover.status());
    expect(text).not.toContain('sk-');
    expect(structuredClone(stage.failover.status())).toEqual(stage.failover.status());
  });
});
