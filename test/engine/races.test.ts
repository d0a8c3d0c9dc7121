/** A streamed attempt of which nothing is heard is not waited out: another candidate is asked beside it. */
import {
  answerWith,
  continueWith,
  failWith,
  neverAnswer,
  sseWith,
  streamWith,
  type ScriptedPart,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ONE_STREAM, shapeOf } from '../traces/one-stream.ts';
import { setStage, trail, upstream, type Stage } from '../traces/stage.ts';
import { NO_BREAKER } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** `S@10`: who was asked, and at which second. */
function asked(stage: Stage): string[] {
  const zero = performance.now() - stage.at() * 1000;
  return stage.requests.map(({ upstream: name, at }) => `${name}@${Math.round(at - zero) / 1000}`);
}

const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);
const deploymentOf = (stage: Stage, id: string) => stage.failover.status().deployments.find((one) => one.id === id);

/** A sign of life each second, and no content. */
const pinging = () =>
  sseWith(Array.from({ length: 100 }, (): ScriptedPart[] => [{ comment: 'ping' }, { wait: 1_000 }]).flat());

describe('A race', () => {
  it('begins after ten seconds of silence, and the first content wins', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('from S', { headersAfter: 2_000, interval: 1_000 }) });
    const call = stage.stream();
    await stage.until(12);
    expect(asked(stage)).toEqual(['P@0', 'S@10']);
    expect(call).toMatchObject({ begun: 12, text: 'from' });
    expect(call.stream?.failover).toMatchObject({ deployment: 'm@S', failedOver: true, degraded: undefined });
    expect(trail(call)).toBe('m@P silent, m@S ok');
    await stage.until(13);
    expect(call).toMatchObject({ at: 13, text: 'from S', outcome: { status: 'done' } });
    expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
    expect(named(stage, 'race-started')).toMatchObject([
      { silent: 'm@P', challenger: 'm@S', after: 10_000, trial: false },
    ]);
  });

  it('is won by the first one when its content comes before the other’s', async () => {
    const stage = setStage({ P: () => streamWith('P after all', { headersAfter: 12_000 }), S: neverAnswer });
    const call = stage.stream();
    await stage.until(12);
    expect(call).toMatchObject({ begun: 12, text: 'P after all' });
    expect(stage.requests[1]).toMatchObject({ upstream: 'S', aborted: true });
    expect(deploymentOf(stage, 'm@S')).toMatchObject({ inFlight: 0, failures: 0, neutral: 1, circuit: { failed: 0 } });
    expect(deploymentOf(stage, 'm@P')).toMatchObject({ successes: 1 });
  });

  it('is run whatever has come but content', async () => {
    const stage = setStage({ P: pinging, S: () => streamWith('S') });
    const call = stage.stream();
    await stage.until(10);
    expect(call).toMatchObject({ begun: 10, text: 'S' });
  });

  it('is not run where content has come, however slowly the rest follows', async () => {
    const stage = setStage({ P: () => streamWith('slow but sure', { interval: 15_000 }), S: () => streamWith('S') });
    const call = stage.stream();
    await stage.until(30);
    expect(asked(stage)).toEqual(['P@0']);
    expect(call.text).toBe('slow but sure');
  });

  it('is not run for an answer that comes whole, of which nothing can be known before', async () => {
    const stage = setStage({ P: () => answerWith('P', { after: 20_000 }), S: () => answerWith('S') });
    const call = stage.call();
    await stage.until(20);
    expect(asked(stage)).toEqual(['P@0']);
    expect(call.reply?.text).toBe('P');
  });

  it('is run once a call', async () => {
    const stage = setStage(
      { P: neverAnswer, S: neverAnswer, T: neverAnswer, U: () => streamWith('from U') },
      { retry: { maxAttemptsPerModel: 4 } },
    );
    const call = stage.stream();
    await stage.until(131);
    // Each has its sixty seconds; nobody is asked beside the two, and nobody beside the third.
    expect(asked(stage)).toEqual(['P@0', 'S@10', 'T@70', 'U@130']);
    expect(trail(call)).toBe('m@P silent, m@S silent, m@T silent, m@U ok');
    expect(named(stage, 'race-started')).toHaveLength(1);
  });

  it('goes on with another when the challenger fails, and with the challenger when the first one does', async () => {
    const stage = setStage({
      P: () => failWith(500, { after: 12_000 }),
      S: () => failWith(503, { after: 500 }),
      T: () => streamWith('from T', { headersAfter: 5_000 }),
    });
    const call = stage.stream();
    await stage.until(20);
    expect(asked(stage)).toEqual(['P@0', 'S@10', 'T@10.5']);
    expect(trail(call)).toBe('m@S overloaded, m@P server, m@T ok');
    expect(call).toMatchObject({ begun: 15.5, text: 'from T' });
    expect(named(stage, 'race-started')).toHaveLength(2);
  });

  it('with nobody free looks again each second', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('from S', { headersAfter: 1_000 }) });
    stage.failover.deployment('m@S').drain();
    const call = stage.stream();
    await stage.until(12.5);
    expect(asked(stage)).toEqual(['P@0']);
    expect(stage.failover.status().retryBudget.inUse).toBe(0);
    stage.failover.deployment('m@S').undrain();
    await stage.until(14);
    expect(asked(stage)).toEqual(['P@0', 'S@13']);
    expect(call).toMatchObject({ begun: 14, text: 'from S' });
  });

  it('ends with both when the caller leaves', async () => {
    const stage = setStage({ P: neverAnswer, S: neverAnswer });
    const controller = new AbortController();
    const call = stage.stream({}, { signal: controller.signal });
    await stage.until(11);
    controller.abort();
    expect(stage.requests.map(({ aborted }) => aborted)).toEqual([true, true]);
    await stage.until(11);
    expect(call.error).toBe(controller.signal.reason);
    expect(named(stage, 'call-aborted')).toHaveLength(1);
    expect(named(stage, 'attempt-failed')).toEqual([]);
    expect(stage.failover.status()).toMatchObject({ calls: { inFlight: 0 }, retryBudget: { inUse: 0 } });
  });

  it("ends with both by the caller's own fault", async () => {
    const stage = setStage({
      P: neverAnswer,
      S: () => failWith(400, { message: 'The image is no image.', after: 100 }),
    });
    const call = stage.stream();
    await stage.until(10.1);
    expect(call.error).toMatchObject({ status: 400, message: 'The image is no image.' });
    expect(stage.requests.map(({ outcome }) => outcome)).toEqual(['aborted', 'answered']);
    expect(stage.failover.status().calls).toMatchObject({ inFlight: 0, refused: 1 });
  });
});

