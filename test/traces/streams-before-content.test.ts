/** The traces whose calls fail before any content, asked as streams: until then a stream fails over like any other call. */
import type { CallError } from '@ai-failover/core';
import { failWith, refuseConnection, streamWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ONE_STREAM, shapeOf } from './one-stream.ts';
import { CANNED, setStage, trail, upstream, type Stage, type Streamed } from './stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const NO_CANNED = { cannedReply: undefined };

const circuitOf = (stage: Stage, id: string) =>
  stage.failover.status().deployments.find((one) => one.id === id)?.circuit;

function expectCanned(call: Streamed): void {
  expect(call.text).toBe(CANNED);
  expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
  const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  expect(call.outcome).toEqual({ status: 'done', finishReason: 'stop', usage });
  expect(call.stream?.failover).toMatchObject({ degraded: 'canned', deployment: undefined });
}

describe('T1: one upstream, dead', () => {
  it('opens on the fifth refusal, tries every ten seconds, and closes after two trials', async () => {
    const stage = setStage({ P: () => refuseConnection() });
    const first = stage.stream();
    await stage.until(0.125);
    expect(first.at).toBe(0.125);
    expectCanned(first);
    expect(trail(first)).toBe('m@P connect, m@P connect');
    const second = stage.stream();
    await stage.until(0.25);
    expect(trail(second)).toBe('m@P connect, m@P connect');
    const third = await settled(stage, stage.stream());
    expect(third.at).toBe(0.25);
    expectCanned(third);
    expect(trail(third)).toBe('m@P connect');
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'open', openFor: 10_000 });

    await stage.until(3.25);
    const fourth = await settled(stage, stage.stream());
    expectCanned(fourth);
    expect(trail(fourth)).toBe('');

    await stage.until(10.25);
    expect(trail(await settled(stage, stage.stream()))).toBe('m@P connect');
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'open', openFor: 10_000 });

    stage.upstreams['P'] = () => streamWith('back');
    await stage.until(20.25);
    expect((await settled(stage, stage.stream())).text).toBe('back');
    expect(circuitOf(stage, 'm@P')?.state).toBe('half-open');
    expect((await settled(stage, stage.stream())).text).toBe('back');
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'closed', consecutiveFailures: 0 });
    await stage.failover.close();
  });

  it('says 502 while it tries and 503 with the time of the next trial when nothing is canned', async () => {
    const stage = setStage({ P: () => refuseConnection() }, NO_CANNED);
    const calls: Streamed[] = [];
    for (const at of [0.125, 0.25, 0.25]) {
      calls.push(stage.stream());
      await stage.until(at);
    }
    for (const { error, chunks } of calls) {
      expect(error).toMatchObject({ status: 502, cause: { kind: 'connect' } });
      expect(chunks).toEqual([]);
    }
    await stage.until(3.25);
    const fourth = await settled(stage, stage.stream());
    expect(fourth.error).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
    await stage.failover.close();
  });
});

describe('T2: one upstream, 429 with a hint', () => {
  const limited = (seconds: number) => failWith(429, { headers: { 'retry-after': String(seconds) } });

  it('degrades at once while a long hint rests the lane, and is answered after it', async () => {
    const stage = setStage({ P: () => limited(30) });
    const first = await settled(stage, stage.stream());
    expectCanned(first);
    expect(trail(first)).toBe('m@P rate-limited');
    await stage.until(5);
    expectCanned(await settled(stage, stage.stream()));
    expect(stage.requests).toHaveLength(1);
    stage.upstreams['P'] = () => streamWith('back');
    await stage.until(31);
    expect(await settled(stage, stage.stream())).toMatchObject({ at: 31, text: 'back' });
    expect(circuitOf(stage, 'm@P')).toMatchObject({ failed: 0 });
  });

  it('says 429 with the true rest of the hint when nothing is canned', async () => {
    const stage = setStage({ P: () => limited(30) }, NO_CANNED);
    const first = stage.stream();
    await stage.until(5);
    const second = await settled(stage, stage.stream());
    expect(first.error).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect(second.error).toMatchObject({ status: 429, headers: { 'retry-after': '25' } });
  });

  it('waits for a short hint and a tenth more at most', async () => {
    const stage = setStage({ P: ({ number }) => (number === 1 ? limited(2) : streamWith('there')) });
    const call = stage.stream();
    await stage.until(2.099);
    expect(stage.requests).toHaveLength(1);
    await stage.until(2.1);
    expect(call).toMatchObject({ begun: 2.1, text: 'there' });
    expect(trail(call)).toBe('m@P rate-limited, m@P ok');
  });
});

describe('T3: one key, one stray 401', () => {
  it('answers by a second key at once, unnoticed', async () => {
    const stage = setStage(
      {
        P: ({ headers }) =>
          headers['authorization'] === 'Bearer sk-bad-0123456789' ? failWith(401) : streamWith('fine'),
      },
      { upstreams: [upstream('P', ['m'], { keys: ['sk-bad-0123456789', 'sk-good-0123456789'] })] },
    );
    const call = await settled(stage, stage.stream());
    expect(call).toMatchObject({ at: 0, text: 'fine', outcome: { status: 'done' } });
    expect(call.stream?.failover.degraded).toBeUndefined();
    await settled(stage, stage.stream());
    expect(stage.requests).toHaveLength(3);
  });
});

