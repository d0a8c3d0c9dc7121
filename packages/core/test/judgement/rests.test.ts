import { describe, expect, it } from 'vitest';
import type { FailureClass } from '../../src/judgement/failure.js';
import { alarmFor, type Rest, restFor } from '../../src/judgement/rests.js';

function rest(
  failureClass: FailureClass,
  facts: { hint?: number; consecutive?: number; onlyLane?: boolean } = {},
): Rest | undefined {
  const history = { consecutive: facts.consecutive ?? 1, onlyLane: facts.onlyLane ?? false };
  return restFor({ class: failureClass, hint: facts.hint }, history);
}

describe('what rests', () => {
  it.each([
    ['a misconfigured deployment for a minute', rest('misconfigured'), { scope: 'deployment', duration: 60_000 }],
    ['a deployment without the model for five', rest('model'), { scope: 'deployment', duration: 300_000 }],
    ['a rejected key for 15 s', rest('credential'), { scope: 'key', duration: 15_000 }],
    ['a key without balance for 15 minutes', rest('quota'), { scope: 'key', duration: 900_000 }],
    ['a key without balance until its hint', rest('quota', { hint: 20_000 }), { scope: 'key', duration: 20_000 }],
    [
      'a key without balance at most an hour',
      rest('quota', { hint: 7_200_000 }),
      { scope: 'key', duration: 3_600_000 },
    ],
    ['a limited lane until its hint', rest('rate-limited', { hint: 30_000 }), { scope: 'lane', duration: 30_000 }],
    ['a limited lane for a second', rest('rate-limited'), { scope: 'lane', duration: 1000 }],
    [
      'a limited lane whose hint was rounded to 0',
      rest('rate-limited', { hint: 0 }),
      { scope: 'lane', duration: 1000 },
    ],
    [
      'an overloaded deployment until its hint',
      rest('overloaded', { hint: 4000 }),
      { scope: 'deployment', duration: 4000 },
    ],
    ['a failing deployment until its hint', rest('server', { hint: 4000 }), { scope: 'deployment', duration: 4000 }],
  ])('%s', (_, actual, expected) => {
    expect(actual).toEqual(expected);
  });

  it.each([
    'overloaded',
    'server',
    'connect',
    'request',
    'client-abort',
    'local',
    'cut',
    'timeout',
    'silent',
    'slow',
    'stale-socket',
    'protocol',
  ] as const)('nothing after %s without a hint', (failureClass) => {
    expect(rest(failureClass)).toBeUndefined();
  });

  it('a rejected key twice as long each time, up to five minutes', () => {
    const durations = [1, 2, 3, 4, 5, 6, 99, 5000].map((consecutive) => rest('credential', { consecutive })?.duration);
    expect(durations).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000, 300_000]);
  });

  it('the only key at most 30 s', () => {
    const durations = [1, 2, 3].map((consecutive) => rest('credential', { consecutive, onlyLane: true })?.duration);
    expect(durations).toEqual([15_000, 30_000, 30_000]);
  });

  it('a limited lane without a hint twice as long each time, up to a minute', () => {
    const durations = [1, 2, 3, 6, 7, 8].map((consecutive) => rest('rate-limited', { consecutive })?.duration);
    expect(durations).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
  });

  it('a limited only lane until its hint all the same', () => {
    expect(rest('rate-limited', { hint: 90_000, onlyLane: true })?.duration).toBe(90_000);
  });

  it('the first time for histories that are none', () => {
    for (const consecutive of [0, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(rest('credential', { consecutive })?.duration).toBe(15_000);
    }
  });
});

describe('alarms', () => {
  it('are raised for what no waiting mends', () => {
    const alarms = (['misconfigured', 'credential', 'model', 'quota', 'server', 'request'] as const).map(alarmFor);
    expect(alarms).toEqual([
      'upstream-misconfigured',
      'credential-rejected',
      'model-rejected',
      'quota-exhausted',
      undefined,
      undefined,
    ]);
  });
});