describe('When a race begins', () => {
  const rivals = { P: neverAnswer, S: () => streamWith('S') };

  it('is what the call says, before what the engine says', async () => {
    const stage = setStage(rivals, { raceAfter: 2_000 });
    const calls = [stage.stream(), stage.stream({}, { raceAfter: 5_000 }), stage.stream({}, { raceAfter: false })];
    await stage.until(2);
    expect(calls.map(({ begun }) => begun)).toEqual([2, undefined, undefined]);
    await stage.until(5);
    expect(calls.map(({ begun }) => begun)).toEqual([2, 5, undefined]);
    await stage.until(60);
    expect(calls.map(({ begun }) => begun)).toEqual([2, 5, 60]);
  });

  it('is never where the engine says so, unless the call says otherwise', async () => {
    const stage = setStage(rivals, { raceAfter: false });
    const calls = [stage.stream(), stage.stream({}, { raceAfter: 3_000 })];
    await stage.until(59);
    expect(calls.map(({ begun }) => begun)).toEqual([undefined, 3]);
    await stage.until(60);
    expect(calls.map(({ begun }) => begun)).toEqual([60, 3]);
  });

  it('is learned from twenty answers: one and a half times what nearly all of them take', async () => {
    const stage = setStage({ P: () => streamWith('P', { firstContentAfter: 4_000 }), S: () => streamWith('S') });
    for (let count = 0; count < 19; count += 1) stage.stream();
    await stage.until(4);
    expect(deploymentOf(stage, 'm@P')?.raceAfter).toBe(10_000);
    stage.stream();
    await stage.until(8);
    expect(deploymentOf(stage, 'm@P')?.raceAfter).toBe(6_000);
    stage.upstreams['P'] = neverAnswer;
    const call = stage.stream();
    await stage.until(13.999);
    expect(call.begun).toBeUndefined();
    await stage.until(14);
    expect(call).toMatchObject({ begun: 14, text: 'S' });
  });

  it('is later where attempts have been overtaken, who would have taken longer', async () => {
    const stage = setStage(
      { P: pinging, S: () => streamWith('S') },
      { breaker: { ...NO_BREAKER, minimumSlow: 1_000 } },
    );
    for (let count = 0; count < 20; count += 1) stage.stream();
    await stage.until(10);
    expect(deploymentOf(stage, 'm@P')?.raceAfter).toBe(15_000);
  });
});

