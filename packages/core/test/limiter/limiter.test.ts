import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLimiter } from '../../src/limiter/limiter.js';
import type { Limiter, LimiterSettings } from '../../src/limiter/limiter.js';
import type { Permit } from '../../src/limiter/permit.js';

const onFree = vi.fn<() => void>();

function limiterOf(settings: LimiterSettings): Limiter {
  return createLimiter(settings, { now: Date.now, onFree });
}

function acquire(limiter: Limiter, tokens = 1): Permit {
  const permit = limiter.tryAcquire(tokens);
  if (!permit.granted) throw new Error(`refused: ${permit.reason}`);
  return permit;
}

beforeEach(() => {
  vi.useFakeTimers();
  onFree.mockReset();
});

afterEach(async () => {
  await vi.runAllTimersAsync();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('tryAcquire', () => {
  it('admits everything when there is no limit', () => {
    const limiter = limiterOf({});
    for (let call = 0; call < 1_000; call += 1) acquire(limiter, 1_000_000_000);
    expect(limiter.snapshot()).toEqual({
      inFlight: 1_000,
      concurrency: undefined,
      requests: undefined,
      tokens: undefined,
      learned: [],
    });
  });

  it('admits the first call in the very first moment', () => {
    const limiter = limiterOf({ requestsPerMinute: 3, tokensPerMinute: 200_000, concurrency: 1 });
    expect(limiter.tryAcquire(2_000).granted).toBe(true);
  });

  it('takes requests and tokens together or not at all', () => {
    const limiter = limiterOf({ requestsPerMinute: 600, tokensPerMinute: 6_000 });
    acquire(limiter, 900);
    expect(limiter.tryAcquire(200)).toMatchObject({ granted: false, reason: 'tokens' });
    expect(limiter.snapshot()).toMatchObject({ inFlight: 1, requests: { available: 99 }, tokens: { available: 100 } });
    for (let call = 0; call < 99; call += 1) acquire(limiter, 1);
    expect(limiter.tryAcquire(1)).toMatchObject({ granted: false, reason: 'requests' });
    expect(limiter.snapshot()).toMatchObject({ inFlight: 100, requests: { available: 0 }, tokens: { available: 1 } });
  });

  it('takes no permits when all places are taken', () => {
    const limiter = limiterOf({ requestsPerMinute: 600, tokensPerMinute: 6_000, concurrency: 1 });
    acquire(limiter, 1);
    expect(limiter.tryAcquire(1)).toEqual({ granted: false, reason: 'concurrency' });
    expect(limiter.snapshot()).toMatchObject({ requests: { available: 99 }, tokens: { available: 999 } });
  });

  it('names the limit that is free last', () => {
    const limiter = limiterOf({ requestsPerMinute: 60, tokensPerMinute: 6_000 });
    for (let call = 0; call < 10; call += 1) acquire(limiter, 100);
    expect(limiter.tryAcquire(50)).toEqual({ granted: false, reason: 'requests', freeAt: Date.now() + 1_005 });
    expect(limiter.tryAcquire(500)).toEqual({ granted: false, reason: 'tokens', freeAt: Date.now() + 5_005 });
  });

  it("refuses for ever what is above the minute's token limit, even when all places are taken", () => {
    const limiter = limiterOf({ tokensPerMinute: 6_000, concurrency: 1 });
    acquire(limiter, 1);
    expect(limiter.tryAcquire(6_001)).toEqual({ granted: false, reason: 'too-large', limit: 6_000 });
    expect(limiter.tryAcquire(6_000)).toEqual({ granted: false, reason: 'concurrency' });
  });

  it('counts an estimate that makes no sense as one token', () => {
    const limiter = limiterOf({ tokensPerMinute: 6_000 });
    for (const estimate of [Number.NaN, -5, 0, 0.2]) acquire(limiter, estimate);
    expect(limiter.snapshot().tokens?.available).toBe(996);
  });

  it('admits nothing while there is a debt, however small the cost', async () => {
    const limiter = limiterOf({ tokensPerMinute: 6_000 });
    acquire(limiter, 1_100);
    expect(limiter.tryAcquire(0)).toMatchObject({ reason: 'tokens' });
    await vi.advanceTimersByTimeAsync(1_100);
    acquire(limiter, 0);
  });
});

describe('check', () => {
  it('says what tryAcquire would say and changes nothing', async () => {
    const limiter = limiterOf({ requestsPerMinute: 6, concurrency: 2 });
    expect(limiter.check(1)).toBeUndefined();
    acquire(limiter);
    const before = limiter.snapshot();
    expect(limiter.check(1)).toMatchObject({ reason: 'requests' });
    expect(limiter.snapshot()).toEqual(before);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onFree).not.toHaveBeenCalled();
  });
});

describe('onFree', () => {
  it('is called when a place is released that somebody was refused', () => {
    const limiter = limiterOf({ concurrency: 2 });
    const first = acquire(limiter);
    const second = acquire(limiter);
    limiter.tryAcquire(1);
    limiter.tryAcquire(1);
    expect(onFree).not.toHaveBeenCalled();
    first.release();
    expect(onFree).toHaveBeenCalledOnce();
    second.release();
    expect(onFree).toHaveBeenCalledOnce();
  });

  it('is called when both requests and tokens are there again', async () => {
    const limiter = limiterOf({ requestsPerMinute: 60, tokensPerMinute: 6_000 });
    for (let call = 0; call < 10; call += 1) acquire(limiter, 100);
    const admitted: number[] = [];
    onFree.mockImplementation(() => {
      if (limiter.tryAcquire(300).granted) admitted.push(Date.now());
    });
    const refusal = limiter.tryAcquire(300);
    const freeAt = 'freeAt' in refusal ? refusal.freeAt : undefined;
    await vi.advanceTimersByTimeAsync(3_004);
    expect(admitted).toHaveLength(1);
    expect(freeAt).toBeGreaterThanOrEqual(admitted[0] ?? Infinity);
  });

  it('sees the place already free', () => {
    const limiter = limiterOf({ concurrency: 1 });
    const permit = acquire(limiter);
    limiter.tryAcquire(1);
    onFree.mockImplementation(() => acquire(limiter));
    permit.release();
    expect(limiter.snapshot().inFlight).toBe(1);
  });

  it('is not called after closing', async () => {
    const limiter = limiterOf({ concurrency: 1, requestsPerMinute: 60 });
    const permit = acquire(limiter);
    limiter.tryAcquire(1);
    const closed = limiter.close();
    await vi.runAllTimersAsync();
    await closed;
    permit.release();
    expect(onFree).not.toHaveBeenCalled();
  });
});

describe('release', () => {
  const settings = { requestsPerMinute: 600, tokensPerMinute: 6_000, concurrency: 5 };

  it('counts once', () => {
    const limiter = limiterOf(settings);
    acquire(limiter, 400);
    const permit = acquire(limiter, 400);
    permit.release();
    permit.release();
    permit.release(9_000);
    expect(limiter.snapshot()).toMatchObject({
      inFlight: 1,
      requests: { available: 99 },
      tokens: { available: 600, debt: 0 },
    });
  });

  it('returns everything when nothing was written', () => {
    const limiter = limiterOf(settings);
    acquire(limiter, 400).release(100);
    expect(limiter.snapshot()).toMatchObject({
      inFlight: 0,
      requests: { available: 100 },
      tokens: { available: 1_000 },
    });
  });

  it('keeps the request spent once it was written, also when it is aborted', () => {
    const limiter = limiterOf(settings);
    const permit = acquire(limiter, 400);
    permit.markWritten();
    permit.release(0);
    expect(limiter.snapshot()).toMatchObject({
      inFlight: 0,
      requests: { available: 99 },
      tokens: { available: 1_000 },
    });
  });

  it.each([
    ['lets the estimate stand when the usage is unknown', undefined, { available: 600, debt: 0 }],
    ['lets the estimate stand when the usage is no number', Number.NaN, { available: 600, debt: 0 }],
    ['lets the estimate stand when the usage is negative', -3, { available: 600, debt: 0 }],
    ['returns what was estimated too much', 150, { available: 850, debt: 0 }],
    ['takes what was estimated too little', 700, { available: 300, debt: 0 }],
    ['makes a debt of what is not there', 1_500, { available: 0, debt: 500 }],
  ])('%s', (_rule, used, tokens) => {
    const limiter = limiterOf(settings);
    const permit = acquire(limiter, 400);
    permit.markWritten();
    permit.release(used);
    expect(limiter.snapshot().tokens).toMatchObject(tokens);
  });

  it('wakes whoever waits for the tokens that return', () => {
    const limiter = limiterOf(settings);
    const permit = acquire(limiter, 900);
    permit.markWritten();
    limiter.tryAcquire(500);
    permit.release(200);
    expect(onFree).toHaveBeenCalledOnce();
    acquire(limiter, 500);
  });
});

describe('what the upstream tells', () => {
  const settings = { requestsPerMinute: 600, tokensPerMinute: 6_000 };
  const left = (kind: 'requests' | 'tokens', remaining: number) =>
    ({ kind, limit: kind === 'requests' ? 600 : 6_000, remaining, resetIn: 30_000 }) as const;

  it('refuses what the upstream would refuse, and says when it would not', () => {
    const limiter = limiterOf({});
    limiter.observe([left('requests', 1)], undefined);
    acquire(limiter);
    const freeAt = Date.now() + 31_000;
    expect(limiter.tryAcquire(1)).toEqual({ granted: false, reason: 'requests', freeAt, learned: true });
    expect(limiter.check(1)).toMatchObject({ freeAt });
    expect(limiter.learnedFreeAt()).toBe(freeAt);
  });

  it('takes nothing of the other limits when it refuses', () => {
    const limiter = limiterOf({ ...settings, concurrency: 2 });
    limiter.observe([left('tokens', 100)], undefined);
    const before = limiter.snapshot();
    expect(limiter.tryAcquire(101)).toMatchObject({ reason: 'tokens', learned: true });
    expect(limiter.snapshot()).toEqual(before);
    acquire(limiter, 100);
  });

  it('is not taken from when a configured limit refuses', () => {
    const limiter = limiterOf({ requestsPerMinute: 6 });
    limiter.observe([left('tokens', 5_000)], undefined);
    acquire(limiter, 100);
    expect(limiter.tryAcquire(100)).toMatchObject({ reason: 'requests' });
    expect(limiter.snapshot().learned).toMatchObject([{ kind: 'tokens', remaining: 4_900 }]);
  });

  it('never raises what is configured', () => {
    const limiter = limiterOf(settings);
    limiter.observe([{ ...left('requests', 5_000), limit: 10_000 }], undefined);
    for (let call = 0; call < 100; call += 1) acquire(limiter);
    expect(limiter.tryAcquire(1)).toMatchObject({ granted: false, reason: 'requests' });
  });

  it('comes back when nothing was written', () => {
    const limiter = limiterOf({});
    limiter.observe([left('requests', 1)], undefined);
    acquire(limiter).release();
    acquire(limiter);
    expect(limiter.tryAcquire(1).granted).toBe(false);
  });

  it('wakes whoever was refused as soon as an answer tells of more', () => {
    const limiter = limiterOf({});
    limiter.observe([left('requests', 0)], undefined);
    limiter.tryAcquire(1);
    limiter.observe([left('requests', 0)], undefined);
    expect(onFree).not.toHaveBeenCalled();
    limiter.observe([{ ...left('requests', 599), resetIn: 60_000 }], undefined);
    expect(onFree).toHaveBeenCalledOnce();
  });

  it('is told of prompts and answers apart', () => {
    const limiter = limiterOf({});
    limiter.observe([{ kind: 'output-tokens', limit: 1_000, remaining: 200, resetIn: 9_000 }], undefined);
    expect(limiter.tryAcquire(1_000, 300)).toMatchObject({ granted: false, reason: 'tokens' });
    expect(limiter.tryAcquire(1_000, 200).granted).toBe(true);
  });
});

describe('share', () => {
  it('is 1 while nothing is known', () => {
    expect(limiterOf({}).share()).toBe(1);
  });

  it('is what is left of the tightest limit', () => {
    const limiter = limiterOf({ requestsPerMinute: 600, concurrency: 4 });
    acquire(limiter);
    expect(limiter.share()).toBe(0.75);
    limiter.observe([{ kind: 'tokens', limit: 1_000, remaining: 250, resetIn: 9_000 }], undefined);
    expect(limiter.share()).toBe(0.25);
    limiter.observe([{ kind: 'tokens', limit: 1_000, remaining: 0, resetIn: 9_000 }], undefined);
    expect(limiter.share()).toBe(0);
  });
});

describe('share', () => {
  it('is all of it where nothing is limited', () => {
    const limiter = limiterOf({});
    acquire(limiter, 1_000_000);
    expect(limiter.share()).toBe(1);
  });

  it('is what is left of the tightest limit', () => {
    const limiter = limiterOf({ requestsPerMinute: 60, tokensPerMinute: 6_000, concurrency: 4 });
    expect(limiter.share()).toBe(1);
    const first = acquire(limiter, 100);
    expect(limiter.share()).toBe(0.75);
    first.markWritten();
    first.release();
    expect(limiter.share()).toBe(0.9);
    const second = acquire(limiter, 600);
    second.markWritten();
    second.release();
    expect(limiter.share()).toBe(0.3);
  });

  it('is nothing while there is a debt, and comes back with time', async () => {
    const limiter = limiterOf({ tokensPerMinute: 6_000 });
    const permit = acquire(limiter, 1_000);
    permit.markWritten();
    permit.release(1_500);
    expect(limiter.share()).toBe(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(limiter.share()).toBe(0.5);
  });
});
