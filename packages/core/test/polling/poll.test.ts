import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startPoll } from '../../src/polling/poll.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Asked {
  readonly times: number[];
  readonly signals: AbortSignal[];
  readonly end: () => void;
}

function poll(answer: () => Promise<number | undefined>, interval: number | (() => number), dice = 0.5): Asked {
  const startedAt = performance.now();
  const times: number[] = [];
  const signals: AbortSignal[] = [];
  const { end } = startPoll({
    interval: typeof interval === 'number' ? () => interval : interval,
    random: () => dice,
    ask(signal) {
      times.push(performance.now() - startedAt);
      signals.push(signal);
      return answer();
    },
  });
  return { times, signals, end };
}

function timersThatKeepAlive(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

describe('a poll', () => {
  it('asks for the first time within three seconds, or within a short interval, and then once an interval', async () => {
    const slow = poll(nothing, 60_000);
    const quick = poll(nothing, 1_000);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(slow.times).toEqual([1_500]);
    expect(quick.times).toEqual([500, 1_500, 2_500]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(slow.times).toEqual([1_500, 61_500]);
    slow.end();
    quick.end();
  });

  it.each([
    [0, [1, 901, 1_801]],
    [0.999, [999, 2_099, 3_199]],
  ])('draws its intervals within ten percent: %d', async (dice, expected) => {
    const { times, end } = poll(nothing, 1_000, dice);
    await vi.advanceTimersByTimeAsync(3_300);
    expect(times.slice(0, 3).map(Math.floor)).toEqual(expected);
    end();
  });

  it('never asks twice at once: a slow answer is waited for, and counted into the interval', async () => {
    const { times, end } = poll(() => new Promise((resolve) => setTimeout(resolve, 2_400, undefined)), 1_000);
    await vi.advanceTimersByTimeAsync(2_899);
    expect(times).toEqual([500]);
    await vi.advanceTimersByTimeAsync(10);
    expect(times).toEqual([500, 2_901]);
    end();
    await vi.advanceTimersByTimeAsync(2_400);
  });

  it('does not undercut a wait that an answer has named, and forgets it after that', async () => {
    const waits = [5_000, 10, undefined];
    const { times, end } = poll(() => Promise.resolve(waits.shift()), 1_000);
    await vi.advanceTimersByTimeAsync(7_600);
    expect(times).toEqual([500, 5_500, 6_500, 7_500]);
    end();
  });

  it('goes on after an answer that rejected', async () => {
    const { times, end } = poll(() => Promise.reject(new Error('never mind')), 1_000);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(times).toEqual([500, 1_500]);
    end();
  });

  it('looks at its interval before each wait', async () => {
    let interval = 1_000;
    const { times, end } = poll(nothing, () => interval);
    await vi.advanceTimersByTimeAsync(600);
    interval = 3_000;
    await vi.advanceTimersByTimeAsync(4_000);
    expect(times).toEqual([500, 1_500, 4_500]);
    end();
  });

  it('leaves nothing behind when it ends: before the first time, between two, and while it asks', async () => {
    const early = poll(nothing, 1_000);
    early.end();
    expect(vi.getTimerCount()).toBe(0);

    const waiting = poll(nothing, 1_000);
    await vi.advanceTimersByTimeAsync(600);
    waiting.end();
    expect(vi.getTimerCount()).toBe(0);

    let answer: (hint: number) => void = () => {};
    const asking = poll(() => new Promise((resolve) => (answer = resolve)), 1_000);
    await vi.advanceTimersByTimeAsync(600);
    expect(asking.signals[0]?.aborted).toBe(false);
    asking.end();
    expect(asking.signals[0]?.aborted).toBe(true);
    answer(10);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([early.times.length, waiting.times.length, asking.times.length]).toEqual([0, 1, 1]);
  });

  it('keeps no process alive', async () => {
    vi.useRealTimers();
    const before = timersThatKeepAlive();
    const { end } = poll(nothing, 60_000);
    const meanwhile = timersThatKeepAlive();
    end();
    expect(meanwhile).toBe(before);
    vi.useFakeTimers();
  });

  it('waits a moment at least and as long as a timer can at most, whatever it is told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(0, 100), fc.double({ min: 100, max: 2 ** 40, noNaN: true })),
        fc.option(fc.double({ min: -1e9, max: 2 ** 40, noNaN: true }), { nil: undefined }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        async (interval, hint, dice) => {
          const set = vi.spyOn(globalThis, 'setTimeout');
          const { end } = poll(() => Promise.resolve(hint), interval, dice);
          await vi.advanceTimersByTimeAsync(3_001);
          end();
          const waits = set.mock.calls.map(([, wait]) => wait ?? 0);
          set.mockRestore();
          expect(waits.length).toBeGreaterThan(0);
          for (const wait of waits) {
            expect(wait).toBeGreaterThanOrEqual(1);
            expect(wait).toBeLessThan(2 ** 31);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
