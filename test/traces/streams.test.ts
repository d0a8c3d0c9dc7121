/** The traces that are about streams, second by second. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import {
  continueWith,
  failWith,
  neverAnswer,
  streamWith,
  type ScriptedPiece,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ONE_STREAM, shapeOf } from './one-stream.ts';
import { messagesOf, setStage, trail, upstream, type Stage, type StageOptions, type Streamed } from './stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const deploymentOf = (stage: Stage, id: string) => stage.failover.status().deployments.find((one) => one.id === id);
const circuitOf = (stage: Stage, id: string) => deploymentOf(stage, id)?.circuit;
const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);

describe('T4: two upstreams of one model, the first falls silent under load', () => {
  const EVERY = 0.05;

  interface Load {
    readonly stage: Stage;
    readonly calls: (Streamed & { readonly startedAt: number })[];
    /** Twenty calls a second until then. */
    until(seconds: number): Promise<void>;
    startedBetween(from: number, to: number): Load['calls'];
  }

  function setLoad(): Load {
    const stage = setStage({ P: () => neverAnswer(), S: () => streamWith('from S', { headersAfter: 500 }) });
    const calls: Load['calls'] = [];
    return {
      stage,
      calls,
      async until(seconds) {
        for (let next = calls.length * EVERY; next < seconds - 0.001; next = calls.length * EVERY) {
          await stage.until(next);
          calls.push(Object.assign(stage.stream(), { startedAt: next }));
        }
        await stage.until(seconds);
      },
      startedBetween: (from, to) => calls.filter(({ startedAt }) => startedAt > from - 0.001 && startedAt < to - 0.001),
    };
  }

  const askedOf = ({ requests }: Stage, name: string) => requests.filter((one) => one.upstream === name);

  it('races the first five, whose silence opens the circuit, and moves all others on at once', async () => {
    const { stage, calls, until, startedBetween } = setLoad();
    await until(9.999);
    expect(deploymentOf(stage, 'm@P')?.inFlight).toBe(200);
    expect(askedOf(stage, 'S')).toHaveLength(0);

    await until(10.499);
    expect(calls.filter(({ begun }) => begun !== undefined)).toHaveLength(0);
    await until(10.5);
    expect(calls[0]).toMatchObject({ begun: 10.5, text: 'from S' });
    expect(trail(calls[0] ?? {})).toBe('m@S ok, m@P silent');
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'closed', consecutiveFailures: 1 });

    await until(10.699);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'closed', consecutiveFailures: 4 });
    expect(calls.slice(0, 5).map(({ begun }) => begun)).toEqual([10.5, 10.55, 10.6, 10.65, undefined]);
    await until(10.7);
    expect(calls[4]?.begun).toBe(10.7);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'open', openFor: 10_000, failed: 5 });

    // Everybody else who was still met with silence there, raced already or not.
    expect(deploymentOf(stage, 'm@P')).toMatchObject({ inFlight: 0, failuresByClass: { silent: 5, local: 209 } });
    expect(
      askedOf(stage, 'S').filter(({ at }) => Math.round(at - (askedOf(stage, 'P')[0]?.at ?? 0)) === 10_700),
    ).toHaveLength(200);
    expect(askedOf(stage, 'P').every(({ aborted }) => aborted)).toBe(true);
    await until(11.2);
    expect(startedBetween(0.7, 10.7).every(({ begun, text }) => begun === 11.2 && text === 'from S')).toBe(true);
    expect(calls.slice(0, 214).every(({ outcome }) => outcome?.status === 'done')).toBe(true);
    expect(trail(calls[100] ?? {})).toBe('m@P local, m@S ok');
    await stage.until(12);
    await stage.failover.close();
  });

  it('asks the silent one once per call at most, and lets nobody wait longer than 11.2 seconds', async () => {
    const { stage, calls, until } = setLoad();
    await until(13);
    await stage.until(15);
    expect(askedOf(stage, 'P')).toHaveLength(214);
    expect(calls).toHaveLength(260);
    for (const { begun = Infinity, startedAt } of calls) expect(begun - startedAt).toBeLessThanOrEqual(11.2);
    const attempts = new Map<unknown, string[]>();
    for (const { callId, upstream: name } of named(stage, 'attempt-started')) {
      attempts.set(callId, [...(attempts.get(callId) ?? []), String(name)]);
    }
    for (const names of attempts.values()) expect(names.filter((name) => name === 'P').length).toBeLessThanOrEqual(1);
    expect(named(stage, 'retry-budget-exhausted')).toEqual([]);
    expect(stage.failover.status().retryBudget.inUse).toBe(0);
    await stage.failover.close();
  });

  it('sends new calls to the other directly, and lets one of them try after ten seconds', async () => {
    const { stage, calls, until, startedBetween } = setLoad();
    await until(20.7);
    await stage.until(20.7);
    for (const { begun, startedAt } of startedBetween(10.75, 20.2)) expect(begun).toBeCloseTo(startedAt + 0.5, 3);
    expect(askedOf(stage, 'P')).toHaveLength(214);

    const [trial, beside] = [stage.stream(), stage.stream()];
    await stage.until(21.2);
    expect(askedOf(stage, 'P')).toHaveLength(215);
    expect(trail(beside)).toBe('m@S ok');
    await stage.until(22.199);
    expect(trial.begun).toBeUndefined();
    await stage.until(22.2);
    expect(trial).toMatchObject({ begun: 22.2, at: 22.2, text: 'from S' });
    expect(trail(trial)).toContain('m@S ok');
    expect(named(stage, 'race-started').at(-1)).toMatchObject({ silent: 'm@P', after: 1_000, trial: true });

    // The trial goes on unseen.
    await stage.until(30.699);
    expect(askedOf(stage, 'P').at(-1)?.outcome).toBeUndefined();
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'half-open', trialsInFlight: 1 });
    await stage.until(30.7);
    expect(askedOf(stage, 'P').at(-1)?.aborted).toBe(true);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'open', openFor: 20_000 });
    expect(named(stage, 'attempt-failed').at(-1)).toMatchObject({ deployment: 'm@P', class: 'silent' });
    expect(calls.every(({ outcome }) => outcome?.status === 'done')).toBe(true);
    await stage.failover.close();
  });
});

