import Bottleneck from 'bottleneck';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBucket } from '../../src/limiter/bucket.js';
import type { Bucket } from '../../src/limiter/bucket.js';
import { createReservoir } from '../../src/limiter/reservoir.js';
import { createVirtualClock } from './virtual-clock.js';
import type { VirtualClock } from './virtual-clock.js';

let clock: VirtualClock;
const onFree = vi.fn<() => void>();

function bucketOf(limit: number): Bucket {
  return createBucket(limit, { reservoir: createReservoir(), now: clock.now, onFree });
}

/** Spends one by one until refused. */
function drain(bucket: Bucket): number {
  let spent = 0;
  while (bucket.admits(1)) {
    bucket.spend(1);
    spent += 1;
  }
  return spent;
}

beforeEach(() => {
  vi.useFakeTimers();
  clock = createVirtualClock();
  onFree.mockReset();
});

afterEach(async () => {
  await vi.runAllTimersAsync();
  expect(vi.getTimerCount()).toBe(0);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the capacity', () => {
  it.each([
    [3, 1],
    [6, 1],
    [11, 1],
    [60, 10],
    [500, 83],
    [1_000_000, 166_666],
  ])('of %i a minute is %i, all of it there from the first moment', (limit, capacity) => {
    expect(drain(bucketOf(limit))).toBe(capacity);
  });

  it('is there again at once after ten seconds of rest', async () => {
    const bucket = bucketOf(600);
    drain(bucket);
    await vi.advanceTimersByTimeAsync(10_100);
    expect(drain(bucket)).toBeGreaterThanOrEqual(75);
    await vi.advanceTimersByTimeAsync(5);
    expect(bucket.snapshot().available).toBeLessThanOrEqual(25);
  });

  it('is not exceeded by resting longer', async () => {
    const bucket = bucketOf(600);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(bucket.snapshot().available).toBe(100);
    expect(drain(bucket)).toBe(100);
  });
});

