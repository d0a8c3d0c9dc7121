/** A streamed call can be ended at any moment, by its signal or by whoever has started it, and the engine while it streams. */
import type { CallOptions } from '@ai-failover/core';
import { continueWith, failWith, neverAnswer, sseWith, streamWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  setStage,
  trail,
  upstream,
  type Stage,
  type StageOptions,
  type Streamed,
  type Upstreams,
} from '../traces/stage.ts';
import { expectIdle } from './idle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const NO_CANNED: StageOptions = { cannedReply: undefined };
const ROLE = {
  data: { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }], object: 'x' },
};
const TEXT = 'one two three four five six seven eight';

interface Phase {
  readonly upstreams: Upstreams;
  readonly options?: StageOptions;
  readonly call?: CallOptions;
  /** Calls that begin and end before. */
  readonly before?: number;
  /** When it is aborted, in seconds. */
  readonly at: number;
  /** Something had been read. */
  readonly begun?: boolean;
}

const PHASES: Readonly<Record<string, Phase>> = {
  'waits in line': {
    upstreams: { P: () => streamWith('quick') },
    options: { upstreams: [upstream('P', ['m'], { limits: { requestsPerMinute: 6 } })] },
    before: 1,
    at: 1,
  },
  'sits out a back-off': { upstreams: { P: () => failWith(529) }, options: NO_CANNED, at: 0.1 },
  'sits out a hint': {
    upstreams: { P: () => failWith(429, { headers: { 'retry-after': '9' } }) },
    options: NO_CANNED,
    at: 5,
  },
  'has its request signed': {
    upstreams: { P: () => streamWith('no') },
    options: { upstreams: [upstream('P', ['m'], { sign: () => new Promise(() => {}) })] },
    at: 1,
  },
  'waits for headers': { upstreams: { P: neverAnswer }, at: 3 },
  'waits for a first event': { upstreams: { P: () => streamWith('no', { silent: true }) }, at: 3 },
  'waits for content': { upstreams: { P: () => sseWith([ROLE, { comment: 'ping' }, { end: 'hang' }]) }, at: 3 },
  'waits for the body of an error': { upstreams: { P: () => sseWith([{ end: 'hang' }], { status: 500 }) }, at: 0.5 },
  'is raced': { upstreams: { P: neverAnswer, S: () => streamWith('no', { silent: true }) }, at: 12 },
  streams: { upstreams: { P: () => streamWith(TEXT, { interval: 1_000 }) }, at: 2.5, begun: true },
  'waits for who goes on': {
    upstreams: { P: () => streamWith(['one', { wait: 100 }, { end: 'cut' }]), S: neverAnswer },
    at: 5,
    begun: true,
  },
  'waits for the repetition': {
    upstreams: {
      P: () => streamWith([TEXT.slice(0, 20), { wait: 100 }, { end: 'cut' }]),
      S: () => streamWith([TEXT.slice(0, 10)], { hangAfter: 1 }),
    },
    at: 5,
    begun: true,
  },
  'is gone on with': {
    upstreams: {
      P: () => streamWith([TEXT.slice(0, 20), { wait: 100 }, { end: 'cut' }]),
      S: (request) => continueWith(TEXT, request, { interval: 1_000 }),
    },
    at: 5,
    begun: true,
  },
  'waits for a canned reply': {
    upstreams: { P: () => failWith(401) },
    call: { cannedReply: () => new Promise(() => {}) },
    at: 1,
  },
};

const reason = new Error('enough');

async function reach({ upstreams, options = {}, before = 0 }: Phase): Promise<Stage> {
  const stage = setStage(upstreams, options);
  for (let count = 0; count < before; count += 1) {
    stage.stream();
    await stage.until(0);
  }
  return stage;
}

function expectAborted(stage: Stage, call: Streamed, { before = 0, begun = false, at }: Phase): void {
  expect(call).toMatchObject({ at, error: reason });
  expect(call.error).toBe(reason);
  expect(call.begun !== undefined).toBe(begun);
  expect(call.outcome).toEqual(begun ? { status: 'aborted', reason } : undefined);
  expectIdle(stage, ...Array.from({ length: before }, () => 'call-answered'), 'call-aborted');
}

describe.each(Object.entries(PHASES))('A call that %s', (_when, phase) => {
  it('is ended by its signal', async () => {
    const stage = await reach(phase);
    const controller = new AbortController();
    const call = stage.stream({}, { ...phase.call, signal: controller.signal });
    await stage.until(phase.at);
    controller.abort(reason);
    // What is under way at an upstream is destroyed before anything else happens.
    expect(stage.requests.filter(({ outcome }) => outcome === undefined)).toEqual([]);
    await stage.until(phase.at);
    expectAborted(stage, call, phase);
    await stage.until(phase.at + 60);
    expect(stage.events.filter(([name]) => name === 'call-aborted')).toHaveLength(1);
  });

  it('is ended by whoever has started it', async () => {
    const stage = await reach(phase);
    const call = stage.stream({}, phase.call);
    await stage.until(phase.at);
    call.abort(reason);
    expect(stage.requests.filter(({ outcome }) => outcome === undefined)).toEqual([]);
    await stage.until(phase.at);
    expectAborted(stage, call, phase);
    call.abort(new Error('a second time'));
    await stage.until(phase.at + 60);
    expect(call.error).toBe(reason);
  });
});