describe('T5: a model that thinks', () => {
  it('is raced after 45 seconds, and wins at 70', async () => {
    const thinking = () => streamWith('well thought', { silent: 70_000 });
    const stage = setStage(
      { P: thinking, S: thinking },
      {
        upstreams: ['P', 'S'].map((name, index) => upstream(name, { m: { reasoning: true } }, { priority: index + 1 })),
      },
    );
    const call = stage.stream();
    await stage.until(44.999);
    expect(stage.requests).toHaveLength(1);
    await stage.until(45);
    expect(stage.requests.map((one) => one.upstream)).toEqual(['P', 'S']);
    await stage.until(69.999);
    expect(call.begun).toBeUndefined();
    await stage.until(70);
    expect(call).toMatchObject({ begun: 70, text: 'well thought', outcome: { status: 'done' } });
    expect(trail(call)).toBe('m@P ok, m@S client-abort');
    expect(stage.requests).toHaveLength(2);
    expect(stage.requests[1]).toMatchObject({ upstream: 'S', aborted: true });
    expect(deploymentOf(stage, 'm@P')).toMatchObject({ successes: 1, circuit: { completed: 1, failed: 0 } });
    expect(deploymentOf(stage, 'm@S')).toMatchObject({ failures: 0, neutral: 1, circuit: { completed: 0 } });
    expect(named(stage, 'first-content')).toMatchObject([{ deployment: 'm@P', duration: 70_000 }]);
    await stage.failover.close();
  });
});

