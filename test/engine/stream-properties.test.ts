/** What holds for every stream, however its upstreams fail and whatever its reader does, on a virtual clock. */
import {
  createFailover,
  type ChatChunk,
  type ChatStream,
  type EventName,
  type Failover,
  type FailoverOptions,
  type StreamOutcome,
} from '@ai-failover/core';
import { createScriptedTransport, type ScriptedRequest } from '@ai-failover/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shapeOf } from '../traces/one-stream.ts';
import { textOf } from '../traces/stage.ts';
import { behaviour, masked, pool, replyOf, WHOLE, type Behaviour } from './random-streams.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Who reads, and how. */
interface Reader {
  /** Milliseconds. */
  readonly at: number;
  readonly how: 'reads' | 'leaves' | 'is slow' | 'never reads' | 'asks for the whole';
  /** Chunks that he reads before he leaves, or between his rests. */
  readonly chunks: number;
  /** When his signal is aborted. */
  readonly aborts: number | undefined;
  readonly tools: boolean;
}

interface Read {
  readonly reader: Reader;
  readonly chunks: ChatChunk[];
  settled: boolean;
  /** Of a call that is answered whole. */
  text?: string;
  error?: unknown;
  outcome?: StreamOutcome;
  degraded?: string | undefined;
}

const readers: fc.Arbitrary<Reader[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 20_000 }),
    how: fc.oneof(
      { arbitrary: fc.constant('reads' as const), weight: 6 },
      { arbitrary: fc.constantFrom('leaves' as const, 'is slow', 'never reads', 'asks for the whole'), weight: 4 },
    ),
    chunks: fc.integer({ min: 1, max: 10 }),
    aborts: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined, freq: 4 }),
    tools: fc.constantFrom(false, false, false, false, true),
  }),
  { minLength: 1, maxLength: 6 },
);

const TOOLS = [{ type: 'function' as const, function: { name: 'find', parameters: { type: 'object' } } }];

async function begin(failover: Failover, reader: Reader): Promise<Read> {
  const { how, aborts, tools } = reader;
  const read: Read = { reader, chunks: [], settled: false };
  const controller = new AbortController();
  if (aborts !== undefined) setTimeout(() => controller.abort(), aborts);
  const request = { messages: [{ role: 'user', content: 'Count' }], ...(tools && { tools: TOOLS }) };
  const signal = controller.signal;
  const reading =
    how === 'asks for the whole'
      ? failover
          .chat(request, { signal, streamInside: true })
          .then(({ text, failover: { degraded } }) => Object.assign(read, { text, degraded }))
      : readStream(failover.stream(request, { signal }), read);
  void reading.catch((error: unknown) => (read.error = error)).finally(() => (read.settled = true));
  return read;
}

async function readStream(opening: Promise<ChatStream>, read: Read): Promise<void> {
  const stream = await opening;
  void stream.finished.then((outcome) => Object.assign(read, { outcome, degraded: stream.failover.degraded }));
  if (read.reader.how !== 'never reads') await readAs(read.reader, stream, read.chunks);
}

