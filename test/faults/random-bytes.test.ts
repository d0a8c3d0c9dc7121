/** Ten thousand random byte strings as replies: no crash, no hang, no leak, and each call has one outcome. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CallError } from '@ai-failover/core';
import { raw } from '@ai-failover/testing';
import { expect, it } from 'vitest';
import { randomReply } from './random-replies.ts';
import { CANNED, expectConnections, expectIdle, startScene, timers, type Scene } from './scene.ts';

const STRINGS = 10_000;
const AT_ONCE = 40;
/** `RANDOM_REPLIES_SEED=… ` plays a failure again. */
const SEED = Number(process.env['RANDOM_REPLIES_SEED'] ?? Date.now() % 1_000_000_000);
/** Longer than anything may take: such a call hangs. */
const HANGS = 15_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it(`survives them (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const sent = { replies: 0 };
  const scene = await startScene({
    withS: false,
    script: () => {
      sent.replies += 1;
      const { bytes, ending } = randomReply(SEED + sent.replies);
      return raw(bytes, ending);
    },
    P: { timeouts: { unary: 250, unaryPerOutputToken: 0 } },
    options: {
      // Nothing may keep the strings from coming.
      breaker: { consecutiveFailures: 1_000_000, failureRatio: 1, minimumAttempts: 1_000_000 },
      retry: { maxHintWait: 1, baseDelay: 0, overloadedBaseDelay: 0, budgetMinimum: AT_ONCE },
      queueWait: 0,
    },
  });
  const timersBefore = timers();
  const outcomes = new Map<string, number>();

  async function caller(until: number): Promise<void> {
    while (sent.replies < until) {
      const about = sent.replies;
      const outcome = await unlessItHangs(outcomeOf(scene)).catch((error: unknown) => {
        throw new Error(`near string ${about} of seed ${SEED}: ${String(error)}`, { cause: error });
      });
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      scene.failover.deployment('m@P').wake();
    }
  }

  async function play(until: number): Promise<number> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => caller(until)));
    expectIdle(scene.failover);
    scene.P.forget();
    (scene.events as unknown[]).length = 0;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  // The first strings warm everything up: code, pools, histories.
  const warm = await play(STRINGS / 4);
  const after = await play(STRINGS);

  expect(sent.replies).toBeGreaterThanOrEqual(STRINGS);
  // Some of everything, or the strings are not what they should be.
  expect([...outcomes.keys()].toSorted()).toEqual(['answer', 'bad-request', 'canned']);
  expect(outcomes.get('answer')).toBeGreaterThan(STRINGS / 100);
  expect(after - warm).toBeLessThan(8 * 1024 * 1024);

  const { attempts, successes, failures, neutral } = scene.failover.status().deployments[0] ?? { attempts: -1 };
  expect(attempts).toBe((successes ?? 0) + (failures ?? 0) + (neutral ?? 0));
  await scene.failover.close();
  await scene.expectSockets(0);
  await expectConnections(scene.P, 0);
  expect(timers()).toBeLessThanOrEqual(timersBefore);
});

async function outcomeOf(scene: Scene): Promise<string> {
  try {
    const reply = await scene.chat();
    if (reply.failover.degraded === 'canned') {
      expect(reply.text).toBe(CANNED);
      return 'canned';
    }
    expect(Array.isArray(reply.choices) && reply.choices.length > 0).toBe(true);
    expect(typeof reply.text).toBe('string');
    return 'answer';
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return error.kind;
  }
}

async function unlessItHangs<Value>(call: Promise<Value>): Promise<Value> {
  let watchdog: NodeJS.Timeout | undefined;
  const hanging = new Promise<never>((_, reject) => {
    watchdog = setTimeout(() => {
      reject(new Error('a call hangs'));
    }, HANGS);
  });
  return Promise.race([call, hanging]).finally(() => clearTimeout(watchdog));
}