describe('T10: cut at 40 of 60 words', () => {
  const WORDS = Array.from({ length: 60 }, (_, index) => `${index === 0 ? '' : ' '}word-${index + 1}`);
  const TEXT = WORDS.join('');
  const SENT = WORDS.slice(0, 40).join('');

  /** First content at 0.1, forty words, closed at 0.7. */
  const cut = () =>
    streamWith([...WORDS.slice(0, 40).flatMap((word) => [word, { wait: 15 }]), { end: 'cut' }], {
      firstContentAfter: 100,
    });

  function setCut(S: (request: ScriptedRequest) => ReturnType<typeof continueWith>, options: StageOptions = {}): Stage {
    return setStage({ P: cut, S }, options);
  }

  const PREFILL: StageOptions = {
    upstreams: [upstream('P', ['m']), upstream('S', { m: { prefill: true } }, { priority: 2 })],
  };

  /** Behind the request's own. */
  const added = (stage: Stage) => messagesOf(stage.requests[1]).slice(1);

  function expectContinued(stage: Stage, call: Streamed, by: string): void {
    expect(call.text).toBe(TEXT);
    expect(shapeOf(call.chunks)).toEqual({ ...ONE_STREAM, usages: 1 });
    expect(call.error).toBeUndefined();
    expect(call.outcome).toMatchObject({ status: 'done', finishReason: 'stop' });
    expect(call.stream?.failover).toMatchObject({ degraded: 'continued', deployment: 'm@S' });
    expect(trail(call)).toBe('m@P cut, m@S ok');
    expect(named(stage, 'stream-continued')).toMatchObject([
      { from: 'm@P', to: 'm@S', by, sentCharacters: SENT.length },
    ]);
    expect(deploymentOf(stage, 'm@P')?.circuit).toMatchObject({ failed: 1, consecutiveFailures: 1 });
    expect(deploymentOf(stage, 'm@S')?.circuit).toMatchObject({ failed: 0, completed: 1 });
  }

  const WITH_USAGE = { stream_options: { include_usage: true } };

  it('goes on with the other upstream, which is told to begin with our last sixty characters', async () => {
    const stage = setCut((request) => continueWith(TEXT, request, { headersAfter: 300 }));
    const call = stage.stream(WITH_USAGE);
    await stage.until(0.699);
    expect(call.text).toBe(SENT);
    expect(stage.requests).toHaveLength(1);
    await stage.until(0.7);
    expect(stage.requests).toHaveLength(2);
    expect(call).not.toHaveProperty('at');
    await stage.until(1);
    expectContinued(stage, call, 'repeating');
    expect(call.begun).toBe(0.1);
    expect(call.at).toBe(1);
    const [said, told] = added(stage);
    expect(said).toEqual({ role: 'assistant', content: SENT });
    expect(told?.role).toBe('user');
    expect(told?.content).toContain(`>${SENT.slice(-60).trimStart()}<`);
  });

  it('ends with a usage that sums both parts', async () => {
    const usage = { prompt_tokens: 500, completion_tokens: 33, total_tokens: 533 };
    const stage = setCut((request) => continueWith(TEXT, request, { usage }));
    const call = stage.stream(WITH_USAGE);
    await stage.until(2);
    const sum = call.chunks.at(-1)?.usage;
    expect(call.chunks.at(-1)?.choices).toEqual([]);
    // Its upstream can no longer say what the cut part was; it is estimated.
    const estimated = (sum?.completion_tokens ?? 0) - 33;
    expect(Math.abs(estimated / countTokens(SENT) - 1)).toBeLessThan(0.15);
    expect(sum?.prompt_tokens).toBeGreaterThan(500);
    expect(sum?.total_tokens).toBe((sum?.prompt_tokens ?? 0) + (sum?.completion_tokens ?? 0));
    expect(call.outcome).toMatchObject({ usage: sum });
    expect(named(stage, 'call-answered')).toMatchObject([{ degraded: 'continued', streamed: true, usage: sum }]);
  });

  it('ends with an error when the other does not begin with them', async () => {
    const stage = setCut(() => streamWith('Certainly! Here is the rest.'));
    const call = stage.stream();
    await stage.until(2);
    expect(call.text).toBe(SENT);
    expect(call.error).toMatchObject({ code: 'AIF_INTERRUPTED' });
    expect(call.outcome).toMatchObject({ status: 'failed', error: call.error });
    expect(shapeOf(call.chunks).finishes).toEqual([]);
    expect(call.stream?.failover.degraded).toBeUndefined();
    expect(named(stage, 'stream-continued')).toEqual([]);
    expect(named(stage, 'call-failed')).toMatchObject([{ kind: 'interrupted' }]);
    // Nobody's fault, of those who were asked to go on.
    expect(deploymentOf(stage, 'm@S')?.circuit.failed).toBe(0);
  });

  it('goes on from a prefilled turn where the model takes it', async () => {
    const stage = setCut((request) => continueWith(TEXT, request), PREFILL);
    const call = stage.stream(WITH_USAGE);
    await stage.until(2);
    expectContinued(stage, call, 'prefill');
    expect(added(stage)).toEqual([{ role: 'assistant', content: SENT }]);
  });

  it('remembers a refused prefill and asks the other way, unseen', async () => {
    const stage = setCut((request) => continueWith(TEXT, request, { prefill: 'refuse' }), PREFILL);
    const call = stage.stream(WITH_USAGE);
    await stage.until(2);
    expect(call.text).toBe(TEXT);
    expect(shapeOf(call.chunks)).toEqual({ ...ONE_STREAM, usages: 1 });
    expect(trail(call)).toBe('m@P cut, m@S request, m@S ok');
    expect(named(stage, 'feature-refused')).toMatchObject([{ deployment: 'm@S', feature: 'prefill' }]);
    expect(named(stage, 'stream-continued')).toMatchObject([{ by: 'repeating' }]);
    const again = stage.stream();
    await stage.until(4);
    expect(again.text).toBe(TEXT);
    expect(trail(again)).toBe('m@P cut, m@S ok');
    expect(deploymentOf(stage, 'm@S')?.refuses).toEqual(['prefill']);
  });

  it('ends with an error at once when tools are in play', async () => {
    const stage = setCut((request) => continueWith(TEXT, request));
    const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object' } } }];
    const call = stage.stream({ tools });
    await stage.until(2);
    expect(call).toMatchObject({ at: 0.7, text: SENT, error: { code: 'AIF_INTERRUPTED' } });
    expect(stage.requests).toHaveLength(1);
  });
});

