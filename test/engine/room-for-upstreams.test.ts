/** One attempt is kept for each upstream that has not been tried, if it could soon be asked. */
import { answerWith, failWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Upstreams } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('Attempts are not kept for upstreams that rest', () => {
  const RESTING = ['A', 'B', 'C', 'D', 'E'];

  function stageWithResting(P: Upstreams[string], keys: string[]) {
    const upstreams: Upstreams = { P, ...Object.fromEntries(RESTING.map((name) => [name, () => failWith(500)])) };
    const stage = setStage(upstreams, {
      upstreams: [
        upstream('P', ['m'], { keys }),
        ...RESTING.map((name, index) => upstream(name, ['m'], { priority: index + 2 })),
      ],
    });
    for (const name of RESTING) stage.failover.upstream(name).rest(600_000);
    return stage;
  }

  it('so the good key of the first is asked after its bad one', async () => {
    const stage = stageWithResting(
      ({ headers }) => (headers['authorization']?.includes('bad') === true ? failWith(401) : answerWith('P')),
      ['sk-bad-0123456789', 'sk-good-0123456789'],
    );
    const call = stage.call();
    await stage.until(5);
    expect(trail(call)).toBe('m@P credential, m@P ok');
    expect(call.reply?.text).toBe('P');
  });

  it('so a hint of the first is waited for', async () => {
    let count = 0;
    const stage = stageWithResting(() => {
      count += 1;
      return count === 1 ? failWith(429, { headers: { 'retry-after': '2' } }) : answerWith('P');
    }, ['sk-p-0123456789']);
    const call = stage.call();
    await stage.until(5);
    expect(trail(call)).toBe('m@P rate-limited, m@P ok');
  });
});

describe('An upstream with many keys and models that refuses them all', () => {
  const KEYS = Array.from({ length: 6 }, (_, number) => `sk-north-${number}-0123456789`);

  it.each([
    ['the last model', ['c']],
    ['all models', ['a', 'b', 'c']],
  ])('does not use up the attempt of a healthy one that serves %s', async (_which, models) => {
    const stage = setStage(
      { north: () => failWith(429), budget: () => answerWith('budget') },
      {
        upstreams: [upstream('north', ['a', 'b', 'c'], { keys: KEYS }), upstream('budget', models, { priority: 2 })],
        chains: { default: ['a', 'b', 'c'] },
      },
    );
    const call = stage.call();
    await stage.until(20);
    expect(call.reply?.text).toBe('budget');
  });
});

it.each([3, 4, 6])(
  'an upstream with %d keys that are all limited does not use up the attempt of a healthy one',
  async (count) => {
    const keys = Array.from({ length: count }, (_, number) => `sk-north-${number}-0123456789`);
    const stage = setStage(
      { north: () => failWith(429), budget: () => answerWith('budget') },
      { upstreams: [upstream('north', ['m'], { keys }), upstream('budget', ['m'], { priority: 2 })] },
    );
    const call = stage.call();
    await stage.until(20);
    expect(call.reply?.text).toBe('budget');
  },
);

it('two limited upstreams with two keys each do not use up the attempt of a healthy third', async () => {
  const keys = (name: string) => [`sk-${name}-1-0123456789`, `sk-${name}-2-0123456789`];
  const stage = setStage(
    { A: () => failWith(429), B: () => failWith(429), C: () => answerWith('C') },
    { upstreams: ['A', 'B', 'C'].map((name, at) => upstream(name, ['m'], { keys: keys(name), priority: at + 1 })) },
  );
  const call = stage.call();
  await stage.until(20);
  expect(call.reply?.text).toBe('C');
});
