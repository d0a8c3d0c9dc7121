/** A trial finds out whether a deployment is back; its caller should not have to wait for that while others could answer. */
import { answerWith, failWith, neverAnswer } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Stage, type Upstreams } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Opens at the first failure, for ten seconds. */
const FRAIL = { consecutiveFailures: 1 } as const;

/** P has failed once and is half-open from second 10 on. */
async function setStageWithTrial(others: Upstreams, S: Parameters<typeof upstream>[2] = {}): Promise<Stage> {
  const further = Object.keys(others).map((name, index) =>
    upstream(name, ['m'], { priority: index + 2, ...(name === 'S' && S) }),
  );
  const stage = setStage(
    { P: () => failWith(500), ...others },
    { upstreams: [upstream('P', ['m'], { breaker: FRAIL }), ...further] },
  );
  stage.call();
  await stage.until(9);
  return stage;
}

/** `S@12`: who was asked, and at which second. */
function asked(stage: Stage, from: number): string[] {
  const zero = performance.now() - stage.at() * 1000;
  return stage.requests
    .map(({ upstream: name, at }) => ({ name, second: Math.round(at - zero) / 1000 }))
    .filter(({ second }) => second >= from)
    .map(({ name, second }) => `${name}@${second}`);
}

describe('Beside a silent trial', () => {
  it('the next one is asked at once when a challenger has failed', async () => {
    const stage = await setStageWithTrial({ S: () => failWith(503), T: () => answerWith('T') });
    stage.upstreams['P'] = neverAnswer;
    await stage.until(11);
    const call = stage.call();
    await stage.until(20);
    expect(asked(stage, 10)).toEqual(['P@11', 'S@12', 'T@12']);
    expect(call).toMatchObject({ at: 12, reply: { text: 'T' } });
    await stage.until(100);
  });

  it('somebody is asked a while later when nobody was free at first', async () => {
    const stage = await setStageWithTrial(
      { S: () => answerWith('S', { after: 3_500 }) },
      { limits: { concurrency: 1 } },
    );
    stage.upstreams['P'] = neverAnswer;
    const busy = stage.call();
    await stage.until(11);
    const call = stage.call();
    await stage.until(20);
    // S has a place from 12.5 on.
    expect(busy).toMatchObject({ at: 12.5, reply: { text: 'S' } });
    expect(asked(stage, 10)).toEqual(['P@11', 'S@13']);
    expect(call).toMatchObject({ at: 16.5, reply: { text: 'S' } });
    await stage.until(100);
  });

  it('its own deployment is never asked, however many trials it admits at a time', async () => {
    const stage = setStage({ P: () => failWith(500) }, { breaker: { ...FRAIL, trialCalls: 2 } });
    stage.call();
    await stage.until(11);
    stage.upstreams['P'] = neverAnswer;
    const call = stage.call();
    await stage.until(60);
    expect(asked(stage, 10)).toEqual(['P@11']);
    await stage.until(100);
    expect(trail(call)).toBe('m@P silent');
  });

  it('having found nobody leaves the call all the time that it may wait in line', async () => {
    const stage = await setStageWithTrial(
      { S: () => answerWith('S', { after: 5_500 }) },
      { limits: { concurrency: 1 } },
    );
    stage.upstreams['P'] = () => failWith(500, { after: 4_000 });
    stage.call();
    // S is taken from 9 to 14.5, the trial lasts from 10.1 to 14.1.
    await stage.until(10.1);
    const call = stage.call();
    await stage.until(40);
    expect(trail(call)).toBe('m@P server, m@S ok');
    expect(call).toMatchObject({ at: 20, reply: { text: 'S' } });
  });

  it('having found nobody leaves the call its unit of the retry budget', async () => {
    const stage = setStage(
      { P: () => failWith(500) },
      { breaker: { ...FRAIL, openFor: 100 }, retry: { baseDelay: 1_000 } },
    );
    const call = stage.call();
    await stage.until(0.4);
    stage.upstreams['P'] = () => answerWith('P', { after: 3_000 });
    // The second try, at 0.5, is a trial; at 1.5 nobody can be asked beside it.
    await stage.until(2);
    expect(stage.requests).toHaveLength(2);
    expect(stage.failover.status().retryBudget.inUse).toBe(1);
    await stage.until(5);
    expect(trail(call)).toBe('m@P server, m@P ok');
    expect(stage.failover.status().retryBudget.inUse).toBe(0);
  });
});

describe('An overtaken trial', () => {
  it('is in the trail of the reply, which stays as it was when the trial ends', async () => {
    const stage = await setStageWithTrial({ S: () => answerWith('S') });
    stage.upstreams['P'] = () => answerWith('late', { after: 5_000 });
    await stage.until(11);
    stage.events.length = 0;
    const call = stage.call();
    await stage.until(12);
    expect(call.reply?.failover).toMatchObject({ deployment: 'm@S', failedOver: true });
    expect(trail(call)).toBe('m@S ok, m@P silent');
    expect(stage.events.find(([name]) => name === 'call-answered')?.[1]).toMatchObject({ failedOver: true });
    const before = structuredClone(call.reply?.failover.attempts);
    await stage.until(20);
    expect(stage.events).toContainEqual(['attempt-succeeded', expect.objectContaining({ deployment: 'm@P' })]);
    expect(call.reply?.failover.attempts).toEqual(before);
  });
});