describe('T11: half-open with long streams', () => {
  const WORDS = Array.from({ length: 300 }, (_, index) => ` ${index}`);
  const TEXT = WORDS.join('');
  /** A moment before the second after which a trial would be raced. */
  const FIRST_CONTENT = 990;

  /** A word a second. */
  const slowly = (words: readonly string[]): ScriptedPiece[] => words.flatMap((word) => [word, { wait: 1_000 }]);

  async function setHalfOpen(): Promise<Stage> {
    const stage = setStage(
      { P: () => failWith(500), S: (request) => continueWith(TEXT, request) },
      { timeouts: { betweenChunks: 60_000 } },
    );
    for (let count = 0; count < 5; count += 1) stage.stream();
    await stage.until(9);
    expect(circuitOf(stage, 'm@P')?.state).toBe('open');
    await stage.until(10);
    return stage;
  }

  it('closes by the first content of two trials; a cut two minutes later is one failure in the new window', async () => {
    const stage = await setHalfOpen();
    const untilCut = 120_000 - FIRST_CONTENT - 119_000;
    stage.upstreams['P'] = () =>
      streamWith([...slowly(WORDS.slice(0, 119)), { wait: untilCut }, ' 119', { end: 'cut' }], {
        firstContentAfter: FIRST_CONTENT,
      });
    const first = stage.stream();
    await stage.until(10.9);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'half-open', trialsInFlight: 1, trialSuccesses: 0 });
    await stage.until(11);
    expect(first.text).toBe(' 0');
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'half-open', trialsInFlight: 0, trialSuccesses: 1 });

    stage.upstreams['P'] = () => streamWith(slowly(WORDS), { firstContentAfter: FIRST_CONTENT });
    const second = stage.stream();
    await stage.until(12);
    expect(second.text).toBe(' 0');
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'closed', completed: 0, failed: 0 });

    await stage.until(129.999);
    expect(first).not.toHaveProperty('at');
    await stage.until(130);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'closed', failed: 1, consecutiveFailures: 1 });
    expect(first).toMatchObject({ at: 130, text: TEXT, outcome: { status: 'done' } });
    expect(first.stream?.failover).toMatchObject({ degraded: 'continued', deployment: 'm@S' });

    await stage.until(320);
    expect(second).toMatchObject({ text: TEXT, outcome: { status: 'done' } });
    expect(second.stream?.failover.degraded).toBeUndefined();
    expect(circuitOf(stage, 'm@P')).toMatchObject({ state: 'closed', failed: 0 });
  });
});

