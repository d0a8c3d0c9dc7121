/** Regions in order of preference: 3,000 calls a second, one region lost, then another, then both back. */
import { createFailover, type ChatReply, type FailoverOptions } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith } from '@ai-failover/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const PER_SECOND = 3_000;
/** Milliseconds. */
const STEP = 10;
const ANSWER = 20;
const FAILURE = 5;
const RAMP = 8_000;
const OPEN = 1_000;

const PRIORITIES = [1, 2, 3, 99] as const;
const BREAKER = { consecutiveFailures: 5, openFor: OPEN, maxOpenFor: OPEN, ramp: RAMP } as const;

interface Second {
  /** Answers by priority of their region. */
  readonly answers: Map<number, number>;
  failedAttempts: number;
  /** Of one call. */
  mostFailed: number;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** What each second looks like for its callers; `lostAt` says which regions are lost then. */
async function run(seconds: number, lostAt: (second: number) => readonly number[]) {
  let lost: readonly number[] = [];
  const { createTransport } = createScriptedTransport(({ upstream }) =>
    lost.includes(Number(upstream)) ? failWith(503, { after: FAILURE }) : answerWith(upstream, { after: ANSWER }),
  );
  const upstreams = PRIORITIES.map((priority): FailoverOptions['upstreams'][number] => ({
    name: String(priority),
    provider: 'openai',
    baseUrl: 'https://region.example/v1',
    keys: 'none',
    models: ['m'],
    priority,
    breaker: BREAKER,
  }));
  const failover = createFailover<string, string, string>({ upstreams }, { createTransport, random: () => 0.5 });
  const history: Second[] = [];
  let problems = 0;

  function note({ text, failover: { attempts, degraded } }: ChatReply, second: Second): void {
    const failed = attempts.length - 1;
    const region = Number(text);
    if (degraded !== undefined || !PRIORITIES.includes(region as 1)) problems += 1;
    second.answers.set(region, (second.answers.get(region) ?? 0) + 1);
    second.failedAttempts += failed;
    second.mostFailed = Math.max(second.mostFailed, failed);
  }

  const messages = [{ role: 'user', content: 'Hello' }] as const;
  for (let at = 0; at < seconds; at += 1) {
    lost = lostAt(at);
    const second: Second = { answers: new Map(), failedAttempts: 0, mostFailed: 0 };
    history.push(second);
    for (let step = 0; step < 1_000; step += STEP) {
      for (let call = 0; call < (PER_SECOND * STEP) / 1_000; call += 1) {
        failover.chat({ messages }).then(
          (reply) => note(reply, second),
          () => (problems += 1),
        );
      }
      await vi.advanceTimersByTimeAsync(STEP);
    }
  }
  await vi.advanceTimersByTimeAsync(ANSWER + FAILURE);
  await failover.close();
  return { history, problems };
}

it('moves the traffic on at once, brings it back gradually, and loses no call', async () => {
  const lostAt = (second: number): readonly number[] => {
    if (second >= 2 && second < 4) return [1];
    return second >= 4 && second < 6 ? [1, 2] : [];
  };
  const { history, problems } = await run(18, lostAt);
  const shares = history.map(({ answers }) => PRIORITIES.map((priority) => (answers.get(priority) ?? 0) / PER_SECOND));
  expect(problems).toBe(0);

  // Each loss is met by those who were on their way there, and by five who find it out: each fails once, and is answered.
  const onTheirWay = (PER_SECOND * STEP) / 1_000;
  for (const loss of [2, 4]) {
    expect(history[loss]?.mostFailed).toBe(1);
    expect(history[loss]?.failedAttempts).toBeLessThanOrEqual(2 * onTheirWay);
  }
  // From then on only trials fail, one each second for each region that is out.
  expect(history[3]?.failedAttempts).toBeLessThanOrEqual(1);
  expect(history[5]?.failedAttempts).toBeLessThanOrEqual(2);
  expect(history.slice(7).every(({ failedAttempts }) => failedAttempts === 0)).toBe(true);

  expect(shares[1]).toEqual([1, 0, 0, 0]);
  expect(shares[3]).toEqual([0, 1, 0, 0]);
  expect(shares[5]).toEqual([0, 0, 1, 0]);
  // Back by and by: a little at first, all of it when the ramp is over.
  const first = shares.slice(7, 7 + RAMP / 1_000).map(([one = NaN]) => one);
  expect(first[0]).toBeLessThan(0.35);
  expect(first).toEqual(first.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toEqual([1, 0, 0, 0]);
}, 120_000);
