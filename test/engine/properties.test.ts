/** What holds for every configuration and every failure, on a virtual clock. */
import { createFailover, type EventName, type Failover, type FailoverOptions } from '@ai-failover/core';
import {
  answerWith,
  createScriptedTransport,
  failWith,
  neverAnswer,
  refuseConnection,
  type ScriptedReply,
} from '@ai-failover/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };
const MODELS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** One thing that an upstream does with a request. */
const reply: fc.Arbitrary<ScriptedReply> = fc.oneof(
  fc
    .record({
      status: fc.constantFrom(400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 529),
      after: fc.constantFrom(0, 0, 50, 3_000),
      code: fc.constantFrom(undefined, 'model_not_found', 'insufficient_quota', 'context_length_exceeded'),
      hint: fc.constantFrom(undefined, undefined, 0, 0.5, 1, 3, 9, 12, 60),
    })
    .map(({ status, after, code, hint }) =>
      failWith(status, {
        after,
        ...(code !== undefined && { code }),
        ...(hint !== undefined && { headers: { 'retry-after-ms': String(hint * 1_000) } }),
      }),
    ),
  fc.constant(refuseConnection()),
  fc.constant(neverAnswer()),
  fc.constant<ScriptedReply>({ kind: 'respond', status: 200, headers: {}, body: '{"choices":[]}', after: 0 }),
  fc.constantFrom(0, 100, 2_000).map((after) => answerWith('yes', { after })),
);

/** Mostly failures, so that calls have to go far. */
const script = fc.infiniteStream(
  fc.oneof({ arbitrary: reply, weight: 9 }, { arbitrary: fc.constant(answerWith('ok')), weight: 1 }),
);

interface Drawn {
  readonly upstreams: readonly { models: string[]; keys: number; priority: number; weight: number }[];
  readonly length: number;
  readonly canned: boolean;
  readonly lastResort: boolean;
  readonly limits: NonNullable<FailoverOptions['limits']>;
}

function poolOf({ upstreams, length, canned, lastResort, limits }: Drawn): FailoverOptions {
  const served = MODELS.filter((model) => upstreams.some(({ models }) => models.includes(model)));
  return {
    upstreams: upstreams.map(({ models, keys, priority, weight }, index) =>
      upstream(`U${index}`, models, {
        priority,
        weight,
        keys: Array.from({ length: keys }, (_, key) => `sk-${index}-${key}-0123456789`),
      }),
    ),
    chains: { default: served.slice(0, length) },
    limits,
    ...(canned && { cannedReply: 'Soon.' }),
    ...(lastResort && { lastResort: served.at(-1) ?? 'a' }),
  };
}

const pool: fc.Arbitrary<FailoverOptions> = fc
  .record({
    upstreams: fc.array(
      fc.record({
        models: fc.subarray(MODELS, { minLength: 1 }),
        keys: fc.integer({ min: 1, max: 3 }),
        priority: fc.integer({ min: 1, max: 3 }),
        weight: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    length: fc.integer({ min: 1, max: MODELS.length }),
    canned: fc.boolean(),
    lastResort: fc.boolean(),
    limits: fc.constantFrom<Drawn['limits']>({}, {}, { concurrency: 1 }, { requestsPerMinute: 60 }),
  })
  .map(poolOf);

interface Observed {
  readonly failover: Failover;
  readonly events: (readonly [EventName, Record<string, unknown>])[];
}

/** Random calls at random moments, some of them given up, until all is quiet. */
async function play(
  options: FailoverOptions,
  answers: fc.Stream<ScriptedReply>,
  calls: readonly { readonly at: number; readonly leaves: number | undefined }[],
  observe?: (name: EventName, event: Record<string, unknown>) => void,
): Promise<Observed> {
  const transport = createScriptedTransport(() => answers.next().value ?? answerWith('ok'));
  let dice = 0;
  const failover: Failover = createFailover(options, {
    createTransport: transport.createTransport,
    random: () => (dice = (dice + 0.377) % 1),
  });
  const events: [EventName, Record<string, unknown>][] = [];
  failover.onAny((name, event) => {
    events.push([name, { ...event }]);
    observe?.(name, { ...event });
  });
  const start = performance.now();
  let settled = 0;
  for (const { at, leaves } of calls.toSorted((one, other) => one.at - other.at)) {
    await vi.advanceTimersByTimeAsync(Math.max(0, at - (performance.now() - start)));
    const controller = new AbortController();
    if (leaves !== undefined) setTimeout(() => controller.abort(), leaves);
    failover
      .chat(QUESTION, { signal: controller.signal })
      .catch(() => {})
      .finally(() => (settled += 1));
  }
  await vi.advanceTimersByTimeAsync(700_000);
  expect(settled).toBe(calls.length);
  await failover.close();
  return { failover, events };
}

const someCalls = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 30_000 }),
    leaves: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined, freq: 5 }),
  }),
  { minLength: 1, maxLength: 12 },
);

