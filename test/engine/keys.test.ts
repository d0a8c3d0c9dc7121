/** Several keys of one upstream: what one meets alone, and what all of them meet. */
import { createFailover } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CANNED, setStage, trail, upstream, type Stage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const keysOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `sk-key-${String(index + 1).padStart(2, '0')}-0123456789`);

/** Position of the key that a request came with, from 1. */
const keyOf = ({ headers }: ScriptedRequest): number =>
  Number(/sk-key-(\d+)-/.exec(headers['authorization'] ?? '')?.[1]);

const eventsOf = (stage: Stage, name: string) => stage.events.filter(([one]) => one === name).map(([, event]) => event);
const statusOf = (stage: Stage, name = 'P') => stage.failover.status().upstreams.find((one) => one.name === name);
const restingKeys = (stage: Stage): number[] =>
  (statusOf(stage)?.keys ?? []).filter(({ rest }) => rest !== undefined).map(({ number }) => number);
const restingLanes = (stage: Stage): string[] =>
  stage.failover
    .status()
    .deployments.flatMap(({ lanes }) => lanes)
    .filter(({ rest }) => rest !== undefined && rest.reason !== statusOf(stage)?.rest?.reason)
    .map(({ id }) => id);

const limited = failWith(429, { headers: { 'retry-after': '20' }, after: 10 });
const served = (request: ScriptedRequest) => answerWith(`by key ${keyOf(request)}`, { after: 10 });

function pool(count: number, play: (request: ScriptedRequest) => ReturnType<typeof failWith>, models = ['m']): Stage {
  return setStage(
    { P: play },
    { upstreams: [upstream('P', models, { keys: keysOf(count) })], chains: { default: ['m'] } },
  );
}

describe('A key that fails alone', () => {
  it.each([
    ['with 401', failWith(401), 'credential', 'credential-rejected'],
    ['for its quota', failWith(429, { code: 'insufficient_quota' }), 'quota', 'quota-exhausted'],
  ])('%s rests alone, and the others serve', async (_what, failure, reason, alarm) => {
    const stage = pool(3, (request) => (keyOf(request) === 2 ? failure : served(request)));
    const calls = [];
    for (let count = 0; count < 9; count += 1) {
      calls.push(stage.call());
      await stage.until(count + 1);
    }
    expect(calls.every(({ reply }) => reply?.text !== CANNED)).toBe(true);
    expect(restingKeys(stage)).toEqual([2]);
    expect(statusOf(stage)).toMatchObject({ rest: undefined, keys: [{}, { rest: { reason } }, {}] });
    expect(eventsOf(stage, alarm)).toEqual([expect.objectContaining({ upstream: 'P', key: 2 })]);
    expect(eventsOf(stage, 'account-limited')).toEqual([]);
    expect(stage.requests.filter((request) => keyOf(request) === 2)).toHaveLength(1);
  });

  it('is named by its last four characters and no more', async () => {
    const stage = pool(3, (request) => (keyOf(request) === 1 ? failWith(401) : served(request)));
    stage.call();
    await stage.until(1);
    const [alarm] = eventsOf(stage, 'credential-rejected');
    expect(alarm).toMatchObject({ lastFour: '6789', message: expect.stringContaining('ending in 6789') });
    expect(JSON.stringify([stage.events, stage.failover.status()])).not.toMatch(/56789|sk-key/);
  });

  it('does not rest its upstream, though another was refused before', async () => {
    const stage = pool(3, (request) => (keyOf(request) === 3 ? served(request) : failWith(401)));
    stage.call();
    await stage.until(0.001);
    // The third was not asked yet, so it could have been the account.
    expect(statusOf(stage)?.rest).toMatchObject({ reason: 'credential' });
    await stage.until(31);
    for (let count = 0; count < 6; count += 1) {
      const call = stage.call();
      await stage.until(40 + 20 * count);
      expect(call.reply?.text).toBe('by key 3');
    }
    expect(statusOf(stage)?.rest).toBeUndefined();
    expect(eventsOf(stage, 'account-limited')).toHaveLength(1);
    expect(restingKeys(stage)).toEqual([1, 2]);
  });
});