describe('T6: 503 with a hundred in flight', () => {
  const overloaded = () => failWith(503, { after: 200 });

  it('opens at the fifth verdict and moves all hundred on at once, without retries', async () => {
    const stage = setStage({ P: overloaded, S: () => streamWith('from S', { interval: 100 }) });
    const calls = Array.from({ length: 100 }, () => stage.stream());
    await stage.until(0.2);
    expect(calls.every(({ begun }) => begun === 0.2)).toBe(true);
    expect(stage.requests.filter((one) => one.upstream === 'P')).toHaveLength(100);
    expect(stage.requests.filter((one) => one.upstream === 'S')).toHaveLength(100);
    expect(stage.events.filter(([name]) => name === 'circuit-opened')).toHaveLength(1);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'open', failed: 5 });
    await stage.until(0.3);
    expect(calls.every(({ text }) => text === 'from S')).toBe(true);
    expect(trail(await settled(stage, stage.stream()))).toBe('m@S ok');
    await stage.until(1);
    await stage.failover.close();
  });

  it('lets those wait for whom there is no place, the more important ones first, and two seconds at most', async () => {
    const stage = setStage(
      { P: overloaded, S: () => streamWith('from S', { firstContentAfter: 500, interval: 1_000 }) },
      { upstreams: [upstream('P', ['m']), upstream('S', ['m'], { priority: 2, limits: { concurrency: 50 } })] },
    );
    const usual = Array.from({ length: 75 }, () => stage.stream());
    const important = Array.from({ length: 50 }, () => stage.stream({}, { priority: 1 }));
    await stage.until(0.2);
    expect(stage.failover.status().waiting).toBe(75);
    // A stream keeps its place to its end.
    await stage.until(1.699);
    expect(stage.failover.status().waiting).toBe(75);
    await stage.until(1.7);
    expect(stage.failover.status().waiting).toBe(25);
    expect(usual.filter(({ at, text }) => at === 1.7 && text === 'from S')).toHaveLength(50);
    await stage.until(2.2);
    expect(usual.filter(({ text, at }) => text === CANNED && at === 2.2)).toHaveLength(25);
    await stage.until(3.2);
    expect(important.every(({ text, begun, at }) => text === 'from S' && begun === 2.2 && at === 3.2)).toBe(true);
    await stage.failover.close();
  });
});

describe('T8: four models, one reseller down', () => {
  it('tries them all, goes on to the last, and leaves the reseller alone from its fifth refusal on', async () => {
    const stage = setStage(
      { R: () => refuseConnection(), S: () => streamWith('from D') },
      { upstreams: [upstream('R', ['A', 'B', 'C']), upstream('S', ['D'])], chains: { default: ['A', 'B', 'C', 'D'] } },
    );
    const first = stage.stream();
    await stage.until(0.125);
    expect(trail(first)).toBe('A@R connect, A@R connect, B@R connect, C@R connect, D@S ok');
    expect(first).toMatchObject({ begun: 0.125, text: 'from D' });
    expect(first.stream?.failover).toMatchObject({ degraded: 'downgraded', model: 'D' });
    expect(trail(await settled(stage, stage.stream()))).toBe('A@R connect, D@S ok');
    expect(trail(await settled(stage, stage.stream()))).toBe('D@S ok');
    await stage.failover.close();
  });
});

describe('T12: everything rests', () => {
  const resting = (seconds: number) => () => failWith(429, { headers: { 'retry-after': String(seconds) } });

  it('degrades at once when the first to be free is further away than queueWait', async () => {
    const stage = setStage({ P: resting(8), S: resting(8) }, { retry: { maxHintWait: 0 } });
    await settled(stage, stage.stream());
    for (const deadline of [5_000, 30_000]) {
      const call = await settled(stage, stage.stream({}, { deadline }));
      expect(call.at).toBe(0);
      expectCanned(call);
    }
    expect(stage.requests).toHaveLength(2);
    const plain = await settled(stage, stage.stream({}, { cannedReply: false }));
    expect(plain.error).toMatchObject({ status: 429, headers: { 'retry-after': '8' } });
  });

  it('waits 1.5 seconds and goes through the gate again', async () => {
    const stage = setStage({ P: resting(1.5), S: resting(1.5) }, { retry: { maxHintWait: 0 } });
    await settled(stage, stage.stream());
    stage.upstreams['P'] = () => streamWith('free');
    const call = stage.stream();
    await stage.until(1.499);
    expect(stage.requests).toHaveLength(2);
    await stage.until(1.5);
    expect(call).toMatchObject({ begun: 1.5, text: 'free' });
  });
});

describe('T14: a retrying client in front', () => {
  it('asks three times for a plain call and twice for one that is itself a retry', async () => {
    const stage = setStage({ P: () => failWith(503), S: () => failWith(503) }, NO_CANNED);
    const plain = stage.stream();
    await stage.until(1);
    expect(trail(plain)).toBe('m@P overloaded, m@S overloaded, m@P overloaded');
    expect(plain.error).toMatchObject({ status: 502, headers: { 'x-should-retry': 'false' } });
    const again = await settled(stage, stage.stream({}, { callerRetries: true }));
    expect(trail(again)).toBe('m@P overloaded, m@S overloaded');
    expect((again.error as CallError).headers['x-should-retry']).toBe('false');
  });
});

async function settled(stage: Stage, call: Streamed): Promise<Streamed> {
  await stage.until(stage.at());
  return call;
}
