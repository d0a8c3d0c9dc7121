/** Keys that a function gives: tokens that change while the engine runs. */
import type { KeyFunction, KeyRequest } from '@ai-failover/core';
import { answerWith, failWith, streamWith, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { CANNED, setStage, trail, upstream, type Stage, type StageOptions, type Upstreams } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

type Keys = Parameters<typeof upstream>[2];

const after = async <Value>(milliseconds: number, value: Value): Promise<Value> => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return value;
};

/** `P` with these keys, and `S` behind it. */
function two(key: KeyFunction, play: Upstreams['P'], more: Keys = {}, options: StageOptions = {}): Stage {
  return setStage(
    { P: play ?? (() => answerWith('from P')), S: () => answerWith('from S') },
    { upstreams: [upstream('P', ['m'], { keys: [key], ...more }), upstream('S', ['m'], { priority: 2 })], ...options },
  );
}

const tokenOf = ({ headers }: ScriptedRequest): string | undefined => headers['authorization'];
const sentTo = (stage: Stage, name: string) => stage.requests.filter((one) => one.upstream === name);
const named = (stage: Stage, name: string) => stage.events.filter(([one]) => one === name).map(([, event]) => event);
const keysOf = (stage: Stage) => stage.failover.status().upstreams[0]?.keys;