const OUTCOMES: ReadonlySet<string> = new Set(['call-answered', 'call-failed', 'call-aborted']);

function isOutcome([name, event]: Observed['events'][number]): boolean {
  return OUTCOMES.has(name) || (name === 'call-degraded' && event['degraded'] === 'canned');
}

describe('For every pool and every failure', () => {
  it('a call makes at most max(5, models + 1) attempts, and three per model', async () => {
    await fc.assert(
      fc.asyncProperty(pool, script, someCalls, async (options, answers, calls) => {
        const { events } = await play(options, answers, calls);
        const models = new Set(Object.values(options.chains ?? {}).flatMap((chain) => chain as readonly string[]));
        if (options.lastResort !== undefined) models.add(options.lastResort);
        const perCall = new Map<unknown, Map<unknown, number>>();
        for (const [name, { callId, model }] of events) {
          if (name !== 'attempt-started') continue;
          const perModel = perCall.get(callId) ?? new Map<unknown, number>();
          perCall.set(callId, perModel.set(model, (perModel.get(model) ?? 0) + 1));
        }
        for (const perModel of perCall.values()) {
          const counts = [...perModel.values()];
          expect(Math.max(...counts)).toBeLessThanOrEqual(3);
          expect(counts.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(Math.max(5, models.size + 1));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('each call has exactly one outcome, each attempt one end, and nothing stays in use', async () => {
    await fc.assert(
      fc.asyncProperty(pool, script, someCalls, async (options, answers, calls) => {
        const { events, failover } = await play(options, answers, calls);
        const started = events.filter(([name]) => name === 'call-started').map(([, { callId }]) => callId);
        const ended = events.filter(isOutcome).map(([, { callId }]) => callId);
        expect(started).toHaveLength(calls.length);
        expect(ended).toHaveLength(started.length);
        expect(new Set(ended)).toEqual(new Set(started));
        const attempt = ([, { callId, attempt: number }]: Observed['events'][number]) =>
          `${String(callId)} ${String(number)}`;
        const ends = new Set<string>(['attempt-succeeded', 'attempt-failed', 'attempt-aborted']);
        const begun = events.filter(([name]) => name === 'attempt-started').map(attempt);
        const over = events.filter(([name]) => ends.has(name)).map(attempt);
        expect(over).toHaveLength(begun.length);
        expect(new Set(over)).toEqual(new Set(begun));
        expect(new Set(begun).size).toBe(begun.length);

        const { calls: counts, retryBudget, deployments, waiting } = failover.status();
        const { total, answered, canned, failed, refused, aborted, inFlight } = counts;
        expect({ total, inFlight, inUse: retryBudget.inUse, waiting }).toEqual({
          total: answered + canned + failed + refused + aborted,
          inFlight: 0,
          inUse: 0,
          waiting: 0,
        });
        for (const { inFlight: own, attempts, successes, failures, neutral, lanes } of deployments) {
          expect([own, attempts]).toEqual([0, successes + failures + neutral]);
          expect(lanes.reduce((sum, lane) => sum + lane.attempts, 0)).toBe(attempts);
          expect(lanes.every((lane) => lane.inFlight === 0)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a lane is not asked before the hint that it gave is over, by this call or another', async () => {
    const hinted = new Set<unknown>(['rate-limited', 'overloaded', 'quota']);
    let hints = 0;
    await fc.assert(
      fc.asyncProperty(pool, script, someCalls, async (options, answers, calls) => {
        const notBefore = new Map<string, number>();
        const early: string[] = [];
        await play(options, answers, calls, (name, event) => {
          const lane = `${String(event['deployment'])}#${String(event['key'])}`;
          const until = notBefore.get(lane) ?? -Infinity;
          const at = performance.now();
          if (name === 'attempt-started' && at < until) early.push(`${lane} ${until - at} ms too early`);
          if (name !== 'attempt-failed' || !hinted.has(event['class']) || event['hint'] === undefined) return;
          hints += 1;
          notBefore.set(lane, Math.max(until, at + Number(event['hint'])));
        });
        expect(early).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(hints).toBeGreaterThan(100);
  });
});

describe('No key and no prompt', () => {
  const PROMPT = 'MARKER What does my contract say?';
  const KEYS = ['sk-MARKERKEYONE-0123456789abcdef', 'sk-MARKERKEYTWO-fedcba9876543210'];
  const SECRETS = /MARKER/;

  /** Upstreams that say back what they were told, wherever one can say something. */
  const indiscreet = fc
    .record({
      status: fc.constantFrom(200, 301, 400, 401, 402, 403, 404, 413, 415, 422, 429, 500, 503, 529),
      said: fc.constantFrom(PROMPT, ...KEYS, `Bearer ${KEYS[0] ?? ''}`, `key ${KEYS[1] ?? ''}: "${PROMPT}"`),
      place: fc.constantFrom('message', 'code', 'type', 'param', 'text', 'html', 'header', 'status', 'choices'),
      type: fc.constantFrom('application/json', 'text/html', 'text/plain'),
    })
    .map(({ status, said, place, type }): ScriptedReply => {
      const error = { message: 'no', type: 'some_error', code: null, param: null, [place]: said };
      const body =
        place === 'text' || place === 'html'
          ? `<html>${said}</html>`
          : JSON.stringify(place === 'choices' ? { choices: said } : { error });
      const headers = {
        'content-type': type,
        ...(place === 'header' && { location: `https://x/${said}`, 'retry-after': said, 'x-should-retry': said }),
      };
      return { kind: 'respond', status, headers, body, after: 0 };
    });

  it('is in any error, event, warning or status, whatever an upstream says back', async () => {
    const answers = fc.infiniteStream(indiscreet);
    const listens = fc.boolean();
    await fc.assert(
      fc.asyncProperty(answers, listens, fc.integer({ min: 1, max: 3 }), async (stream, listening, count) => {
        const told: unknown[] = [];
        const warn = vi.spyOn(process, 'emitWarning').mockImplementation((...given) => {
          told.push(given);
        });
        const transport = createScriptedTransport(() => stream.next().value ?? answerWith('ok'));
        const failover = createFailover(
          {
            upstreams: [
              upstream('P', ['m'], { keys: KEYS }),
              upstream('S', ['m', 'n'], { keys: [KEYS[1]], priority: 2 }),
            ],
            chains: { default: ['m', 'n'] },
          },
          { createTransport: transport.createTransport, random: () => 0.5 },
        );
        if (listening) failover.onAny((name, event) => told.push([name, event]));
        const request = { messages: [{ role: 'user', content: PROMPT }], user: PROMPT, metadata: { note: PROMPT } };
        const calls = Array.from({ length: count }, () =>
          failover.chat(request).then(
            ({ failover: report }) => told.push(report),
            (error: unknown) => told.push(allOf(error)),
          ),
        );
        await vi.advanceTimersByTimeAsync(400_000);
        await Promise.all(calls);
        told.push(failover.status(), failover.explain(request));
        await failover.close();
        warn.mockRestore();
        for (const one of told) expect(textOf(one)).not.toMatch(SECRETS);
      }),
      { numRuns: 1_000 },
    );
  });

  /** The error and its causes; of a refused request the provider's words are the caller's own, so only keys matter there. */
  function allOf(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const refused = 'code' in error && error.code === 'AIF_BAD_REQUEST';
    const words = refused ? error.message.replaceAll(PROMPT, '') : `${error.message} ${error.stack ?? ''}`;
    return [words, Object.entries(error), Reflect.get(error, 'attempts'), allOf(error.cause)];
  }

  function textOf(value: unknown): string {
    return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Error ? allOf(inner) : inner)) ?? '';
  }
});