describe('Who is asked beside the silent one', () => {
  const CHAIN = {
    upstreams: [upstream('P', ['m']), upstream('S', ['n'])],
    chains: { default: ['m', 'n'] },
  };

  it('may serve another model', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('from n') }, CHAIN);
    const call = stage.stream();
    await stage.until(10);
    expect(call).toMatchObject({ begun: 10, text: 'from n' });
    expect(call.stream?.failover).toMatchObject({ degraded: 'downgraded', model: 'n' });
  });

  it('may not, where races are kept to one model', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('from n') }, { ...CHAIN, raceAcrossModels: false });
    const call = stage.stream();
    await stage.until(59.999);
    expect(asked(stage)).toEqual(['P@0']);
    await stage.until(60);
    expect(trail(call)).toBe('m@P silent, n@S ok');
    expect(named(stage, 'race-started')).toEqual([]);
  });

  it('counts among the attempts of the call', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('S') });
    const call = stage.stream({}, { maxAttempts: 1 });
    await stage.until(60);
    expect(asked(stage)).toEqual(['P@0']);
    expect(trail(call)).toBe('m@P silent');
  });
});

describe('The retry budget', () => {
  it('limits the races that are run at once, and has its unit back at the first content', async () => {
    const stage = setStage(
      { P: neverAnswer, S: () => streamWith('from S', { headersAfter: 1_500, interval: 30_000 }) },
      { retry: { budgetMinimum: 1, budgetRatio: 0 }, timeouts: { betweenChunks: 60_000 }, breaker: NO_BREAKER },
    );
    const calls = [stage.stream(), stage.stream()];
    await stage.until(10);
    expect(asked(stage)).toEqual(['P@0', 'P@0', 'S@10']);
    expect(stage.failover.status().retryBudget.inUse).toBe(1);
    expect(named(stage, 'retry-budget-exhausted')).toMatchObject([{ inUse: 1, limit: 1 }]);
    await stage.until(11.5);
    expect(calls[0]).toMatchObject({ begun: 11.5, text: 'from' });
    expect(stage.failover.status().retryBudget.inUse).toBe(0);
    // The other one looks once a second.
    await stage.until(13.5);
    expect(asked(stage).at(-1)).toBe('S@12');
    expect(calls[1]).toMatchObject({ begun: 13.5 });
    await stage.until(60);
    expect(calls.map(({ text }) => text)).toEqual(['from S', 'from S']);
  });
});