describe('A call', () => {
  it('is not begun with a signal that has been aborted', async () => {
    const stage = setStage({ P: () => streamWith('no') });
    const call = stage.stream({}, { signal: AbortSignal.abort(reason) });
    await stage.until(1);
    expect(call.error).toBe(reason);
    expect(stage.requests).toEqual([]);
    expectIdle(stage);
  });

  it('that has ended is not changed by an abort', async () => {
    const stage = setStage({ P: () => streamWith('all of it') });
    const controller = new AbortController();
    const call = stage.stream({}, { signal: controller.signal });
    await stage.until(0);
    controller.abort(reason);
    call.abort(reason);
    call.stream?.abort(reason);
    await stage.until(1);
    expect(call).toMatchObject({ text: 'all of it', outcome: { status: 'done' } });
    expectIdle(stage, 'call-answered');
  });

  it('is ended by its stream, and for a reason of its own where none is given', async () => {
    const stage = setStage({ P: () => streamWith(TEXT, { interval: 1_000 }) });
    const call = stage.stream();
    await stage.until(2.5);
    call.stream?.abort();
    expect(stage.requests[0]?.aborted).toBe(true);
    await stage.until(2.5);
    expect(call).toMatchObject({ at: 2.5, text: 'one two three', error: { name: 'AbortError' } });
    expectIdle(stage, 'call-aborted');
  });

  it('is ended while its upstream is paused', async () => {
    const pieces = Array.from({ length: 300 }, () => 'x'.repeat(1_000));
    const stage = setStage({ P: () => streamWith(pieces, { interval: 10 }) });
    const { stream, abort } = stage.failover.startStream({ messages: [{ role: 'user', content: 'Hello' }] });
    await stage.until(10);
    expect(stage.requests[0]).toMatchObject({ pauses: 1, outcome: undefined });
    abort(reason);
    expect(stage.requests[0]?.aborted).toBe(true);
    expect(await (await stream).finished).toEqual({ status: 'aborted', reason });
    expectIdle(stage, 'call-aborted');
  });
});

describe('close, while a call streams,', () => {
  const CLOSED = { code: 'AIF_CLOSED', status: 503 };

  it('waits for its end', async () => {
    const stage = setStage({ P: () => streamWith('one two three', { interval: 1_000 }) });
    const call = stage.stream();
    await stage.until(0.5);
    let closed = false;
    const closing = stage.failover.close().then(() => (closed = true));
    const refused = stage.stream();
    await stage.until(1.9);
    expect(closed).toBe(false);
    expect(refused.error).toMatchObject(CLOSED);
    await stage.until(2);
    await closing;
    expect(call).toMatchObject({ at: 2, text: 'one two three', outcome: { status: 'done' } });
    expect(stage.events.at(-1)).toEqual(['closed', { aborted: 0 }]);
    expectIdle(stage, 'call-answered');
  });

  it('waits for whoever goes on with it', async () => {
    const stage = setStage({
      P: () => streamWith([TEXT.slice(0, 20), { wait: 1_000 }, { end: 'cut' }]),
      S: (request) => continueWith(TEXT, request, { headersAfter: 1_000 }),
    });
    const call = stage.stream();
    await stage.until(0.5);
    const closing = stage.failover.close();
    await stage.until(2);
    await closing;
    expect(call).toMatchObject({ text: TEXT, outcome: { status: 'done' } });
    expect(trail(call)).toBe('m@P cut, m@S ok');
  });

  it('ends it at its limit, before content and after it, and says why', async () => {
    const stage = setStage({
      P: ({ number }) => (number === 1 ? neverAnswer() : streamWith(TEXT, { interval: 2_000 })),
    });
    const [before, after] = [stage.stream(), stage.stream()];
    await stage.until(1);
    const closing = stage.failover.close({ timeout: 4_000 });
    await stage.until(5);
    await closing;
    for (const call of [before, after]) expect(call).toMatchObject({ at: 5, error: CLOSED });
    expect(after).toMatchObject({ text: 'one two three', outcome: { status: 'failed', error: CLOSED } });
    expect(stage.events.at(-1)).toEqual(['closed', { aborted: 2 }]);
    expect(stage.failover.status().deployments).toMatchObject([{ failures: 0, circuit: { failed: 0 } }]);
    // As for calls that are answered whole.
    expectIdle(stage, 'call-failed', 'call-failed');
  });

  it('does not wait for an answer that is whole and unread', async () => {
    const stage = setStage({ P: () => streamWith('all of it') });
    const stream = stage.failover.stream({ messages: [{ role: 'user', content: 'Hello' }] });
    await stage.until(0);
    await stage.failover.close();
    let text = '';
    for await (const { choices } of await stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe('all of it');
  });

  it('ends a trial that nobody waits for any more', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => streamWith('S') },
      {
        upstreams: [
          upstream('P', ['m'], { breaker: { consecutiveFailures: 1 } }),
          upstream('S', ['m'], { priority: 2 }),
        ],
      },
    );
    stage.stream();
    await stage.until(11);
    stage.upstreams['P'] = neverAnswer;
    const call = stage.stream();
    await stage.until(12);
    expect(call.text).toBe('S');
    expect(stage.requests.some(({ outcome }) => outcome === undefined)).toBe(true);
    await stage.failover.close();
    expectIdle(stage, 'call-answered', 'call-answered');
  });
});