describe('A key function', () => {
  it('is asked once for all calls that wait, and its answer is kept', async () => {
    const key = vi.fn<KeyFunction>(() => after(100, 'token-12345678'));
    const stage = two(key, () => answerWith('from P'));
    const calls = Array.from({ length: 50 }, () => stage.call());
    await stage.until(0.1);
    expect(calls.every(({ at, reply }) => at === 0.1 && reply?.text === 'from P')).toBe(true);
    const later = stage.call();
    await stage.until(60);
    expect(later.at).toBe(0.1);
    expect(key).toHaveBeenCalledTimes(1);
    expect(new Set(stage.requests.map(tokenOf))).toEqual(new Set(['Bearer token-12345678']));
  });

  it('is asked again before its token expires, and no call waits for that', async () => {
    const key: Mock<KeyFunction> = vi.fn<KeyFunction>(async () => {
      const number = key.mock.calls.length;
      return after(1_000, { key: `token-${number}`, expiresIn: 100_000 });
    });
    const stage = two(key, () => answerWith('from P'));
    const first = stage.call();
    await stage.until(91);
    const second = stage.call();
    await stage.until(95);
    const third = stage.call();
    await stage.until(96);
    expect([first.at, second.at, third.at]).toEqual([1, 91, 95]);
    expect(stage.requests.map(tokenOf)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
  });

  it('serves every dialect in its own header', async () => {
    for (const [provider, header] of [
      ['openai', 'authorization'],
      ['azure', 'api-key'],
      ['anthropic', 'x-api-key'],
      ['gemini', 'x-goog-api-key'],
    ] as const) {
      const stage = two(
        () => 'token-12345678',
        () => failWith(402),
        { provider },
      );
      stage.call();
      await stage.until(1);
      expect(stage.requests[0]?.headers[header]).toContain('token-12345678');
    }
  });

  it('stands beside `sign`, which sees the token', async () => {
    const stage = two(
      () => 'token-12345678',
      () => answerWith('from P'),
      {
        sign: async ({ headers }) => ({ 'x-signature': `over ${headers['authorization']}` }),
      },
    );
    stage.call();
    await stage.until(1);
    expect(stage.requests[0]?.headers['x-signature']).toBe('over Bearer token-12345678');
  });

  it('serves streams', async () => {
    const stage = two(
      () => after(10, 'token-12345678'),
      () => streamWith('one two three'),
    );
    const stream = stage.stream();
    await stage.until(1);
    expect(stream).toMatchObject({ text: 'one two three', outcome: { status: 'done' } });
    expect(tokenOf(stage.requests[0] as ScriptedRequest)).toBe('Bearer token-12345678');
  });

  it('stands among keys that were written down', async () => {
    const stage = two(
      () => 'token-12345678',
      () => answerWith('from P'),
      {
        keys: [() => 'token-12345678', 'sk-plain-0123456789'],
      },
    );
    for (let count = 0; count < 4; count += 1) {
      stage.call();
      await stage.until(count + 1);
    }
    expect(stage.requests.map((request) => tokenOf(request)?.slice(7, 12))).toEqual([
      'token',
      'sk-pl',
      'token',
      'sk-pl',
    ]);
  });
});

describe('A token that is refused', () => {
  it('before its time is asked for again at once, unseen and unpunished', async () => {
    let good = 'token-1';
    const key = vi.fn<KeyFunction>(() => good);
    const stage = two(key, (request) => (tokenOf(request) === `Bearer ${good}` ? answerWith('from P') : failWith(401)));
    stage.call();
    await stage.until(1);
    good = 'token-2';
    const calls = Array.from({ length: 10 }, () => stage.call());
    await stage.until(2);
    expect(calls.every(({ reply }) => reply?.text === 'from P')).toBe(true);
    expect(trail(calls[0] ?? {})).toBe('m@P credential, m@P ok');
    expect(calls[0]?.reply?.failover.failedOver).toBe(false);
    expect(key).toHaveBeenCalledTimes(2);
    expect(keysOf(stage)).toMatchObject([{ rest: undefined, inFlight: 0, attempts: 21 }]);
    expect(named(stage, 'credential-rejected')).toEqual([]);
  });

  it('costs no attempt of a call', async () => {
    let good = 'token-1';
    const stage = two(
      () => good,
      (request) => (tokenOf(request) === `Bearer ${good}` ? answerWith('from P') : failWith(401)),
    );
    stage.call();
    await stage.until(1);
    good = 'token-2';
    const call = stage.call({}, { maxAttempts: 1 });
    await stage.until(2);
    expect(call.reply?.text).toBe('from P');
  });

  it('as its successor is makes the key rest, once', async () => {
    const key: Mock<KeyFunction> = vi.fn<KeyFunction>(() => `token-${key.mock.calls.length}-12345678`);
    const stage = two(key, () => failWith(401, { after: 10 }));
    const calls = Array.from({ length: 10 }, () => stage.call());
    await stage.until(1);
    expect(calls.every(({ reply }) => reply?.text === 'from S')).toBe(true);
    expect(key).toHaveBeenCalledTimes(2);
    expect(sentTo(stage, 'P')).toHaveLength(20);
    expect(keysOf(stage)).toMatchObject([{ rest: { reason: 'credential' } }]);
    expect(named(stage, 'credential-rejected')).toMatchObject([{ key: 1, lastFour: '5678' }]);
    await stage.until(15.1);
    stage.call();
    await stage.until(16);
    expect(key).toHaveBeenCalledTimes(3);
  });
});

describe('A key function that fails', () => {
  it.each<[string, KeyFunction]>([
    [
      'throws',
      () => {
        throw new Error('no network');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no network'))],
    ['returns nonsense', (() => ({ token: 'abc' })) as never],
  ])('because it %s makes its key rest for a short while, and others serve', async (_what, key) => {
    const stage = two(key, () => answerWith('from P'));
    const calls = Array.from({ length: 5 }, () => stage.call());
    await stage.until(0.1);
    expect(calls.every(({ reply }) => reply?.text === 'from S')).toBe(true);
    expect(trail(calls[0] ?? {})).toBe('m@P local, m@S ok');
    expect(sentTo(stage, 'P')).toEqual([]);
    expect(named(stage, 'hook-failed')).toEqual([{ hook: 'keys[0] of P', error: expect.any(Error) }]);
    expect(named(stage, 'cooldown-started')).toEqual([
      {
        scope: 'key',
        upstream: 'P',
        deployment: undefined,
        key: 1,
        reason: 'no-token',
        duration: 5_000,
        hinted: false,
      },
    ]);
    expect(stage.failover.status().deployments[0]).toMatchObject({
      circuit: { consecutiveFailures: 0, completed: 0 },
      upstreamCircuit: { consecutiveFailures: 0, completed: 0 },
    });
  });

  it('again rests twice as long, and its first token ends that', async () => {
    let fails = true;
    const stage = two(
      () => {
        if (fails) throw new Error('no network');
        return { key: 'token-12345678', expiresIn: 1_000 };
      },
      () => answerWith('from P'),
    );
    const durations = () => named(stage, 'cooldown-started').map(({ duration }) => duration);
    for (const at of [0, 6, 17]) {
      await stage.until(at);
      stage.call();
    }
    await stage.until(40);
    expect(durations()).toEqual([5_000, 10_000, 20_000]);
    fails = false;
    const call = stage.call();
    await stage.until(50);
    expect(call.reply?.text).toBe('from P');
    fails = true;
    stage.call();
    await stage.until(51);
    expect(durations().at(-1)).toBe(5_000);
  });

  it('leaves the other keys of its upstream to its call', async () => {
    const stage = two(
      () => Promise.reject(new Error('no network')),
      () => answerWith('from P'),
      {
        keys: [() => Promise.reject(new Error('no network')), 'sk-plain-0123456789'],
      },
    );
    const call = stage.call();
    await stage.until(1);
    expect(trail(call)).toBe('m@P local, m@P ok');
    expect(call.reply?.failover.attempts.map(({ key }) => key)).toEqual([1, 2]);
  });

  it('to answer is waited for ten seconds by all together', async () => {
    let request: KeyRequest | undefined;
    const key = vi.fn<KeyFunction>((given) => {
      request = given;
      return new Promise(() => {});
    });
    const stage = two(key, () => answerWith('from P'));
    const calls = [stage.call()];
    await stage.until(5);
    calls.push(stage.call());
    await stage.until(9.9);
    expect(calls.map(({ at }) => at)).toEqual([undefined, undefined]);
    await stage.until(10);
    expect(calls.map(({ at, reply }) => [at, reply?.text])).toEqual([
      [10, 'from S'],
      [10, 'from S'],
    ]);
    expect(request?.signal.aborted).toBe(true);
    expect(key).toHaveBeenCalledTimes(1);
    expect(named(stage, 'hook-failed')).toHaveLength(1);
  });

  it('to answer leaves time for others when the deadline is near', async () => {
    const stage = two(
      () => after(9_000, 'token-12345678'),
      () => answerWith('from P'),
    );
    const call = stage.call({}, { deadline: 6_000 });
    await stage.until(3);
    expect(call).toMatchObject({ at: 3, reply: { text: 'from S' } });
    expect(named(stage, 'hook-failed')).toEqual([]);
    expect(keysOf(stage)).toMatchObject([{ rest: undefined }]);
    await stage.until(9);
  });

  it('while its token is still good is told of, and nothing rests', async () => {
    let fails = false;
    const stage = two(
      () => {
        if (fails) throw new Error('no network');
        return { key: 'token-12345678', expiresIn: 100_000 };
      },
      () => answerWith('from P'),
    );
    stage.call();
    await stage.until(91);
    fails = true;
    const call = stage.call();
    await stage.until(92);
    expect(call.reply?.text).toBe('from P');
    expect(named(stage, 'hook-failed')).toHaveLength(1);
    expect(keysOf(stage)).toMatchObject([{ rest: undefined }]);
  });
});

describe('Whoever waits for a token', () => {
  it('and leaves, leaves nothing behind, and the others get it', async () => {
    const stage = two(
      () => after(1_000, 'token-12345678'),
      () => answerWith('from P'),
      { limits: { concurrency: 2 } },
    );
    const controller = new AbortController();
    const left = stage.call({}, { signal: controller.signal });
    const stays = stage.call();
    await stage.until(0.5);
    controller.abort();
    await stage.until(0.5);
    expect(left.error).toBe(controller.signal.reason);
    expect(stage.failover.status()).toMatchObject({
      calls: { inFlight: 1 },
      deployments: [{ inFlight: 1, lanes: [{ limits: { inFlight: 1 } }] }, {}],
    });
    await stage.until(1);
    expect(stays.reply?.text).toBe('from P');
    expect(stage.requests).toHaveLength(1);
    await stage.failover.close();
  });

  it('is raced as any other, and the upstream is not blamed for what it was not asked', async () => {
    const stage = two(
      () => after(9_000, 'token-12345678'),
      () => streamWith('from P'),
      {},
      { raceAfter: 2_000 },
    );
    const stream = stage.stream();
    await stage.until(3);
    expect(stream).toMatchObject({ begun: 2, text: 'from S' });
    expect(sentTo(stage, 'P')).toEqual([]);
    expect(stage.failover.status().deployments[0]).toMatchObject({
      circuit: { consecutiveFailures: 0, completed: 0 },
      failures: 0,
      inFlight: 0,
    });
    await stage.until(9);
  });

  it('is answered when the engine closes', async () => {
    const stage = two(
      () => new Promise(() => {}),
      () => answerWith('from P'),
    );
    const call = stage.call();
    await stage.until(1);
    const closed = stage.failover.close({ timeout: 0 });
    await stage.until(2);
    await closed;
    expect(call.error).toMatchObject({ code: 'AIF_CLOSED' });
    expect(named(stage, 'hook-failed')).toEqual([]);
  });
});

it('a canned reply stands behind a function that never works', async () => {
  const stage = setStage(
    { P: () => answerWith('from P') },
    { upstreams: [upstream('P', ['m'], { keys: [() => Promise.reject(new Error('no network'))] })] },
  );
  const call = stage.call();
  await stage.until(1);
  expect(call.reply?.text).toBe(CANNED);
});
