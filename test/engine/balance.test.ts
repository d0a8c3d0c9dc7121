/** Who is asked first: tiers, weights, and models that share a step. */
import { answerWith, failWith, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type StageOptions } from '../traces/stage.ts';
import { NO_BREAKER } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const UNSERVED = failWith(404, { code: 'model_not_found' });

/** Where the first attempts of `count` calls went, in order; upstreams in `down` answer 500. */
async function first(options: StageOptions, count: number, down: readonly string[] = []): Promise<string[]> {
  const reply = ({ upstream: name }: ScriptedRequest) => (down.includes(name) ? failWith(500) : answerWith('yes'));
  const names = (options.upstreams ?? []).map(({ name }) => name);
  const stage = setStage(Object.fromEntries(names.map((name) => [name, reply])), { breaker: NO_BREAKER, ...options });
  const asked: string[] = [];
  for (let call = 0; call < count; call += 1) {
    const outcome = stage.call();
    await stage.until(stage.at() + 10);
    asked.push(outcome.reply?.failover.attempts[0]?.deployment ?? 'nobody');
  }
  return asked;
}

function counts(asked: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const one of asked) found[one] = (found[one] ?? 0) + 1;
  return found;
}

describe('Inside a tier', () => {
  it('shares the traffic exactly by weight, evenly spread', async () => {
    const upstreams = [upstream('a', ['m'], { weight: 3 }), upstream('b', ['m'], { weight: 1 })];
    const asked = await first({ upstreams }, 40);
    expect(counts(asked)).toEqual({ 'm@a': 30, 'm@b': 10 });
    for (let from = 0; from < 40; from += 4)
      expect(counts(asked.slice(from, from + 4))).toEqual({ 'm@a': 3, 'm@b': 1 });
  });

  it('lets a model have a weight and a priority of its own', async () => {
    const upstreams = [
      upstream('a', { m: { weight: 1 } }, { weight: 9 }),
      upstream('b', ['m'], { weight: 2 }),
      upstream('c', { m: { priority: 0, weight: 0 } }, { weight: 5 }),
    ];
    expect(counts(await first({ upstreams }, 12))).toEqual({ 'm@c': 12 });
    expect(counts(await first({ upstreams: upstreams.slice(0, 2) }, 12))).toEqual({ 'm@a': 4, 'm@b': 8 });
  });

  it('asks one of weight 0 only when the others have failed', async () => {
    const upstreams = [upstream('none', ['m'], { weight: 0 }), upstream('a', ['m']), upstream('b', ['m'])];
    expect(counts(await first({ upstreams }, 10))).toEqual({ 'm@a': 5, 'm@b': 5 });
    const stage = setStage(
      { none: () => answerWith('spare'), a: () => failWith(500), b: () => failWith(500) },
      { upstreams },
    );
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('m@a server, m@b server, m@none ok');
  });

  it('gives the share of one that rests to the others, and leaves it no debt of turns', async () => {
    const upstreams = [upstream('a', ['m']), upstream('b', ['m']), upstream('c', ['m'])];
    const stage = setStage(
      { a: () => answerWith('a'), b: () => answerWith('b'), c: () => answerWith('c') },
      { upstreams },
    );
    const ask = async (times: number): Promise<string[]> => {
      const texts: string[] = [];
      for (let call = 0; call < times; call += 1) {
        const outcome = stage.call();
        await stage.until(stage.at());
        texts.push(outcome.reply?.text ?? 'nobody');
      }
      return texts;
    };
    stage.failover.upstream('b').rest(60_000);
    expect(counts(await ask(30))).toEqual({ a: 15, c: 15 });
    stage.failover.upstream('b').wake();
    const back = await ask(30);
    expect(counts(back)).toEqual({ a: 10, b: 10, c: 10 });
    expect(counts(back.slice(0, 3))).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('uses the keys of an upstream in turn', async () => {
    const keys = ['sk-1-0123456789', 'sk-2-0123456789', 'sk-3-0123456789'];
    const stage = setStage({ P: () => answerWith('yes') }, { upstreams: [upstream('P', ['m'], { keys })] });
    for (let call = 0; call < 6; call += 1) stage.call();
    await stage.until(0);
    expect(stage.requests.map(({ headers }) => headers['authorization'])).toEqual(
      [...keys, ...keys].map((key) => `Bearer ${key}`),
    );
  });
});

describe('Between tiers', () => {
  const upstreams = [
    upstream('third', ['m'], { priority: 3 }),
    upstream('first', ['m'], { priority: 1 }),
    upstream('second', ['m'], { priority: 2 }),
  ];

  it('the smaller number is asked first, whatever the order of the pool', async () => {
    expect(counts(await first({ upstreams }, 5))).toEqual({ 'm@first': 5 });
    const stage = setStage(
      { first: () => failWith(500), second: () => failWith(500), third: () => answerWith('yes') },
      { upstreams },
    );
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('m@first server, m@second server, m@third ok');
  });

  it('one that rests comes after those that do not, also of later tiers', async () => {
    const stage = setStage(
      { first: () => answerWith('1'), second: () => answerWith('2'), third: () => answerWith('3') },
      { upstreams },
    );
    stage.failover.upstream('first').rest(1_000);
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('m@second ok');
  });
});

describe('Another deployment of the same model', () => {
  it('is asked before the same one again, however short the back-off', async () => {
    const stage = setStage(
      { P: ({ number }) => (number === 1 ? failWith(503) : answerWith('from P')), S: () => answerWith('from S') },
      { retry: { baseDelay: 0, overloadedBaseDelay: 0 } },
    );
    const call = stage.call();
    await stage.until(1);
    expect(trail(call)).toBe('m@P overloaded, m@S ok');
  });
});

describe('Models that share a step', () => {
  const shared = {
    upstreams: [upstream('P', ['a', 'b', 'c', 'd'])],
    chains: { default: [{ a: 60, b: 30, c: 10 }, 'd'] },
  };

  it('share the calls exactly by weight, evenly spread', async () => {
    const asked = await first(shared, 100);
    expect(counts(asked)).toEqual({ 'a@P': 60, 'b@P': 30, 'c@P': 10 });
    expect(counts(asked.slice(0, 10))).toEqual({ 'a@P': 6, 'b@P': 3, 'c@P': 1 });
  });

  it('stand in for each other before the next step', async () => {
    const stage = setStage({ P: ({ model }) => (model === 'd' ? answerWith('yes') : UNSERVED) }, shared);
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('a@P model, b@P model, c@P model, d@P ok');
    expect(call.reply?.failover.degraded).toBe('downgraded');
    const again = stage.call();
    await stage.until(0);
    expect(trail(again)).toBe('d@P ok');
  });

  it('are no downgrade of each other', async () => {
    const stage = setStage({ P: ({ model }) => (model === 'a' ? UNSERVED : answerWith('yes')) }, shared);
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('a@P model, b@P ok');
    expect(call.reply?.failover.degraded).toBeUndefined();
  });

  it('are never asked with weight 0', async () => {
    const chains = { default: [{ a: 1, b: 0 }, 'c'] };
    const stage = setStage({ P: () => UNSERVED }, { ...shared, chains });
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('a@P model, c@P model');
  });
});
