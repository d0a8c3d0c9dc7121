/** Three thousand random streams: no crash, no hang, no leak, and nothing that has no end is ever called complete. */
import { CallError, type ChatChunk, type ChatRequest } from '@ai-failover/core';
import { raw, stream, type ReceivedRequest, type Reply } from '@ai-failover/testing';
import { expect, it } from 'vitest';
import { expectConnections, expectIdle, expectTimers, startScene, timers, type Scene } from './scene.ts';
import { randomStream, type RandomStream } from './random-streams.ts';
import { chattedInside, type Ask } from './stream-asks.ts';

const STREAMS = 3_000;
const AT_ONCE = 20;
/** `RANDOM_STREAMS_SEED=… ` plays a failure again. */
const SEED = Number(process.env['RANDOM_STREAMS_SEED'] ?? Date.now() % 1_000_000_000);
/** Longer than anything may take: such a call hangs. */
const HANGS = 15_000;

/** What `S` says to everybody; it goes on with anything. */
const BY_S = 'and S said this.';

it(`survives them (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const timersBefore = timers();
  let begun = 0;
  const scene = await startScene({
    script: (request) => replyFor(streamOf(request)),
    scriptOfS: stream(BY_S),
    P: { timeouts: { firstContent: 300, betweenChunks: 300 }, maxResponseBytes: 100_000 },
    S: { models: { m: { prefill: true } } },
    options: {
      // Nothing may keep the streams from coming.
      breaker: { consecutiveFailures: 1_000_000, failureRatio: 1, minimumAttempts: 1_000_000 },
      retry: { maxHintWait: 1, baseDelay: 0, overloadedBaseDelay: 0, budgetMinimum: AT_ONCE },
      queueWait: 0,
    },
  });
  const outcomes = new Map<string, number>();

  async function caller(): Promise<void> {
    while (begun < STREAMS) {
      const number = SEED + begun;
      begun += 1;
      const outcome = await unlessItHangs(outcomeOf(scene, number)).catch((error: unknown) => {
        throw new Error(`stream ${number}: ${String(error)}`, { cause: error });
      });
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      scene.failover.deployment('m@P').wake();
      (scene.events as unknown[]).length = 0;
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller));

  // Some of everything, or the streams are not what they should be.
  expect([...outcomes.keys()].toSorted()).toEqual(['continued', 'error', 'by P', 'by S'].toSorted());
  for (const count of outcomes.values()) expect(count).toBeGreaterThan(STREAMS / 100);
  expectIdle(scene.failover);
  const { attempts, successes, failures, neutral } = scene.failover.status().deployments[0] ?? { attempts: -1 };
  expect(attempts).toBe((successes ?? 0) + (failures ?? 0) + (neutral ?? 0));
  await scene.failover.close();
  await scene.expectSockets(0);
  await expectConnections(scene.P, 0);
  await scene.close();
  await expectTimers(timersBefore);
});

/** Which one a request is to have stands in its prompt; a second attempt has the same again. */
function streamOf(request: ReceivedRequest): RandomStream {
  const [, number] = /"random stream (\d+)"/.exec(request.body) ?? [];
  return randomStream(Number(number));
}

function replyFor({ bytes, ending }: RandomStream): Reply {
  return raw(bytes, ending);
}

/** Most ask for a stream of one answer; some for two, some for a reply that is streamed inside. */
async function outcomeOf(scene: Scene, number: number): Promise<string> {
  const request: Partial<ChatRequest> = {
    messages: [{ role: 'user', content: `random stream ${number}` }],
    ...(number % 7 === 0 && { n: 2 }),
  };
  const { text, finish, error, failover } = await (number % 5 === 0 ? chattedInside : read)(scene, { request });
  if (error !== undefined) {
    expect(CallError.is(error)).toBe(true);
    expect(finish).toBeUndefined();
    return 'error';
  }
  expect(typeof finish).toBe('string');
  if (failover?.upstream === 'P') {
    expect(failover.degraded).toBeUndefined();
    expect(randomStream(number).hasEnd).toBe(true);
    return 'by P';
  }
  expect(failover?.upstream).toBe('S');
  expect(text.endsWith(BY_S)).toBe(true);
  if (failover?.degraded === 'continued') return 'continued';
  expect(text).toBe(BY_S);
  return 'by S';
}

/** Says of a stream what `chattedInside` says of a reply. */
const read: Ask = async (scene, { request }) => {
  const { text, chunks, error, outcome, failover } = await scene.stream(request);
  chunks.forEach(expectChunk);
  expect(outcome?.status).toBe(failover === undefined ? undefined : error === undefined ? 'done' : 'failed');
  return { text, error, failover, finish: outcome?.status === 'done' ? endOf(chunks) : undefined };
};

/** What every reader may rely on, whatever the upstream has sent. */
function expectChunk({ object, choices }: ChatChunk): void {
  expect(typeof object).toBe('string');
  for (const { index, delta, finish_reason: reason } of choices) {
    expect(Number.isInteger(index) && index >= 0).toBe(true);
    expect(['string', 'undefined'].includes(typeof delta.content) || delta.content === null).toBe(true);
    expect(delta.tool_calls === undefined || Array.isArray(delta.tool_calls)).toBe(true);
    expect(typeof reason === 'string' || reason === null).toBe(true);
  }
}

/** Of the first answer. */
function endOf(chunks: readonly ChatChunk[]): string | undefined {
  const pieces = chunks.flatMap(({ choices }) => choices);
  return pieces.find(({ index, finish_reason: reason }) => index === 0 && reason !== null)?.finish_reason ?? undefined;
}

async function unlessItHangs<Value>(call: Promise<Value>): Promise<Value> {
  let watchdog: NodeJS.Timeout | undefined;
  const hanging = new Promise<never>((_, reject) => {
    watchdog = setTimeout(() => reject(new Error('a call hangs')), HANGS);
  });
  return Promise.race([call, hanging]).finally(() => clearTimeout(watchdog));
}
