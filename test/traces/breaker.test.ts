/** The traces that need the breaker or the limiter, second by second. Those about streams are in `streams.test.ts`: see README.md. */
import { answerWith, failWith, neverAnswer, refuseConnection } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream, type Outcome, type Stage } from './stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const circuit = (stage: Stage, id: string) => stage.failover.status().deployments.find((one) => one.id === id)?.circuit;
const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);

describe('T1: one upstream, dead', () => {
  it('opens on the fifth refusal, tries every ten seconds, and closes after two trials', async () => {
    const stage = setStage({ P: () => refuseConnection() });
    const first = stage.call();
    await stage.until(0.125);
    expect(first).toMatchObject({ at: 0.125, reply: { text: CANNED } });
    expect(trail(first)).toBe('m@P connect, m@P connect');
    const second = stage.call();
    await stage.until(0.25);
    expect(trail(second)).toBe('m@P connect, m@P connect');
    const third = stage.call();
    await stage.until(0.25);
    expect(third).toMatchObject({ at: 0.25, reply: { text: CANNED } });
    expect(trail(third)).toBe('m@P connect');
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'open', openFor: 10_000 });

    await stage.until(3.25);
    const fourth = stage.call();
    await stage.until(3.25);
    expect(fourth).toMatchObject({ at: 3.25, reply: { text: CANNED } });
    expect(trail(fourth)).toBe('');

    await stage.until(10.25);
    const trial = stage.call();
    await stage.until(10.25);
    expect(trail(trial)).toBe('m@P connect');
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'open', openFor: 10_000 });

    stage.upstreams['P'] = () => answerWith('back');
    await stage.until(20.25);
    expect((await settled(stage, stage.call())).reply?.text).toBe('back');
    expect(circuit(stage, 'm@P')?.state).toBe('half-open');
    expect((await settled(stage, stage.call())).reply?.text).toBe('back');
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'closed', completed: 0, consecutiveFailures: 0 });

    stage.upstreams['P'] = () => refuseConnection();
    await settled(stage, stage.call({}, { maxAttempts: 1 }));
    expect(circuit(stage, 'm@P')?.state).toBe('closed');
    const changes = stage.events.filter(
      ([name, event]) => name.startsWith('circuit-') && event['deployment'] === 'm@P',
    );
    expect(changes.map(([name]) => name)).toEqual([
      'circuit-opened',
      'circuit-half-opened',
      'circuit-opened',
      'circuit-half-opened',
      'circuit-closed',
    ]);
    await stage.failover.close();
  });

  it('says 502 while it tries and 503 with the time of the next trial when nothing is canned', async () => {
    const stage = setStage({ P: () => refuseConnection() }, { cannedReply: undefined });
    const calls: Outcome[] = [];
    for (const at of [0.125, 0.25, 0.25]) {
      calls.push(stage.call());
      await stage.until(at);
    }
    for (const { error } of calls) expect(error).toMatchObject({ status: 502, cause: { kind: 'connect' } });
    await stage.until(3.25);
    const fourth = await settled(stage, stage.call());
    expect(fourth.error).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
    expect(fourth.error).not.toHaveProperty('cause');
    await stage.failover.close();
  });
});

describe('T6: 503 with a hundred in flight', () => {
  const overloaded = () => failWith(503, { after: 200 });

  it('opens at the fifth verdict and moves all hundred on at once, without retries', async () => {
    const stage = setStage({ P: overloaded, S: () => answerWith('from S') });
    const calls = Array.from({ length: 100 }, () => stage.call());
    await stage.until(0.2);
    expect(calls.every(({ reply, at }) => reply?.text === 'from S' && at === 0.2)).toBe(true);
    expect(stage.requests.filter((one) => one.upstream === 'P')).toHaveLength(100);
    expect(stage.requests.filter((one) => one.upstream === 'S')).toHaveLength(100);
    expect(named(stage, 'circuit-opened')).toHaveLength(1);
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'open', failed: 5 });
    await stage.until(0.3);
    expect(trail(await settled(stage, stage.call()))).toBe('m@S ok');
    await stage.failover.close();
  });

  it('lets those wait for whom there is no place, the more important ones first, and two seconds at most', async () => {
    const stage = setStage(
      { P: overloaded, S: () => answerWith('from S', { after: 1_500 }) },
      { upstreams: [upstream('P', ['m']), upstream('S', ['m'], { priority: 2, limits: { concurrency: 50 } })] },
    );
    const usual = Array.from({ length: 75 }, () => stage.call());
    const important = Array.from({ length: 50 }, () => stage.call({}, { priority: 1 }));
    await stage.until(0.2);
    expect(stage.failover.status().waiting).toBe(75);
    await stage.until(1.7);
    expect(usual.filter(({ reply }) => reply?.text === 'from S')).toHaveLength(50);
    await stage.until(2.2);
    expect(usual.filter(({ reply, at }) => reply?.text === CANNED && at === 2.2)).toHaveLength(25);
    await stage.until(3.2);
    expect(important.every(({ reply, at }) => reply?.text === 'from S' && at === 3.2)).toBe(true);
    await stage.failover.close();
  });
});

