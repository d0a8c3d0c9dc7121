/** What a call waits for when nobody can serve it now, and what it does not. */
import { answerWith, failWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** The first request is refused, the others are answered. */
function once(status: number, headers: Record<string, string>) {
  let count = 0;
  return () => {
    count += 1;
    return count === 1 ? failWith(status, { headers }) : answerWith('P');
  };
}

describe('A hint', () => {
  it.each([5, 9])('of 7 s is waited for when the only other one rests for %d s', async (rest) => {
    const stage = setStage({ P: once(429, { 'retry-after': '7' }), S: () => answerWith('S') });
    stage.failover.upstream('S').rest(rest * 1_000);
    const call = stage.call();
    await stage.until(20);
    expect(trail(call)).toBe('m@P rate-limited, m@P ok');
    expect(call).toMatchObject({ at: 7.35, reply: { text: 'P' } });
  });

  it('is not waited for when another one will soon have a place', async () => {
    const stage = setStage(
      { P: once(429, { 'retry-after': '8' }), S: () => answerWith('S', { after: 100 }) },
      { upstreams: [upstream('P', ['m']), upstream('S', ['m'], { priority: 2, limits: { concurrency: 1 } })] },
    );
    stage.failover.deployment('m@P').drain();
    stage.call();
    stage.failover.deployment('m@P').undrain();
    const call = stage.call();
    await stage.until(20);
    expect(trail(call)).toBe('m@P rate-limited, m@S ok');
    expect(call).toMatchObject({ at: 0.2, reply: { text: 'S' } });
  });

  it('of no time at all does not take the back-off away', async () => {
    const stage = setStage({ P: once(503, { 'retry-after': '0' }) });
    const call = stage.call();
    await stage.until(0.1);
    expect(stage.requests).toHaveLength(1);
    await stage.until(5);
    expect(trail(call)).toBe('m@P overloaded, m@P ok');
  });
});

describe('A back-off', () => {
  it('is one wait, though timers know no parts of a millisecond and computing takes some', async () => {
    const clock = performance.now.bind(performance);
    let spent = 0;
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => {
      spent += 0.001;
      return clock() + spent;
    });
    const stage = setStage({ P: once(500, {}) });
    const call = stage.call();
    await stage.until(1);
    spy.mockRestore();
    expect(trail(call)).toBe('m@P server, m@P ok');
    expect(stage.events.filter(([name]) => name === 'call-waiting')).toHaveLength(1);
  });
});

describe('A call in line', () => {
  it('is served by a deployment whose circuit closes meanwhile', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => answerWith('S', { after: 5_000 }) },
      {
        breaker: { consecutiveFailures: 1, successesToClose: 1 },
        upstreams: [upstream('P', ['m']), upstream('S', ['m'], { priority: 2, limits: { concurrency: 1 } })],
      },
    );
    stage.call();
    await stage.until(9);
    stage.call();
    // S is taken until 14; the trial of P lasts from 10.2 to 10.7.
    await stage.until(10.2);
    stage.upstreams['P'] = () => answerWith('P', { after: 500 });
    const trial = stage.call();
    await stage.until(10.3);
    const waiting = stage.call();
    await stage.until(20);
    expect(trial).toMatchObject({ at: 10.7, reply: { text: 'P' } });
    expect(trail(waiting)).toBe('m@P ok');
    expect(waiting).toMatchObject({ at: 11.2, reply: { text: 'P' } });
  });
});

describe('A call that our own limits refuse', () => {
  it('is told when to come back', async () => {
    const stage = setStage({ P: () => answerWith('P') }, { cannedReply: undefined, limits: { requestsPerMinute: 3 } });
    const first = stage.call();
    const second = stage.call();
    await stage.until(10);
    expect(first.reply?.text).toBe('P');
    expect(second.error).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
    });
    expect(stage.requests).toHaveLength(1);
    await stage.failover.close();
  });
});