async function readAs({ how, chunks }: Reader, stream: AsyncIterable<ChatChunk>, read: ChatChunk[]): Promise<void> {
  for await (const chunk of stream) {
    read.push(chunk);
    if (read.length % chunks > 0) continue;
    if (how === 'leaves') return;
    if (how === 'is slow') await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

interface Played {
  readonly failover: Failover;
  readonly reads: readonly Read[];
  readonly requests: readonly ScriptedRequest[];
  readonly events: readonly (readonly [EventName, Record<string, unknown>])[];
}

/** Until all is quiet, or until the engine is closed in the middle of it. */
async function play(
  options: FailoverOptions,
  behaviours: fc.Stream<Behaviour>,
  given: readonly Reader[],
  closesAt: number | undefined,
): Promise<Played> {
  const { createTransport, requests } = createScriptedTransport((request) => {
    const next = behaviours.next();
    return next.done === true ? { kind: 'hang' } : replyOf(next.value, request);
  });
  let dice = 0;
  const failover: Failover = createFailover(options, { createTransport, random: () => (dice = (dice + 0.377) % 1) });
  const events: [EventName, Record<string, unknown>][] = [];
  failover.onAny((name, event) => events.push([name, { ...event }]));
  const start = performance.now();
  const reads: Read[] = [];
  for (const reader of given.toSorted((one, other) => one.at - other.at)) {
    await vi.advanceTimersByTimeAsync(Math.max(0, reader.at - (performance.now() - start)));
    reads.push(await begin(failover, reader));
  }
  await vi.advanceTimersByTimeAsync(closesAt ?? 800_000);
  const closing = failover.close();
  await vi.advanceTimersByTimeAsync(closesAt === undefined ? 0 : 12_000);
  await closing;
  // Slow readers finish what they were handed; aborted ones have their timers.
  await vi.advanceTimersByTimeAsync(100_000);
  return { failover, reads, requests, events };
}

const scene = [
  pool,
  fc.infiniteStream(behaviour),
  readers,
  fc.option(fc.integer({ min: 0, max: 30_000 }), { nil: undefined, freq: 3 }),
] as const;

const OUTCOMES: ReadonlySet<string> = new Set(['call-answered', 'call-failed', 'call-aborted']);

function isOutcome([name, event]: Played['events'][number]): boolean {
  return OUTCOMES.has(name) || (name === 'call-degraded' && event['degraded'] === 'canned');
}

describe('For every stream', () => {
  it('each call has one outcome, each attempt one end, and nothing stays in use', async () => {
    await fc.assert(
      fc.asyncProperty(...scene, async (...given) => {
        const { failover, reads, requests, events } = await play(...given);
        expect(reads.filter(({ settled }) => !settled)).toEqual([]);
        const started = events.filter(([name]) => name === 'call-started').map(([, { callId }]) => callId);
        const ended = events.filter(isOutcome).map(([, { callId }]) => callId);
        expect(new Set(ended)).toEqual(new Set(started));
        expect(ended).toHaveLength(started.length);
        const attempt = ([, { callId, attempt: number }]: Played['events'][number]) =>
          `${String(callId)} ${String(number)}`;
        const ends = new Set<string>(['attempt-succeeded', 'attempt-failed', 'attempt-aborted']);
        const begun = events.filter(([name]) => name === 'attempt-started').map(attempt);
        const over = events.filter(([name]) => ends.has(name)).map(attempt);
        expect(new Set(over)).toEqual(new Set(begun));
        expect(over).toHaveLength(begun.length);

        expect(requests.filter(({ outcome }) => outcome === undefined)).toEqual([]);
        expect(vi.getTimerCount()).toBe(0);
        const { calls, retryBudget, waiting, deployments } = failover.status();
        const { total, answered, canned, failed, refused, aborted, inFlight } = calls;
        expect({ total, inFlight, inUse: retryBudget.inUse, waiting }).toEqual({
          total: answered + canned + failed + refused + aborted,
          inFlight: 0,
          inUse: 0,
          waiting: 0,
        });
        for (const { inFlight: own, attempts, successes, failures, neutral, lanes } of deployments) {
          expect([own, attempts]).toEqual([0, successes + failures + neutral]);
          for (const lane of lanes) expect([lane.inFlight, lane.limits?.inFlight ?? 0]).toEqual([0, 0]);
        }
      }),
      { numRuns: 250 },
    );
  });

  it('what is read is one answer, and called whole only where it is', async () => {
    const seen = { whole: 0, continued: 0, broken: 0 };
    await fc.assert(
      fc.asyncProperty(...scene, async (...given) => {
        const { reads } = await play(...given);
        for (const read of reads) {
          expectOneAnswer(read);
          const { error, outcome, degraded } = read;
          if (outcome?.status === 'failed' || outcome?.status === 'aborted') seen.broken += 1;
          if (error === undefined && degraded !== 'canned') seen.whole += 1;
          if (error === undefined && degraded === 'continued') seen.continued += 1;
        }
      }),
      { numRuns: 250 },
    );
    // So that it is not true for want of streams.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  });
});

function expectOneAnswer({ reader, chunks, text = chunks.map(textOf).join(''), outcome, error, degraded }: Read): void {
  const { ids, roles, finishes } = shapeOf(chunks);
  expect([ids, roles, finishes.length].every((count) => count <= 1)).toBe(true);
  if (degraded !== 'canned') expect(WHOLE.startsWith(masked(text))).toBe(true);
  if (reader.how === 'leaves' || reader.how === 'never reads') return;
  if (error === undefined && degraded !== 'canned') expect(masked(text)).toBe(WHOLE);
  if (outcome === undefined) return;

  const isDone = outcome.status === 'done';
  expect(error === undefined).toBe(isDone);
  if (outcome.status === 'failed') expect(error).toBe(outcome.error);
  if (outcome.status === 'aborted') expect(error).toBe(outcome.reason);
  // Who leaves, or closes, when only the marker is missing has seen the end and not waited for it.
  const wasLeft = outcome.status === 'aborted' || (outcome.status === 'failed' && outcome.error.kind === 'closed');
  if (!wasLeft) expect([roles, finishes.length]).toEqual([isDone ? 1 : roles, isDone ? 1 : 0]);
}