describe('T8: four models, one reseller down', () => {
  it("opens the upstream's circuit at its fifth connect failure, so that its other models are not asked", async () => {
    const stage = setStage(
      { R: () => refuseConnection(), S: () => answerWith('from D') },
      { upstreams: [upstream('R', ['A', 'B', 'C']), upstream('S', ['D'])], chains: { default: ['A', 'B', 'C', 'D'] } },
    );
    const first = stage.call();
    await stage.until(0.125);
    expect(trail(first)).toBe('A@R connect, A@R connect, B@R connect, C@R connect, D@S ok');
    expect(trail(await settled(stage, stage.call()))).toBe('A@R connect, D@S ok');
    expect(named(stage, 'circuit-opened')).toMatchObject([{ upstream: 'R', deployment: undefined }]);
    expect(trail(await settled(stage, stage.call()))).toBe('D@S ok');
    await stage.failover.close();
  });
});

describe('a trial, which is raced', () => {
  async function openCircuit(stage: Stage): Promise<void> {
    for (let count = 0; count < 5; count += 1) await settled(stage, stage.call());
    expect(circuit(stage, 'm@P')?.state).toBe('open');
  }

  it('does not make its caller wait longer than a second for somebody else, and is judged all the same', async () => {
    const stage = setStage({ P: () => failWith(503), S: () => answerWith('from S') });
    await openCircuit(stage);
    stage.upstreams['P'] = () => answerWith('slowly back', { after: 4_000 });
    await stage.until(11);
    const call = stage.call();
    await stage.until(12);
    expect(call).toMatchObject({ at: 12, reply: { text: 'from S' } });
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'half-open', trialsInFlight: 1, trialSuccesses: 0 });
    await stage.until(15);
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'half-open', trialsInFlight: 0, trialSuccesses: 1 });
    expect(stage.failover.status().retryBudget.inUse).toBe(0);
    await stage.failover.close();
  });

  it('wins when it is faster than the one beside it, which is aborted and not blamed', async () => {
    const stage = setStage({ P: () => failWith(503), S: () => answerWith('from S') });
    await openCircuit(stage);
    stage.upstreams['P'] = () => answerWith('back', { after: 1_500 });
    stage.upstreams['S'] = () => neverAnswer();
    await stage.until(11);
    const call = stage.call();
    await stage.until(12.5);
    expect(call).toMatchObject({ at: 12.5, reply: { text: 'back' } });
    expect(stage.requests.at(-1)).toMatchObject({ upstream: 'S', aborted: true });
    await stage.until(12.5);
    expect(stage.failover.status().deployments.find(({ id }) => id === 'm@S')).toMatchObject({
      failures: 0,
      inFlight: 0,
    });
    await stage.failover.close();
  });

  it('gives its slot back when its caller leaves', async () => {
    const stage = setStage({ P: () => failWith(503), S: () => answerWith('from S') });
    await openCircuit(stage);
    stage.upstreams['P'] = () => neverAnswer();
    await stage.until(11);
    const controller = new AbortController();
    const call = stage.call({}, { signal: controller.signal });
    await stage.until(11.5);
    controller.abort();
    await stage.until(11.5);
    expect(call.error).toBe(controller.signal.reason);
    expect(circuit(stage, 'm@P')).toMatchObject({ state: 'half-open', trialsInFlight: 0 });
    await stage.failover.close();
  });
});

describe('T4, unstreamed: a circuit that silence has opened', () => {
  it('sends those who still wait for the silent one to the next at once', async () => {
    const timeouts = { unary: 1_000, unaryPerOutputToken: 0 };
    const stage = setStage({ P: () => neverAnswer(), S: () => answerWith('from S') }, { timeouts });
    const early = Array.from({ length: 5 }, () => stage.call());
    await stage.until(0.5);
    const late = Array.from({ length: 20 }, () => stage.call());
    await stage.until(1);
    expect([...early, ...late].every(({ reply, at }) => reply?.text === 'from S' && at === 1)).toBe(true);
    expect(trail(late[0] ?? {})).toBe('m@P local, m@S ok');
    expect(stage.requests.filter((one) => one.upstream === 'P')).toHaveLength(25);
    await stage.failover.close();
  });
});

async function settled(stage: Stage, outcome: Outcome): Promise<Outcome> {
  await stage.until(stage.at());
  return outcome;
}
