/** Which of several keys is used next: the one with most left of its limits. */
import { answerWith, failWith, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, upstream, type Stage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

type Keys = Extract<Parameters<typeof setStage>[1], object>['upstreams'];
type KeyList = Exclude<NonNullable<Keys>[number]['keys'], 'none'>;

const keyOf = ({ headers }: ScriptedRequest): string => /sk-(\w+)-/.exec(headers['authorization'] ?? '')?.[1] ?? '';

function pool(keys: KeyList, more: object = {}, options: object = {}): Stage {
  const upstreams = [upstream('P', ['m'], { keys, ...more })];
  return setStage({ P: (request) => answerWith(keyOf(request), { after: 10 }) }, { upstreams, ...options });
}

function countsOf(requests: readonly ScriptedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of requests) counts[keyOf(request)] = (counts[keyOf(request)] ?? 0) + 1;
  return counts;
}

/** A purchase of permits may be under way, which has to end. */
async function close(stage: Stage): Promise<void> {
  const closed = stage.failover.close();
  await stage.until(stage.at() + 1);
  await closed;
  expect(vi.getTimerCount()).toBe(0);
}

const small = { key: 'sk-small-0123456789', limits: { requestsPerMinute: 100 } };
const large = { key: 'sk-large-0123456789', limits: { requestsPerMinute: 300 } };

describe('Keys without limits', () => {
  it('are used in turn', async () => {
    const stage = pool(['sk-a-0123456789', 'sk-b-0123456789', 'sk-c-0123456789']);
    for (let count = 0; count < 7; count += 1) {
      stage.call();
      await stage.until(count + 1);
    }
    expect(stage.requests.map(keyOf)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']);
    await close(stage);
  });
});

describe('Keys with limits of their own', () => {
  it('serve at saturation as much as each is allowed: 100 and 300 a minute as 1 to 3', async () => {
    const stage = pool([small, large], {}, { queueWait: 0 });
    for (let second = 0; second < 60; second += 1) {
      for (let count = 0; count < 9; count += 1) stage.call();
      await stage.until(second + 1);
    }
    const { small: few = 0, large: many = 0 } = countsOf(stage.requests);
    // A minute's worth, and the full bucket at the beginning.
    expect(few).toBeGreaterThan(0.95 * 116);
    expect(few).toBeLessThanOrEqual(116);
    expect(many / few).toBeGreaterThan(2.8);
    expect(many / few).toBeLessThan(3.2);
    await close(stage);
  });

  it('share the traffic by what is left long before one is used up', async () => {
    const stage = pool([small, large]);
    const calls = Array.from({ length: 20 }, () => stage.call());
    await stage.until(1);
    expect(calls.every(({ reply }) => reply?.text !== CANNED)).toBe(true);
    expect(countsOf(stage.requests)).toEqual({ small: 5, large: 15 });
    await close(stage);
  });

  it('count what is in flight', async () => {
    const keys = [
      { key: 'sk-a-0123456789', limits: { concurrency: 2 } },
      { key: 'sk-b-0123456789', limits: { concurrency: 6 } },
    ];
    const stage = pool(keys);
    const calls = Array.from({ length: 8 }, () => stage.call());
    await stage.until(0);
    expect(stage.requests.slice(0, 4).map(keyOf)).toEqual(['a', 'b', 'b', 'b']);
    expect(countsOf(stage.requests)).toEqual({ a: 2, b: 6 });
    await stage.until(1);
    expect(calls.every(({ reply }) => reply?.text !== CANNED)).toBe(true);
    await close(stage);
  });

  it('that have nothing left leave the rest to the others', async () => {
    const stage = pool([{ ...small, limits: { requestsPerMinute: 6 } }, large]);
    for (let count = 0; count < 10; count += 1) {
      const call = stage.call();
      await stage.until((count + 1) * 0.1);
      expect(call.reply?.text).not.toBe(CANNED);
    }
    expect(countsOf(stage.requests)).toEqual({ small: 1, large: 9 });
    await close(stage);
  });

  it('have the smaller of their own limit and the model’s', async () => {
    const stage = setStage(
      { P: () => answerWith('yes', { after: 10 }) },
      {
        upstreams: [
          upstream(
            'P',
            { a: {}, b: { limits: { concurrency: 3 } } },
            {
              keys: [{ key: 'sk-a-0123456789', limits: { concurrency: 5 } }, 'sk-b-0123456789'],
              limits: { concurrency: 9 },
            },
          ),
        ],
      },
    );
    const limits = stage.failover
      .status()
      .deployments.map(({ lanes }) => lanes.map((lane) => lane.limits?.concurrency));
    expect(limits).toEqual([
      [5, 9],
      [3, 3],
    ]);
    await close(stage);
  });
});

describe('A key that rests', () => {
  it('is passed over, although it has most left', async () => {
    const stage = setStage(
      {
        P: (request) =>
          keyOf(request) === 'large' && stage.requests.length === 1
            ? failWith(429, { headers: { 'retry-after': '30' } })
            : answerWith(keyOf(request)),
      },
      { upstreams: [upstream('P', ['m'], { keys: [large, small, { ...small, key: 'sk-other-0123456789' }] })] },
    );
    for (let count = 0; count < 5; count += 1) {
      const call = stage.call();
      await stage.until(count * 0.1 + 0.01);
      expect(call.reply?.text).not.toBe(CANNED);
    }
    expect(stage.requests.map(keyOf)).toEqual(['large', 'small', 'other', 'small', 'other', 'small']);
    await close(stage);
  });
});
