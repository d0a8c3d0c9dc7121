import Bottleneck from 'bottleneck';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBucket } from '../../src/limiter/bucket.js';
import type { Bucket } from '../../src/limiter/bucket.js';
import { createLimiter } from '../../src/limiter/limiter.js';
import type { Permit } from '../../src/limiter/permit.js';
import { createReservoir } from '../../src/limiter/reservoir.js';
import { createVirtualClock, worstBurst } from './virtual-clock.js';
import type { Spending } from './virtual-clock.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** From 3 a minute to a million, small ones and large ones equally often. */
const limits = fc
  .double({ min: Math.log(3), max: Math.log(1_000_000), noNaN: true })
  .map((x) => Math.round(Math.exp(x)));
const capacityOf = (limit: number): number => Math.max(1, Math.floor(limit / 6));

/** Time passes, with timers or without; in tenths of a permit of the limit at hand, or in plain milliseconds. */
const passing = fc.oneof(
  fc.record({ kind: fc.constant('pass'), time: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ kind: fc.constant('pass'), time: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('stall'), time: fc.integer({ min: 1, max: 20_000 }) }),
);
/** `share` of the capacity, spent one after the other `times` times. */
const spending = fc.record({
  kind: fc.constant('spend'),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  times: fc.integer({ min: 1, max: 40 }),
});