describe('T13: the caller leaves', () => {
  const LIMITED: StageOptions = {
    upstreams: [
      upstream('P', ['m'], { limits: { concurrency: 2, requestsPerMinute: 6, tokensPerMinute: 6_000 } }),
      upstream('S', ['m'], { priority: 2 }),
    ],
  };
  const limitsOf = (stage: Stage) => deploymentOf(stage, 'm@P')?.lanes[0]?.limits;

  it('before content: the upstream is aborted within the same tick, and nobody is blamed', async () => {
    const stage = setStage({ P: () => neverAnswer(), S: () => streamWith('no') }, LIMITED);
    const controller = new AbortController();
    const call = stage.stream({}, { signal: controller.signal });
    await stage.until(0.3);
    expect(limitsOf(stage)?.inFlight).toBe(1);
    controller.abort();
    expect(stage.requests[0]).toMatchObject({ aborted: true });
    expect(limitsOf(stage)).toMatchObject({ inFlight: 0, requests: { available: 0 } });
    await stage.until(0.3);
    expect(call).toMatchObject({ at: 0.3, chunks: [] });
    expect(call.error).toBe(controller.signal.reason);
    expectNobodyBlamed(stage, ['call-started', 'attempt-started', 'attempt-aborted', 'call-aborted']);
    await stage.failover.close();
  });

  it('after content: the same, and what was read stays read', async () => {
    const stage = setStage(
      { P: () => streamWith('one two three four', { interval: 900 }), S: () => streamWith('no') },
      LIMITED,
    );
    const controller = new AbortController();
    const call = stage.stream({}, { signal: controller.signal });
    await stage.until(2);
    expect(call.text).toBe('one two three');
    controller.abort();
    expect(stage.requests[0]).toMatchObject({ aborted: true });
    expect(limitsOf(stage)).toMatchObject({ inFlight: 0, requests: { available: 0 } });
    await stage.until(2);
    expect(call).toMatchObject({ at: 2, text: 'one two three', outcome: { status: 'aborted' } });
    expect(call.error).toBe(controller.signal.reason);
    expectNobodyBlamed(stage, ['call-started', 'attempt-started', 'first-content', 'attempt-aborted', 'call-aborted']);
    // What it would have cost is taken to have been spent.
    expect(limitsOf(stage)?.tokens?.available).toBeLessThan(1_000);
    await stage.failover.close();
  });

  function expectNobodyBlamed(stage: Stage, events: readonly string[]): void {
    expect(stage.events.map(([name]) => name)).toEqual(events);
    expect(stage.requests).toHaveLength(1);
    expect(deploymentOf(stage, 'm@P')).toMatchObject({
      inFlight: 0,
      failures: 0,
      rest: undefined,
      circuit: { failed: 0 },
    });
    expect(stage.failover.status().calls).toMatchObject({ inFlight: 0, aborted: 1, failed: 0 });
  }
});
