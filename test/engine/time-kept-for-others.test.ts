/** An attempt is cut short to leave time for others only where there are others whom the call can still ask. */
import { answerWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, type Stage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const CANNOT: readonly (readonly [string, (stage: Stage) => object | void])[] = [
  ['the call may make no second attempt', () => ({ maxAttempts: 1 })],
  ['the other one is drained', ({ failover }) => failover.deployment('m@S').drain()],
  ['the other one rests beyond the deadline', ({ failover }) => failover.upstream('S').rest(600_000)],
];

describe('An attempt has all the time of its call', () => {
  it.each(CANNOT)('when %s', async (_why, prepare) => {
    const stage = setStage({ P: () => answerWith('P', { after: 7_000 }), S: () => answerWith('S') });
    const call = stage.call({}, { deadline: 10_000, ...prepare(stage) });
    await stage.until(20);
    expect(trail(call)).toBe('m@P ok');
    expect(call).toMatchObject({ at: 7, reply: { text: 'P' } });
  });

  it('but no more than its share when somebody else could be asked', async () => {
    const stage = setStage({ P: () => answerWith('P', { after: 7_000 }), S: () => answerWith('S') });
    const call = stage.call({}, { deadline: 10_000 });
    await stage.until(20);
    expect(call).toMatchObject({ at: 5, reply: { text: 'S' } });
  });
});