describe('the refill', () => {
  it('admits a refused cost when it was announced, and tells so', async () => {
    const bucket = bucketOf(60);
    drain(bucket);
    const freeAt = bucket.freeAt(3);
    expect(freeAt).toBe(clock.now() + 3_005);
    bucket.want(3);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(onFree).not.toHaveBeenCalled();
    expect(bucket.admits(3)).toBe(false);
    await vi.advanceTimersByTimeAsync(6);
    expect(onFree).toHaveBeenCalledOnce();
    expect(bucket.admits(3)).toBe(true);
  });

  it('is there right after a stall of the event loop, but never above the capacity', async () => {
    const bucket = bucketOf(600);
    drain(bucket);
    clock.stall(5_000);
    expect(bucket.snapshot().available).toBe(50);
    bucket.want(1);
    await vi.advanceTimersByTimeAsync(5);
    expect(drain(bucket)).toBe(50);
    clock.stall(60_000);
    expect(bucket.snapshot().available).toBe(100);
  });

  it('ignores a clock that goes back', () => {
    const bucket = bucketOf(600);
    drain(bucket);
    clock.stall(-30_000);
    expect(bucket.snapshot()).toMatchObject({ available: 0, debt: 0 });
    clock.stall(30_000);
    expect(bucket.snapshot().available).toBe(0);
  });

  it('does not add the part of a permit that was earned before the bucket became full', async () => {
    const bucket = bucketOf(60);
    drain(bucket);
    await vi.advanceTimersByTimeAsync(900);
    bucket.giveBack(10);
    expect(drain(bucket)).toBe(10);
    await vi.advanceTimersByTimeAsync(900);
    expect(bucket.snapshot().available).toBe(0);
  });

  it('runs no timer while nobody has spent anything', () => {
    bucketOf(600);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('runs no timer once the lease is full again', async () => {
    const bucket = bucketOf(600);
    drain(bucket);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(10_100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('buys a handful of leases, not one for each permit', async () => {
    const schedule = vi.spyOn(Bottleneck.prototype, 'schedule');
    const bucket = bucketOf(60_000);
    for (let call = 0; call < 3_000; call += 1) {
      bucket.spend(1);
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(schedule.mock.calls.length).toBeLessThan(6);
  });

  it('buys at most twenty times a second when it is saturated', async () => {
    const schedule = vi.spyOn(Bottleneck.prototype, 'schedule');
    const bucket = bucketOf(1_000_000);
    for (let time = 0; time < 10_000; time += 1) {
      drain(bucket);
      bucket.want(1);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(schedule.mock.calls.length).toBeLessThanOrEqual(200);
    expect(schedule.mock.calls.length).toBeGreaterThan(150);
  });

  it('calls onFree once for many who were refused, and never for nobody', async () => {
    const bucket = bucketOf(600);
    drain(bucket);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(onFree).not.toHaveBeenCalled();
    drain(bucket);
    for (let refused = 0; refused < 100; refused += 1) bucket.want(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(onFree).toHaveBeenCalledOnce();
  });
});

describe('want', () => {
  it.each([
    [2, 80],
    [80, 2],
  ])('wakes for the smallest cost that was refused: %i and %i', async (first, second) => {
    const bucket = bucketOf(600);
    drain(bucket);
    bucket.want(first);
    bucket.want(second);
    await vi.advanceTimersByTimeAsync(210);
    expect(onFree).toHaveBeenCalledOnce();
  });
});

describe('a cost above the capacity', () => {
  it('passes when the bucket is full and leaves a debt that later calls wait for', async () => {
    const bucket = bucketOf(600);
    expect(bucket.admits(300)).toBe(true);
    bucket.spend(300);
    expect(bucket.snapshot()).toEqual({ limit: 600, capacity: 100, available: 0, debt: 200 });
    expect(bucket.freeAt(1)).toBe(clock.now() + 20_105);
    bucket.want(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(bucket.admits(1)).toBe(false);
    await vi.advanceTimersByTimeAsync(105);
    expect(bucket.admits(1)).toBe(true);
    expect(onFree).toHaveBeenCalledOnce();
  });

  it('waits until the bucket is full', async () => {
    const bucket = bucketOf(600);
    bucket.spend(40);
    expect(bucket.admits(300)).toBe(false);
    expect(bucket.freeAt(300)).toBe(clock.now() + 4_005);
    bucket.want(300);
    await vi.advanceTimersByTimeAsync(3_900);
    expect(bucket.admits(300)).toBe(false);
    expect(onFree).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(110);
    expect(onFree).toHaveBeenCalledOnce();
    expect(bucket.admits(300)).toBe(true);
  });

  it('may be spent while a purchase is under way', async () => {
    const bucket = bucketOf(600);
    bucket.spend(60);
    await vi.advanceTimersByTimeAsync(6_000);
    bucket.want(100);
    expect(bucket.snapshot().available).toBe(100);
    bucket.spend(250);
    expect(bucket.snapshot().debt).toBe(150);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(bucket.snapshot().debt).toBe(10);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(bucket.snapshot().available).toBe(10);
  });
});

describe('settling', () => {
  it('returns what was not used, at once and not above the capacity', () => {
    const bucket = bucketOf(600);
    drain(bucket);
    bucket.giveBack(30);
    expect(drain(bucket)).toBe(30);
    bucket.giveBack(1_000);
    expect(drain(bucket)).toBe(100);
  });

  it('wakes whoever was refused when enough returns', () => {
    const bucket = bucketOf(600);
    drain(bucket);
    bucket.want(20);
    bucket.giveBack(19);
    expect(onFree).not.toHaveBeenCalled();
    bucket.giveBack(1);
    expect(onFree).toHaveBeenCalledOnce();
  });

  it('repays a debt before anything else', () => {
    const bucket = bucketOf(600);
    bucket.spend(130);
    bucket.giveBack(10);
    expect(bucket.snapshot()).toMatchObject({ available: 0, debt: 20 });
    expect(bucket.admits(1)).toBe(false);
    bucket.giveBack(25);
    expect(drain(bucket)).toBe(5);
  });

  it('takes what was used beyond the estimate, as a debt in the reservoir', async () => {
    const increment = vi.spyOn(Bottleneck.prototype, 'incrementReservoir');
    const bucket = bucketOf(600);
    bucket.charge(150);
    expect(bucket.snapshot()).toMatchObject({ available: 0, debt: 50 });
    await vi.advanceTimersByTimeAsync(1);
    const [bottleneck] = increment.mock.contexts;
    expect(increment).toHaveBeenCalledExactlyOnceWith(-50);
    expect(bottleneck).toBeInstanceOf(Bottleneck);
    await vi.advanceTimersByTimeAsync(5_200);
    expect(drain(bucket)).toBeGreaterThanOrEqual(1);
  });

  it('takes a debt that arises during a purchase out of what is coming', async () => {
    const bucket = bucketOf(600);
    drain(bucket);
    clock.stall(2_000);
    bucket.want(20);
    bucket.charge(17);
    expect(bucket.admits(1)).toBe(false);
    await vi.advanceTimersByTimeAsync(5);
    expect(drain(bucket)).toBe(3);
  });
});

describe('closing', () => {
  it('leaves no timer, in whatever state', async () => {
    for (const prepare of [
      () => {},
      (bucket: Bucket) => void drain(bucket),
      (bucket: Bucket) => bucket.spend(400),
      (bucket: Bucket) => {
        drain(bucket);
        clock.stall(1_000);
        bucket.want(1);
      },
    ]) {
      const bucket = bucketOf(600);
      prepare(bucket);
      const closed = bucket.close();
      await vi.advanceTimersByTimeAsync(10);
      await closed;
      bucket.giveBack(20);
      bucket.charge(5);
      bucket.want(5);
      expect(vi.getTimerCount()).toBe(0);
    }
    expect(onFree).not.toHaveBeenCalled();
  });
});