describe('a bucket', () => {
  it('never admits more than capacity + rate × time in any window, refused or woken, stalled or not', async () => {
    const script = fc.array(fc.oneof(passing, spending), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(limits, script, async (limit, steps) => {
        vi.clearAllTimers();
        const clock = createVirtualClock();
        const spendings: Spending[] = [];
        let cost = 1;
        const take = (): void => {
          for (let round = 0; round < 40 && bucket.admits(cost); round += 1) {
            bucket.spend(cost);
            spendings.push({ at: clock.now(), cost });
          }
          if (!bucket.admits(cost)) bucket.want(cost);
        };
        const bucket: Bucket = createBucket(limit, { reservoir: createReservoir(), now: clock.now, onFree: take });
        for (const step of steps) {
          if ('share' in step) {
            cost = Math.max(1, Math.round((step.share * capacityOf(limit)) / step.times));
            take();
          } else if (step.kind === 'stall') clock.stall(step.time);
          else await vi.advanceTimersByTimeAsync(step.time);
        }
        expect(worstBurst(spendings, limit)).toBeLessThanOrEqual(capacityOf(limit) + 1e-6);
      }),
      { numRuns: 150 },
    );
  });

  it('admits the rate within 2 % to those who always want more, also across stalls', async () => {
    const stalls = fc.array(fc.integer({ min: 0, max: 6_000 }), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(limits, stalls, async (limit, pauses) => {
        vi.clearAllTimers();
        const clock = createVirtualClock();
        const cost = Math.max(1, Math.floor(limit / 300));
        let admitted = 0;
        const take = (): void => {
          for (; bucket.admits(cost); admitted += cost) bucket.spend(cost);
          bucket.want(cost);
        };
        const bucket: Bucket = createBucket(limit, { reservoir: createReservoir(), now: clock.now, onFree: take });
        take();
        admitted = 0;
        const begin = clock.now();
        // Long enough for a hundred permits or more.
        const minutes = Math.max(0.5, Math.ceil(100 / limit));
        for (const pause of pauses) {
          // A bucket of a few permits is rightly full after a short stall.
          if (limit > 60) clock.stall(pause);
          await vi.advanceTimersByTimeAsync((minutes * 60_000) / pauses.length);
        }
        const expected = ((clock.now() - begin) * limit) / 60_000;
        expect(admitted).toBeLessThan(expected + cost);
        expect(admitted).toBeGreaterThanOrEqual(expected * 0.98 - cost);
      }),
      { numRuns: 15 },
    );
  });

  it('keeps its books equal to the reservoir of bottleneck whatever is returned or charged', async () => {
    const settling = fc.record({
      kind: fc.constantFrom('giveBack', 'charge'),
      share: fc.double({ min: 0, max: 1.5, noNaN: true }),
    });
    const script = fc.array(fc.oneof(passing, spending, settling), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(limits, script, async (limit, steps) => {
        vi.clearAllTimers();
        vi.restoreAllMocks();
        const increments = vi.spyOn(Bottleneck.prototype, 'incrementReservoir');
        const clock = createVirtualClock();
        const bucket = createBucket(limit, { reservoir: createReservoir(), now: clock.now, onFree: () => {} });
        const capacity = capacityOf(limit);
        for (const step of steps) {
          if ('time' in step) {
            if (step.kind === 'stall') clock.stall(step.time);
            else await vi.advanceTimersByTimeAsync(step.time);
          } else {
            const amount = Math.ceil(step.share * capacity);
            if (step.kind === 'giveBack') bucket.giveBack(amount);
            else if (step.kind === 'charge') bucket.charge(amount);
            else if (bucket.admits(amount)) bucket.spend(amount);
            else bucket.want(amount);
          }
          const { available, debt } = bucket.snapshot();
          expect(available).toBeLessThanOrEqual(capacity);
          expect(Math.min(available, debt)).toBe(0);
        }
        const { debt } = bucket.snapshot();
        await vi.advanceTimersByTimeAsync(10_000 + ((debt + capacity + 1) * 60_000) / limit);
        expect(bucket.snapshot()).toMatchObject({ available: capacity, debt: 0 });
        expect(vi.getTimerCount()).toBe(0);
        // Whatever was sold was there, and nothing is left behind: it is all in the lease or not yet put in.
        const [bottleneck] = increments.mock.contexts;
        if (bottleneck instanceof Bottleneck) {
          const level = bottleneck.currentReservoir();
          await vi.advanceTimersByTimeAsync(1);
          expect(await level).toBe(0);
        }
        let spent = 0;
        while (bucket.admits(1) && spent <= capacity) {
          bucket.spend(1);
          spent += 1;
        }
        expect(spent).toBeGreaterThanOrEqual(Math.min(capacity, Math.floor(capacity * 0.75)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a limiter', () => {
  const settings = fc.record(
    {
      requestsPerMinute: limits,
      tokensPerMinute: limits,
      concurrency: fc.integer({ min: 1, max: 8 }),
    },
    { requiredKeys: [] },
  );
  const step = fc.oneof(
    fc.record({ kind: fc.constant('begin'), tokens: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
    fc.record({ kind: fc.constant('write'), which: fc.nat() }),
    fc.record({
      kind: fc.constant('end'),
      which: fc.nat(),
      used: fc.option(fc.nat({ max: 3_000 }), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('observe'), which: fc.nat(), remaining: fc.integer({ min: -5, max: 2_000 }) }),
    fc.record({ kind: fc.constant('refused'), which: fc.nat() }),
    fc.record({ kind: fc.constant('pass'), time: fc.integer({ min: 1, max: 4_000 }) }),
  );

  it('loses and leaks no permit, whatever is aborted, fails or ends twice', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { maxLength: 60 }), async (given, steps) => {
        vi.clearAllTimers();
        const limiter = createLimiter(given, { now: Date.now, onFree: () => {} });
        const { requestsPerMinute, tokensPerMinute, concurrency = Infinity } = given;
        const all: Permit[] = [];
        const open = new Set<Permit>();
        for (const action of steps) {
          if (action.kind === 'pass' && 'time' in action) await vi.advanceTimersByTimeAsync(action.time);
          if (action.kind === 'observe' && 'remaining' in action) {
            const reading = { kind: 'tokens', limit: 2_000, remaining: action.remaining, resetIn: 3_000 } as const;
            limiter.observe([reading], all[action.which % Math.max(1, all.length)]);
          }
          if ('tokens' in action) {
            const cost = Math.ceil(action.tokens * capacityOf(tokensPerMinute ?? 1_000));
            const before = limiter.snapshot();
            const foretold = limiter.check(cost);
            const permit = limiter.tryAcquire(cost);
            // All or nothing, and as foretold.
            if (!permit.granted) {
              expect(permit).toEqual(foretold);
              expect(limiter.snapshot()).toEqual(before);
            } else {
              expect(foretold).toBeUndefined();
              all.push(permit);
              open.add(permit);
            }
          }
          if ('which' in action && all.length > 0) {
            const permit = all[action.which % all.length];
            if (action.kind === 'write') permit?.markWritten();
            else if (action.kind === 'refused') limiter.refused({ about: 'requests', before: open.size }, permit);
            else if (action.kind === 'observe') limiter.share();
            else if (permit !== undefined) {
              permit.release('used' in action ? action.used : undefined);
              open.delete(permit);
            }
          }
          expect(limiter.snapshot().inFlight).toBe(open.size);
          expect(open.size).toBeLessThanOrEqual(concurrency);
        }
        for (const permit of open) permit.release();
        const debt = limiter.snapshot().tokens?.debt ?? 0;
        await vi.advanceTimersByTimeAsync(60_000 + (debt * 60_000) / (tokensPerMinute ?? Infinity));
        expect(limiter.snapshot()).toMatchObject({
          inFlight: 0,
          ...(requestsPerMinute && { requests: { available: capacityOf(requestsPerMinute), debt: 0 } }),
          ...(tokensPerMinute && { tokens: { available: capacityOf(tokensPerMinute), debt: 0 } }),
        });
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