describe('Who has lost', () => {
  it('is aborted before anything else can happen, though its own content was due at that very moment', async () => {
    const late = streamWith(['P', ' too'], { silent: 11_000, firstContentAfter: 1_000 });
    const stage = setStage({ P: () => late, S: () => streamWith('from S', { headersAfter: 2_000 }) });
    const call = stage.stream();
    await stage.until(12);
    expect(call).toMatchObject({ begun: 12, text: 'from S' });
    expect(named(stage, 'first-content')).toMatchObject([{ deployment: 'm@S' }]);
    expect(trail(call)).toBe('m@S ok, m@P slow');
    expect(stage.requests[0]?.aborted).toBe(true);
  });

  it('is a failure where not a byte has come', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('from S', { interval: 1_000 }) });
    const call = stage.stream();
    await stage.until(10);
    expect(stage.requests[0]).toMatchObject({ upstream: 'P', aborted: true, endedAt: stage.requests[1]?.at });
    expect(named(stage, 'attempt-failed')).toMatchObject([
      { deployment: 'm@P', class: 'silent', breaker: 'failure', duration: 10_000 },
    ]);
    expect(deploymentOf(stage, 'm@P')).toMatchObject({
      inFlight: 0,
      failures: 1,
      circuit: { consecutiveFailures: 1, slow: 0 },
    });
    await stage.until(20);
    expect(call.text).toBe('from S');
  });

  it('is slow and no failure where it has shown a sign of life', async () => {
    const stage = setStage({ P: pinging, S: () => streamWith('S') });
    const call = stage.stream();
    await stage.until(10);
    expect(trail(call)).toBe('m@S ok, m@P slow');
    expect(stage.requests[0]?.aborted).toBe(true);
    expect(named(stage, 'attempt-failed')).toMatchObject([{ deployment: 'm@P', class: 'slow', breaker: 'neutral' }]);
    expect(deploymentOf(stage, 'm@P')?.circuit).toMatchObject({ consecutiveFailures: 0, failed: 0, slow: 1 });
  });

  it.each([
    ['silent', neverAnswer],
    ['slow', pinging],
  ])('by being %s is not asked again by the same call', async (_how, P) => {
    const text = 'one two three four five six';
    const stage = setStage({
      P,
      S: (request) =>
        streamWith([...text.split(/(?= )/).slice(0, 3), { wait: 100 }, { end: 'cut' }], { model: request.model }),
      T: (request) => continueWith(text, request),
    });
    const call = stage.stream();
    await stage.until(60);
    expect(asked(stage)).toEqual(['P@0', 'S@10', 'T@10.1']);
    expect(call).toMatchObject({ text, outcome: { status: 'done' } });
  });

  it('gives its place back', async () => {
    const stage = setStage(
      { P: neverAnswer, S: () => streamWith('S') },
      { upstreams: [upstream('P', ['m'], { limits: { concurrency: 1 } }), upstream('S', ['m'], { priority: 2 })] },
    );
    stage.stream();
    await stage.until(10);
    expect(deploymentOf(stage, 'm@P')?.lanes[0]).toMatchObject({ inFlight: 0, limits: { inFlight: 0 } });
  });
});

describe('A deployment that is alive and keeps losing races', () => {
  it('is degraded, and asked after healthy ones, also those of the next tier', async () => {
    const stage = setStage({ P: pinging, S: () => streamWith('S') });
    for (let count = 0; count < 9; count += 1) stage.stream();
    await stage.until(10);
    expect(deploymentOf(stage, 'm@P')).toMatchObject({ degraded: false, circuit: { slow: 9, state: 'closed' } });
    stage.stream();
    await stage.until(20);
    expect(deploymentOf(stage, 'm@P')).toMatchObject({ degraded: true, circuit: { slow: 10, state: 'closed' } });
    const call = stage.stream();
    await stage.until(20);
    expect(trail(call)).toBe('m@S ok');

    // It is still asked when nobody healthy is left.
    stage.upstreams['S'] = () => failWith(500);
    stage.upstreams['P'] = () => streamWith('P');
    const other = stage.stream();
    await stage.until(20);
    expect(trail(other)).toBe('m@S server, m@P ok');

    // A minute later its slow answers are forgotten.
    await stage.until(81);
    expect(deploymentOf(stage, 'm@P')?.degraded).toBe(false);
    const later = stage.stream();
    await stage.until(81);
    expect(trail(later)).toBe('m@P ok');
  });
});
