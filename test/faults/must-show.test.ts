/** What an application must be able to rely on, on real sockets. */
import type { CallOptions, ChatReply } from '@ai-failover/core';
import { answer, fail, hang, resetOnConnect, type Reply } from '@ai-failover/testing';
import { describe, expect, it } from 'vitest';
import { BY_S, expectConnections, expectIdle, startScene, timers, type Scene } from './scene.ts';

const CALLS = 200;
const AT_ONCE = 20;

/** So many calls, twenty at once. */
async function chatOften(scene: Scene, options: CallOptions = {}): Promise<ChatReply[]> {
  const replies: ChatReply[] = [];
  let begun = 0;
  async function caller(): Promise<void> {
    while (begun < CALLS) {
      begun += 1;
      replies.push(await scene.chat({}, options));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return replies;
}

describe('one upstream is down', () => {
  it.each([
    ['answers 503', async (scene: Scene) => scene.P.script(fail(503))],
    ['refuses connections', async (scene: Scene) => scene.P.refuse()],
    ['resets connections', async (scene: Scene) => scene.P.script(resetOnConnect())],
  ])('%s: every call is answered by the next at once', async (_, breakDown) => {
    const scene = await startScene();
    await breakDown(scene);
    const replies = await chatOften(scene);
    expect(replies).toHaveLength(CALLS);
    expect(replies.every(({ text }) => text === BY_S)).toBe(true);
    expect(replies.every(({ failover }) => failover.degraded === undefined)).toBe(true);
    // At once: nobody waited, nobody asked P twice, S was asked once for each call.
    expect(scene.seen('call-waiting')).toEqual([]);
    expect(replies.every(({ failover }) => failover.attempts.filter((one) => one.upstream === 'P').length <= 1)).toBe(
      true,
    );
    expect(scene.S.requests).toHaveLength(CALLS);
    expectIdle(scene.failover);
  });

  it('asks an untried upstream before the same one once more, however short the back-off', async () => {
    const scene = await startScene({ script: fail(503), options: { retry: { baseDelay: 0, overloadedBaseDelay: 0 } } });
    const reply = await scene.chat();
    expect(reply.failover.attempts.map(({ upstream }) => upstream)).toEqual(['P', 'S']);
  });

  it('asks every untried upstream before the same one once more, however long they take', async () => {
    // P's back-off is over when S has failed; T has not been asked yet.
    const scene = await startScene({ script: fail(500), options: { retry: { baseDelay: 1 } } });
    const other = await startScene();
    scene.S.script(fail(500).after(30));
    const failover = (
      await startScene({
        P: { baseUrl: scene.P.baseUrl },
        S: { baseUrl: scene.S.baseUrl },
        options: { retry: { baseDelay: 1 } },
        more: [{ name: 'T', provider: 'openai', baseUrl: other.P.baseUrl, keys: 'none', models: ['m'], priority: 3 }],
      })
    ).failover;
    const reply = await failover.chat({ messages: [{ role: 'user', content: 'Hello' }] });
    expect(reply.failover.attempts.map(({ upstream }) => upstream)).toEqual(['P', 'S', 'T']);
  });

  it('never answers: it is asked once, and the next answers after the limit', async () => {
    const scene = await startScene({ script: hang(), P: { timeouts: { unary: 100, unaryPerOutputToken: 0 } } });
    const reply = await scene.chat();
    expect(reply.text).toBe(BY_S);
    expect(scene.P.requests.map(({ outcome }) => outcome)).toEqual(['aborted']);
  });
});

describe('one key of two is refused', () => {
  const BAD = 'sk-bad-QRSTUVQRSTUVwxyz';
  const GOOD = 'sk-good-JKLMNOJKLMNOabcd';
  const byKey: (request: { headers: Readonly<Record<string, string>> }) => Reply = ({ headers }) =>
    headers['authorization'] === `Bearer ${BAD}`
      ? fail(401, { message: `Incorrect API key provided: ${BAD}` })
      : answer('by the good key');

  it('no caller notices, and one event names the last four characters of the key and no more', async () => {
    const scene = await startScene({ withS: false, script: byKey, P: { keys: [BAD, GOOD] } });
    const replies = await chatOften(scene);
    expect(replies.every(({ text }) => text === 'by the good key')).toBe(true);
    expect(replies.every(({ failover }) => failover.degraded === undefined)).toBe(true);

    const rejected = scene.seen('credential-rejected');
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ upstream: 'P', deployment: 'm@P', key: 1, lastFour: 'wxyz', restsFor: 15_000 });
    // Those that were under way when the first was refused, and none after them.
    const refused = scene.P.requests.filter(({ headers }) => headers['authorization'] === `Bearer ${BAD}`);
    expect(refused.length).toBeLessThanOrEqual(AT_ONCE);

    const told = JSON.stringify([scene.events, scene.failover.status(), replies.map(({ failover }) => failover)]);
    const tells = ['wxyz', 'Vwxyz', 'QRSTUV', 'abcd', 'JKLMNO'].filter((part) => told.includes(part));
    expect(tells).toEqual(['wxyz']);
    expectIdle(scene.failover);
  });
});

describe('the caller leaves', () => {
  it('the upstream sees the abort at once, nobody is blamed, and nothing is left', async () => {
    const timersBefore = timers();
    const scene = await startScene({ script: hang() });
    const leaving = new AbortController();
    const reason = new Error('gone');
    const call = scene.chat({}, { signal: leaving.signal });
    const request = await scene.P.waitForRequest();
    leaving.abort(reason);
    await expect(call).rejects.toBe(reason);
    // Well before undici or we would have given up: nothing else closes the socket.
    expect(await request.settled).toBe('aborted');
    await expectConnections(scene.P, 0);
    await scene.expectSockets(0);
    expect(scene.P.connectionsMade).toBe(1);

    expect(scene.S.requests).toEqual([]);
    expect(scene.events.map(({ name }) => name)).toEqual([
      'call-started',
      'attempt-started',
      'attempt-aborted',
      'call-aborted',
    ]);
    const [P] = scene.failover.status().deployments;
    expect(P).toMatchObject({ available: true, failures: 0, neutral: 1, successRate: undefined, rest: undefined });
    expectIdle(scene.failover);
    await scene.close();
    expect(timers()).toBeLessThanOrEqual(timersBefore);
  });

  it('two hundred callers leave, twenty at a time: nothing leaks and the circuit stays closed', async () => {
    const scene = await startScene({ script: hang() });
    for (let round = 0; round < CALLS / AT_ONCE; round += 1) {
      const leaving = new AbortController();
      const calls = Array.from({ length: AT_ONCE }, () => scene.chat({}, { signal: leaving.signal }));
      await scene.P.waitForRequest((round + 1) * AT_ONCE - 1);
      leaving.abort();
      const results = await Promise.allSettled(calls);
      expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    }
    await scene.expectSockets(0);
    expect(scene.P.connectionsMade).toBe(CALLS);
    expectIdle(scene.failover);
    scene.P.script(answer('still trusted'));
    expect((await scene.chat()).text).toBe('still trusted');
  });

  it('while it waits for a back-off: the call ends at once and asks nobody any more', async () => {
    const scene = await startScene({ withS: false, script: fail(503, { headers: { 'retry-after': '5' } }) });
    const leaving = new AbortController();
    const waiting = new Promise<void>((resolve) => {
      scene.failover.on('call-waiting', () => resolve());
    });
    const call = scene.chat({}, { signal: leaving.signal });
    await waiting;
    leaving.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(scene.P.requests).toHaveLength(1);
    expectIdle(scene.failover);
  });
});
