import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLimiter } from '../../src/limiter/limiter.js';
import type { Limiter, LimiterSettings } from '../../src/limiter/limiter.js';
import type { Permit } from '../../src/limiter/permit.js';
import { createWaitQueue } from '../../src/limiter/wait-queue.js';
import type { MayTake, Obstacles, WaitOutcome, WaitQueue } from '../../src/limiter/wait-queue.js';

// The limiter and the queue wired as the gate wires them.
let queue: WaitQueue<Limiter>;
let limiters: Limiter[];

function limiterOf(settings: LimiterSettings): Limiter {
  const limiter: Limiter = createLimiter(settings, { now: Date.now, onFree: () => queue.notify(limiter) });
  limiters.push(limiter);
  return limiter;
}

interface Call {
  permit: Permit | undefined;
  outcome: WaitOutcome | 'at once' | undefined;
  /** Milliseconds from the test's start to being served. */
  servedAt: number | undefined;
}

const begin = (): number => Date.now() - started;
let started: number;

function call(limiter: Limiter, options: { tokens?: number; priority?: number; wait?: number } = {}): Call {
  const { tokens = 1, priority = 0, wait = 2_000 } = options;
  const state: Call = { permit: undefined, outcome: undefined, servedAt: undefined };
  const gate = (mayTake: MayTake<Limiter>): true | Obstacles<Limiter> => {
    if (!mayTake(limiter)) return { keys: [limiter] };
    const answer = limiter.tryAcquire(tokens);
    if (!answer.granted) return { keys: [limiter] };
    state.permit = answer;
    state.servedAt = begin();
    return true;
  };
  const obstacles = gate((key) => queue.mayTake(key, priority));
  if (obstacles === true) state.outcome = 'at once';
  else {
    const waiting = queue.wait({ priority, until: Date.now() + wait, obstacles, attempt: gate });
    void waiting.done.then((outcome) => (state.outcome = outcome));
  }
  return state;
}

beforeEach(() => {
  vi.useFakeTimers();
  started = Date.now();
  limiters = [];
  queue = createWaitQueue({ maximum: 10_000, now: Date.now });
});

afterEach(async () => {
  queue.close();
  const closed = Promise.all(limiters.map((limiter) => limiter.close()));
  await vi.advanceTimersByTimeAsync(20);
  await closed;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('calls that wait for a limit', () => {
  it('get the places that are released, in order, and degrade after their wait (T6)', async () => {
    const limiter = limiterOf({ concurrency: 50 });
    const calls = Array.from({ length: 100 }, () => call(limiter));
    expect(calls.filter(({ outcome }) => outcome === 'at once')).toHaveLength(50);
    await vi.advanceTimersByTimeAsync(500);
    for (const { permit } of calls.slice(0, 20)) permit?.release();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.slice(50, 70).every(({ outcome }) => outcome === 'served')).toBe(true);
    expect(calls.slice(70).every(({ outcome }) => outcome === undefined)).toBe(true);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(calls.slice(70).every(({ outcome }) => outcome === 'time')).toBe(true);
    expect(limiter.snapshot().inFlight).toBe(50);
  });

  it('get the permits of the minute as they come, the important ones first', async () => {
    const limiter = limiterOf({ requestsPerMinute: 600 });
    for (let count = 0; count < 100; count += 1) call(limiter);
    const ordinary = Array.from({ length: 10 }, () => call(limiter));
    const important = Array.from({ length: 5 }, () => call(limiter, { priority: 1 }));
    await vi.advanceTimersByTimeAsync(1_600);
    const times = [...important, ...ordinary].map(({ servedAt }) => servedAt);
    expect(times.every((time) => time !== undefined)).toBe(true);
    expect(times).toEqual(times.toSorted((one, other) => (one ?? 0) - (other ?? 0)));
    // One permit each 100 ms, plus the purchase.
    expect(Math.max(...times.map((time) => time ?? Infinity))).toBeLessThanOrEqual(1_510);
  });

  it('are not starved by smaller ones that come later', async () => {
    const limiter = limiterOf({ tokensPerMinute: 60_000 });
    call(limiter, { tokens: 10_000 });
    const large = call(limiter, { tokens: 1_500 });
    const small: Call[] = [];
    for (let round = 0; round < 200; round += 1) {
      small.push(call(limiter, { tokens: 50 }));
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(large.outcome).toBe('served');
    expect(large.servedAt).toBeLessThanOrEqual(1_510);
    expect(small.filter(({ outcome }) => outcome === 'served').length).toBeGreaterThan(5);
  });

  it('are woken by the tokens that another call did not use', async () => {
    const limiter = limiterOf({ tokensPerMinute: 6_000 });
    const first = call(limiter, { tokens: 1_000 });
    const second = call(limiter, { tokens: 600 });
    first.permit?.markWritten();
    first.permit?.release(100);
    await vi.advanceTimersByTimeAsync(0);
    expect(second.outcome).toBe('served');
  });

  it('leave nothing behind when the caller leaves (T13)', async () => {
    const limiter = limiterOf({ requestsPerMinute: 600, tokensPerMinute: 60_000, concurrency: 2 });
    const before = call(limiter, { tokens: 500 });
    const after = call(limiter, { tokens: 500 });
    before.permit?.markWritten();
    before.permit?.release(20);
    after.permit?.markWritten();
    await vi.advanceTimersByTimeAsync(0);
    after.permit?.release(300);
    expect(limiter.snapshot()).toMatchObject({
      inFlight: 0,
      requests: { available: 98 },
      tokens: { available: 9_680 },
    });
  });

  it('that share an account share its limits', () => {
    const account = limiterOf({ requestsPerMinute: 12 });
    const lanes = [account, account];
    expect(lanes.map((lane) => call(lane).outcome)).toEqual(['at once', 'at once']);
    expect(lanes.map((lane) => call(lane).outcome)).toEqual([undefined, undefined]);
  });
});