describe('Keys that all meet a limit at once', () => {
  it('rest as one, are not blamed, and all come back together', async () => {
    let open = false;
    const stage = pool(20, (request) => (open ? served(request) : limited));
    const calls = Array.from({ length: 20 }, () => stage.call({}, { maxAttempts: 1 }));
    await stage.until(1);
    expect(calls.every(({ reply }) => reply?.text === CANNED)).toBe(true);
    expect(new Set(stage.requests.map(keyOf)).size).toBe(20);
    expect(statusOf(stage)?.rest).toMatchObject({ reason: 'rate-limited' });
    expect([restingKeys(stage), restingLanes(stage)]).toEqual([[], []]);
    expect(eventsOf(stage, 'account-limited')).toEqual([
      {
        upstream: 'P',
        deployment: undefined,
        class: 'rate-limited',
        keys: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        duration: 20_000,
        message: expect.stringContaining('11 of the 20 keys of P'),
      },
    ]);
    expect(eventsOf(stage, 'cooldown-started').filter(({ scope }) => scope === 'upstream')).toHaveLength(1);

    open = true;
    await stage.until(19.9);
    expect(stage.requests).toHaveLength(20);
    await stage.until(20.02);
    const after = Array.from({ length: 20 }, () => stage.call());
    await stage.until(21);
    expect(after.every(({ at, reply }) => reply?.text !== CANNED && (at ?? 0) < 20.1)).toBe(true);
    expect(new Set(stage.requests.slice(20).map(keyOf)).size).toBe(20);
  });

  it('are asked no more by the calls that come after, and these may go elsewhere', async () => {
    const stage = setStage(
      { P: () => limited, S: () => answerWith('from S') },
      { upstreams: [upstream('P', ['m'], { keys: keysOf(4) }), upstream('S', ['m'], { priority: 2 })] },
    );
    for (let count = 1; count <= 10; count += 1) {
      const call = stage.call();
      await stage.until(count * 0.1);
      expect(call.reply?.text).toBe('from S');
    }
    expect(stage.requests.filter(({ upstream: name }) => name === 'P')).toHaveLength(3);
    expect(eventsOf(stage, 'account-limited')).toHaveLength(1);
  });

  it('rest until the longest of their hints', async () => {
    const stage = pool(2, (request) =>
      failWith(429, { headers: { 'retry-after': keyOf(request) === 1 ? '40' : '5' } }),
    );
    stage.call();
    await stage.until(0.1);
    expect(eventsOf(stage, 'account-limited')).toMatchObject([{ duration: 40_000 }]);
    expect(statusOf(stage)?.rest?.remaining).toBeCloseTo(39_900, -1);
  });

  it('whose 429 comes late keep its longer hint, and begin no new rest', async () => {
    const stage = pool(3, (request) =>
      keyOf(request) === 3 ? failWith(429, { headers: { 'retry-after': '60' }, after: 2_000 }) : limited,
    );
    for (let count = 0; count < 3; count += 1) stage.call({}, { maxAttempts: 1 });
    await stage.until(1);
    expect(statusOf(stage)?.rest?.remaining).toBeLessThan(20_000);
    await stage.until(2.1);
    expect(statusOf(stage)?.rest?.remaining).toBeCloseTo(59_900, -1);
    expect(eventsOf(stage, 'account-limited')).toHaveLength(1);
    expect(restingLanes(stage)).toEqual([]);
  });

  it('without a hint rest a second, twice as long with each time in a row, and a success ends that', async () => {
    let open = false;
    const stage = pool(2, (request) => (open ? served(request) : failWith(429)));
    const durations = () => eventsOf(stage, 'account-limited').map(({ duration }) => duration);
    for (const at of [0, 10, 20]) {
      await stage.until(at);
      stage.call({}, { retry: { baseDelay: 1, overloadedBaseDelay: 1, maxDelay: 1 } });
      await stage.until(at + 0.5);
      await stage.until(at + 9);
    }
    const before = durations();
    expect(before.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    open = true;
    await stage.until(100);
    stage.call();
    await stage.until(120);
    open = false;
    stage.call({}, { maxAttempts: 2 });
    await stage.until(140);
    expect(durations().slice(before.length)[0]).toBe(1_000);
  });

  it('have the quota of one account, as long as a quota rests', async () => {
    const stage = pool(3, () => failWith(402));
    stage.call();
    await stage.until(0.1);
    expect(eventsOf(stage, 'account-limited')).toMatchObject([{ class: 'quota', keys: [1, 2], duration: 900_000 }]);
    expect(restingKeys(stage)).toEqual([]);
    expect(eventsOf(stage, 'quota-exhausted')).toHaveLength(1);
  });

  it('are all refused: fifteen seconds, doubling, at most thirty where nobody else serves', async () => {
    const stage = pool(2, () => failWith(401));
    for (const at of [0, 20, 60]) {
      await stage.until(at);
      stage.call();
      await stage.until(at + 0.1);
      expect(restingKeys(stage)).toEqual([]);
    }
    expect(eventsOf(stage, 'account-limited').map(({ duration }) => duration)).toEqual([15_000, 30_000, 30_000]);
  });

  it('end their rest by hand as any other', async () => {
    let open = false;
    const stage = pool(2, (request) => (open ? served(request) : failWith(402)));
    stage.call();
    await stage.until(1);
    open = true;
    stage.failover.upstream('P').wake();
    const call = stage.call();
    await stage.until(2);
    expect(call.reply?.text).not.toBe(CANNED);
  });

  it('on one model, while another answers, rest there only', async () => {
    const stage = setStage(
      { P: (request) => (request.model === 'a' ? limited : served(request)) },
      { upstreams: [upstream('P', ['a', 'b'], { keys: keysOf(3) })], chains: { default: ['a'] } },
    );
    stage.call({ model: 'b' });
    await stage.until(1);
    stage.call();
    await stage.until(2);
    expect(statusOf(stage)?.rest).toBeUndefined();
    expect(eventsOf(stage, 'account-limited')).toMatchObject([{ deployment: 'a@P', class: 'rate-limited' }]);
    expect(stage.failover.status().deployments.map(({ id, rest }) => [id, rest?.reason])).toEqual([
      ['a@P', 'rate-limited'],
      ['b@P', undefined],
    ]);
    const other = stage.call({ model: 'b' });
    await stage.until(3);
    expect(trail(other)).toBe('b@P ok');
  });
});

describe('An account that is limited', () => {
  it.each([
    [402, ['AIF_QUOTA_EXHAUSTED', 'AIF_ACCOUNT_LIMITED']],
    [401, ['AIF_CREDENTIAL_REJECTED', 'AIF_ACCOUNT_LIMITED']],
    [429, []],
  ])('by %i warns once of what waiting does not mend, when nobody listens: %j', async (status, codes) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const scripted = createScriptedTransport(() => failWith(status));
    const failover = createFailover(
      { upstreams: [upstream('P', ['m'], { keys: keysOf(3) })], cannedReply: CANNED },
      { createTransport: scripted.createTransport },
    );
    for (let count = 0; count < 3; count += 1) {
      void failover.chat({ messages: [{ role: 'user', content: 'Hello' }] });
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(warn.mock.calls.map(([, about]) => Reflect.get(Object(about), 'code'))).toEqual(codes);
    await vi.advanceTimersByTimeAsync(20_000);
  });
});

describe('A single key', () => {
  it('is blamed itself, as ever', async () => {
    const stage = pool(1, () => failWith(402));
    stage.call();
    await stage.until(1);
    expect(restingKeys(stage)).toEqual([1]);
    expect(eventsOf(stage, 'account-limited')).toEqual([]);
  });
});

describe('The status', () => {
  it('counts what each key did, under its name', async () => {
    const [one = '', two = ''] = keysOf(2);
    const keys = [{ key: one, name: 'shop' }, two];
    const stage = setStage(
      { P: served },
      { upstreams: [upstream('P', ['m', 'n'], { keys, limits: { concurrency: 2 } })] },
    );
    for (const model of ['m', 'm', 'm', 'n']) {
      stage.call({ model });
      await stage.until(stage.at() + 1);
    }
    stage.call({ model: 'n' });
    await stage.until(stage.at());
    expect(statusOf(stage)?.keys).toEqual([
      { number: 1, name: 'shop', rest: undefined, left: 1, attempts: 3, inFlight: 0, successes: 3, failures: 0 },
      { number: 2, name: undefined, rest: undefined, left: 0.5, attempts: 2, inFlight: 1, successes: 1, failures: 0 },
    ]);
    await stage.until(stage.at() + 1);
  });
});
