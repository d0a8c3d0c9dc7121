/** How each way of balancing treats members that are slow, flap, recover, or answer errors at once. */
import type { FailoverOptions } from '@ai-failover/core';
import { answerWith, failWith, streamWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { upstream } from '../traces/stage.ts';
import { createDice, simulate, type Behaviour } from './simulated-pool.ts';
import { NO_BREAKER } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

type Balance = NonNullable<FailoverOptions['balance']> & string;

const ALL: readonly Balance[] = ['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'];
/** Those that look at how members do. */
const WATCHFUL: readonly Balance[] = ['least-in-flight', 'latency'];
/** Those that do not. */
const BLIND: readonly Balance[] = ['weighted', 'round-robin', 'cheapest', 'sticky'];

/** Answers that take about so many milliseconds. */
function taking(duration: number): Behaviour {
  const dice = createDice();
  return () => answerWith('yes', { after: duration * (0.75 + dice() / 2) });
}

const PLENTY = { users: 500 };
const NO_WATCH = { breaker: NO_BREAKER, retry: { maxAttempts: 3 } };

describe('One slow member of three', () => {
  const pool = { quick: taking(300), other: taking(300), slow: taking(3_000) };
  const traffic = { seconds: 60, perSecond: 20, ...PLENTY };

  it.each(BLIND)('has its usual part by %s', async (balance) => {
    const seen = await simulate(pool, { balance }, traffic);
    expect(Math.abs(seen.share('slow') - 1 / 3)).toBeLessThan(0.05);
  });

  it.each(WATCHFUL)('has little by %s', async (balance) => {
    const seen = await simulate(pool, { balance }, traffic);
    expect(seen.share('slow')).toBeLessThan(0.12);
    expect(seen.attempts('slow')).toBeGreaterThan(0);
    expect(Math.abs(seen.share('quick') - seen.share('other'))).toBeLessThan(0.15);
  });

  it('is tried by latency now and then, and has its part again when it is as quick as the others', async () => {
    const later = { ...pool, slow: (at: number) => (at < 200 ? taking(3_000) : taking(300))(at) };
    const seen = await simulate(later, { balance: 'latency' }, { seconds: 500, perSecond: 5 });
    expect(seen.share('slow', 10, 200)).toBeLessThan(0.05);
    expect(seen.share('slow', 350, 500)).toBeGreaterThan(0.2);
  });

  it('has little by latency also where only its first content is slow', async () => {
    const streaming = (firstContentAfter: number) => () =>
      streamWith('one two three', { firstContentAfter, interval: 300 });
    const streams = { quick: streaming(200), other: streaming(200), slow: streaming(2_000) };
    const seen = await simulate(streams, { balance: 'latency' }, { seconds: 60, perSecond: 10, streamed: true });
    expect(seen.share('slow')).toBeLessThan(0.05);
    expect(seen.answered).toBe(seen.calls);
  });
});

describe('One that answers errors at once', () => {
  const often = createDice();
  const pool = {
    well: taking(500),
    fine: taking(500),
    failing: () => (often() < 0.6 ? failWith(500) : answerWith('yes', { after: 500 })),
  };
  const broken = { ...pool, failing: () => failWith(500) };
  const traffic = { seconds: 60, perSecond: 20, ...PLENTY };

  it.each(WATCHFUL)('does not win for being fast by %s', async (balance) => {
    const seen = await simulate(broken, { balance, ...NO_WATCH }, traffic);
    expect(seen.share('failing')).toBeLessThan(0.06);
    expect(seen.answered).toBe(seen.calls);
  });

  it.each(WATCHFUL)('has less than its part by %s if it fails often', async (balance) => {
    const seen = await simulate(pool, { balance, ...NO_WATCH }, traffic);
    expect(seen.share('failing')).toBeLessThan(0.2);
    expect(seen.share('failing')).toBeGreaterThan(0);
    expect(seen.answered).toBe(seen.calls);
  });

  it.each(BLIND)('has no more than its part by %s', async (balance) => {
    const seen = await simulate(broken, { balance, ...NO_WATCH }, traffic);
    expect(seen.share('failing')).toBeLessThan(0.37);
  });

  it.each(ALL)('is out by %s once its circuit has opened', async (balance) => {
    const seen = await simulate(broken, { balance }, traffic);
    expect(seen.share('failing', 10)).toBeLessThan(0.02);
    expect(seen.answered).toBe(seen.calls);
  });

  it.each(WATCHFUL)('does not win by %s either where all who are well are slow', async (balance) => {
    const slow = { well: taking(8_000), fine: taking(8_000), failing: () => failWith(500) };
    const seen = await simulate(slow, { balance, ...NO_WATCH }, { seconds: 120, perSecond: 5 });
    expect(seen.share('failing')).toBeLessThan(0.2);
    expect(seen.answered).toBe(seen.calls);
  });
});

describe('One that flaps', () => {
  const pool = {
    well: taking(300),
    fine: taking(300),
    flapping: (at: number) => (Math.floor(at / 15) % 2 === 0 ? failWith(503) : answerWith('yes', { after: 300 })),
  };

  it.each(ALL)('loses no call by %s, and has less than its part', async (balance) => {
    const seen = await simulate(pool, { balance }, { seconds: 120, perSecond: 20, ...PLENTY });
    expect(seen.answered).toBe(seen.calls);
    expect(seen.share('flapping')).toBeLessThan(0.25);
    expect(seen.attempts('flapping')).toBeGreaterThan(0);
  });
});

describe('One that recovers', () => {
  const price = { input: 1, output: 1 };
  const pool = { back: taking(400), well: taking(400), fine: taking(400) };
  const upstreams = [upstream('back', { m: { price } }), upstream('well', ['m']), upstream('fine', ['m'])];

  it.each(ALL)('gets its part back by %s little by little', async (balance) => {
    const seen = await simulate(
      pool,
      { balance, upstreams },
      {
        seconds: 60,
        perSecond: 50,
        ...PLENTY,
        onSecond: (second, failover) => {
          if (second === 2) failover.deployment('m@back').open();
          if (second === 5) failover.deployment('m@back').reset();
        },
      },
    );
    const usual = balance === 'cheapest' ? 1 : 1 / 3;
    expect(seen.share('back', 3, 5)).toBe(0);
    const [first, middle, last] = [seen.share('back', 5, 10), seen.share('back', 18, 23), seen.share('back', 40, 60)];
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(usual * 0.45);
    expect(middle).toBeGreaterThan(first);
    expect(middle).toBeLessThan(last);
    expect(Math.abs(last - usual)).toBeLessThan(0.08);
    expect(seen.answered).toBe(seen.calls);
  });
});
