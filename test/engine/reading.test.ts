/** Whoever reads a stream: at what pace, how far, and what is given back when he stops. */
import type { ChatChunk, ChatStream, Frame, StreamOutcome } from '@ai-failover/core';
import { failWith, sseWith, streamWith, type ScriptedPart, type ScriptedPiece } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, textOf, type Stage } from '../traces/stage.ts';
import { expectIdle } from './idle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };
const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);

/** Opened, and not read. */
async function open(stage: Stage, request: object = {}, options: object = {}): Promise<ChatStream> {
  const opening = stage.failover.stream({ ...QUESTION, ...request }, options);
  await stage.until(stage.at());
  return opening;
}

async function readRest(iterator: AsyncIterator<ChatChunk>): Promise<string> {
  let text = '';
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) text += textOf(next.value);
  return text;
}

function iteratorOf(stream: ChatStream): AsyncIterator<ChatChunk> & { return(): Promise<unknown> } {
  return stream[Symbol.asyncIterator]() as ReturnType<typeof iteratorOf>;
}

describe('A reader who leaves the loop', () => {
  it('ends the call, and what is under way at the upstream in the same tick', async () => {
    const stage = setStage({ P: () => streamWith('one two three four', { interval: 100 }) });
    const stream = await open(stage);
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream) {
        text += textOf(chunk);
        if (text === 'one two') break;
      }
    })();
    await stage.until(0.1);
    await reading;
    expect(text).toBe('one two');
    expect(stage.requests[0]).toMatchObject({ aborted: true, endedAt: (stage.requests[0]?.at ?? 0) + 100 });
    const outcome = await stream.finished;
    expect(outcome).toMatchObject({ status: 'aborted', reason: { name: 'AbortError' } });
    expectIdle(stage, 'call-aborted');
  });

  it('by throwing does so too, and nothing but his own error is thrown', async () => {
    const stage = setStage({ P: () => streamWith('one two three', { interval: 100 }) });
    const stream = await open(stage);
    const error = new Error('the reader has had enough');
    await expect(
      (async () => {
        for await (const _ of stream) throw error;
      })(),
    ).rejects.toBe(error);
    expect(await stream.finished).toMatchObject({ status: 'aborted' });
    expectIdle(stage, 'call-aborted');
  });

  it('changes nothing of an answer that is whole by then', async () => {
    const stage = setStage({ P: () => streamWith('one two three') });
    const stream = await open(stage);
    for await (const _ of stream) break;
    expect(await stream.finished).toMatchObject({ status: 'done' });
    expectIdle(stage, 'call-answered');
  });

  it('finds nothing more behind it', async () => {
    const stage = setStage({ P: () => streamWith('one two three', { interval: 100 }) });
    const iterator = iteratorOf(await open(stage));
    await iterator.next();
    const waiting = [iterator.next(), iterator.next()];
    await iterator.return();
    const end = { done: true, value: undefined };
    expect(await iterator.next()).toEqual(end);
    expect((await waiting[0])?.done).toBe(false);
    expect(await waiting[1]).toEqual(end);
    expect(await iterator.next()).toEqual(end);
  });
});

describe('A stream that nobody reads', () => {
  const endless = () => streamWith(Array.from({ length: 500 }, () => ' on').concat(' end'), { interval: 1_000 });

  it('is aborted after sixty seconds', async () => {
    const stage = setStage({ P: endless });
    const stream = await open(stage);
    let outcome: StreamOutcome | undefined;
    void stream.finished.then((ended) => (outcome = ended));
    await stage.until(59.999);
    expect(outcome).toBeUndefined();
    await stage.until(60);
    expect(outcome).toMatchObject({ status: 'aborted', reason: { name: 'TimeoutError' } });
    expectIdle(stage, 'call-aborted');
    // What had come may still be read, and then why there is no more.
    const iterator = iteratorOf(stream);
    const first = await iterator.next();
    expect(first.done).toBe(false);
    await expect(readRest(iterator)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('any more is aborted sixty seconds after the last look', async () => {
    const stage = setStage({ P: endless });
    const iterator = iteratorOf(await open(stage));
    await stage.until(50);
    await iterator.next();
    await stage.until(109);
    expect(stage.requests[0]?.outcome).toBeUndefined();
    await stage.until(110);
    expect(stage.requests[0]?.aborted).toBe(true);
    expectIdle(stage, 'call-aborted');
  });

  it('is not one whose reader waits for more', async () => {
    const slow = () => streamWith(['one', ...silence(150), ' two']);
    const stage = setStage({ P: slow });
    const stream = await open(stage);
    const reading = readRest(iteratorOf(stream));
    await stage.until(151);
    expect(await reading).toBe('one two');
    expectIdle(stage, 'call-answered');
  });

  it('is not one that is whole: it waits, holding nothing', async () => {
    const stage = setStage({ P: () => streamWith('one two three') });
    const stream = await open(stage);
    await stage.until(1);
    expectIdle(stage, 'call-answered');
    expect(vi.getTimerCount()).toBe(0);
    await stage.until(3_600);
    expect(await readRest(iteratorOf(stream))).toBe('one two three');
  });
});

describe('A stream', () => {
  it('can be read once', async () => {
    const stage = setStage({ P: () => streamWith('one two') });
    const stream = await open(stage);
    expect(await readRest(iteratorOf(stream))).toBe('one two');
    expect(() => stream[Symbol.asyncIterator]()).toThrow(TypeError);
    expect(() => stream.deliverTo({ take: () => true, end() {} })).toThrow(TypeError);
  });

  it('gives each of several requests for more its own chunk, in order', async () => {
    const stage = setStage({ P: () => streamWith('a b c', { interval: 100 }) });
    const iterator = iteratorOf(await open(stage));
    const all = Promise.all(Array.from({ length: 7 }, () => iterator.next()));
    await stage.until(1);
    const results = await all;
    expect(results.map(({ done, value }) => (done === true ? 'end' : textOf(value)))).toEqual([
      '',
      'a',
      ' b',
      ' c',
      '',
      'end',
      'end',
    ]);
  });

  it('that breaks off says so to each who waits for more, and to each who asks later', async () => {
    const stage = setStage({ P: () => streamWith(['one', { wait: 100 }, { end: 'cut' }]) });
    const stream = await open(stage);
    const iterator = iteratorOf(stream);
    await iterator.next();
    await iterator.next();
    const waiting = Promise.allSettled([iterator.next(), iterator.next()]);
    await stage.until(1);
    const interrupted = { status: 'rejected', reason: { code: 'AIF_INTERRUPTED' } };
    expect(await waiting).toMatchObject([interrupted, interrupted]);
    await expect(iterator.next()).rejects.toMatchObject({ code: 'AIF_INTERRUPTED' });
    // It does not reject, whatever happened.
    expect(await stream.finished).toMatchObject({ status: 'failed', error: { code: 'AIF_INTERRUPTED' } });
    expectIdle(stage, 'call-failed');
  });

  it('tells how it came about, from the beginning and to the end', async () => {
    const stage = setStage({ P: () => failWith(503), S: () => streamWith('one two', { interval: 1_000 }) });
    const stream = await open(stage);
    const attempts = [
      { deployment: 'm@P', outcome: 'overloaded', status: 503 },
      { deployment: 'm@S', outcome: 'ok' },
    ];
    const report = { deployment: 'm@S', upstream: 'S', model: 'm', failedOver: true, degraded: undefined };
    expect(stream.failover).toMatchObject({ ...report, attempts });
    expect(stream.failover.attempts.at(-1)?.duration).toBe(0);
    const reading = readRest(iteratorOf(stream));
    await stage.until(1);
    await reading;
    expect(stream.failover).toMatchObject({ ...report, attempts });
    expect(stream.failover.attempts.at(-1)?.duration).toBe(1_000);
    expect(stream.failover.requestId).toBe(named(stage, 'call-started')[0]?.['callId']);
    // Nothing of it is written where somebody serialises the stream.
    expect(Object.keys(stream)).not.toContain('failover');
  });
});

describe('A slow reader', () => {
  it('pauses the upstream while 64 KB wait for him, and has everything in order', async () => {
    const pieces = numbered(300);
    const stage = setStage({ P: () => streamWith(pieces, { interval: 10 }) });
    const stream = await open(stage);
    await stage.until(0.4);
    expect(stage.requests[0]?.pauses).toBe(0);
    await stage.until(10);
    expect(stage.requests[0]).toMatchObject({ pauses: 1, outcome: undefined });

    const iterator = iteratorOf(stream);
    let text = '';
    let waiting = 0;
    for (; text.length < 30_000; waiting += 1) text += textOf((await iterator.next()).value as ChatChunk);
    // More than a quarter of it waits yet.
    expect(stage.requests[0]).toMatchObject({ pauses: 1, outcome: undefined });
    text += await readRest(iterator);
    expect(numbersIn(text)).toEqual(upTo(pieces.length));
    expect(await stream.finished).toMatchObject({ status: 'done' });
    expectIdle(stage, 'call-answered');
  });

  it('pauses it as often as need be', async () => {
    const pieces = numbered(400);
    const stage = setStage({ P: () => streamWith(pieces, { interval: 10 }) });
    const iterator = iteratorOf(await open(stage));
    let text = '';
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      text += textOf(next.value);
      await stage.until(stage.at() + 0.02);
    }
    expect(numbersIn(text)).toEqual(upTo(pieces.length));
    expect(stage.requests[0]?.pauses).toBeGreaterThan(1);
  });

  it('does not run the upstream’s clock', async () => {
    const pieces = numbered(100);
    const stage = setStage({ P: () => streamWith(pieces, { interval: 100 }) });
    const iterator = iteratorOf(await open(stage));
    await stage.until(55);
    expect(stage.requests[0]).toMatchObject({ pauses: 1, outcome: undefined });
    const reading = readRest(iterator);
    await stage.until(56);
    expect(numbersIn(await reading)).toEqual(upTo(pieces.length));
    expectIdle(stage, 'call-answered');
  });

  it('that has caught up meets the upstream’s clock as if it had just spoken', async () => {
    const stage = setStage({ P: () => sseWith([allAtOnce(numbered(70)), { end: 'hang' }]) });
    const iterator = iteratorOf(await open(stage));
    await stage.until(50);
    expect(stage.requests[0]).toMatchObject({ outcome: undefined });
    const reading = readRest(iterator).catch((error: unknown) => error);
    await stage.until(69.9);
    expect(stage.requests[0]?.outcome).toBeUndefined();
    await stage.until(90);
    expect(await reading).toMatchObject({ code: 'AIF_INTERRUPTED' });
    expect(named(stage, 'attempt-failed')).toMatchObject([{ class: 'timeout' }]);
  });

  it('that has caught up waits half a second for the rest of an answer that has its end', async () => {
    const stage = setStage({ P: () => sseWith([allAtOnce(numbered(70), 'stop'), { end: 'hang' }]) });
    const iterator = iteratorOf(await open(stage));
    await stage.until(50);
    const reading = readRest(iterator);
    await stage.until(50.499);
    expect(stage.failover.status().calls.inFlight).toBe(1);
    await stage.until(50.5);
    expect(numbersIn(await reading)).toEqual(upTo(70));
    expect(stage.failover.status().calls.inFlight).toBe(0);
    // Unseen, its connection may still become free in an orderly way.
    await stage.until(51);
    expectIdle(stage, 'call-answered');
  });

  it('is told the usage all the same, though it came while the upstream was paused', async () => {
    const pieces = numbered(70);
    const stage = setStage({ P: () => lateUsage(pieces) });
    const stream = await open(stage, { stream_options: { include_usage: true } });
    await stage.until(10);
    expect(stage.requests[0]?.pauses).toBeGreaterThan(0);
    const chunks: ChatChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(numbersIn(chunks.map(textOf).join(''))).toEqual(upTo(pieces.length));
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    expect(chunks.at(-1)?.usage).toEqual(usage);
    expect(await stream.finished).toMatchObject({ status: 'done', usage });
  });

  it('is cut off by the deadline', async () => {
    const stage = setStage({ P: () => streamWith(numbered(300), { interval: 10 }) });
    const stream = await open(stage, {}, { deadline: 30_000 });
    await stage.until(30);
    expect(await stream.finished).toMatchObject({ status: 'failed', error: { kind: 'deadline' } });
    expectIdle(stage, 'call-failed');
  });

  it.each([
    ['little by little', () => streamWith(numbered(300), { interval: 10 })],
    ['more than that at once', () => sseWith([allAtOnce(numbered(60)), ...oneByOne(numbered(200))])],
  ])('keeps little waiting of what comes %s', async (_how, reply) => {
    const stage = setStage({ P: reply });
    const stream = await open(stage);
    await stage.until(30);
    stream.abort();
    await stage.until(30);
    let bytes = 0;
    const reading = (async () => {
      for await (const chunk of stream) bytes += JSON.stringify(chunk).length;
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(bytes).toBeGreaterThan(40_000);
    expect(bytes).toBeLessThan(80_000);
  });

  /** All at once but the usage. */
  function lateUsage(pieces: readonly string[]) {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    return sseWith([
      allAtOnce(pieces, 'stop'),
      { wait: 50 },
      { data: { ...CHUNK, choices: [], usage } },
      { data: '[DONE]' },
    ]);
  }
});

describe('A writer with a drain', () => {
  const pieces = numbered(200);

  /** Takes so much at a time. */
  function writer(most: number) {
    const state = { text: '', left: most, outcome: undefined as StreamOutcome | undefined };
    return {
      state,
      take(frames: readonly Frame[]): boolean {
        for (const { chunk } of frames) state.text += textOf(chunk);
        state.left -= frames.length;
        return state.left > 0;
      },
      end(outcome: StreamOutcome): void {
        state.outcome = outcome;
      },
    };
  }

  it('is handed what waits before what comes, also where the upstream had been paused', async () => {
    const stage = setStage({ P: () => streamWith(pieces, { interval: 10 }) });
    const stream = await open(stage);
    await stage.until(10);
    expect(stage.requests[0]?.pauses).toBe(1);
    const taking = writer(Infinity);
    stream.deliverTo(taking);
    await stage.until(20);
    expect(numbersIn(taking.state.text)).toEqual(upTo(pieces.length));
    expect(taking.state.outcome).toMatchObject({ status: 'done' });
    expectIdle(stage, 'call-answered');
  });

  it('is handed no more until it resumes, and is waited for as long as need be', async () => {
    const stage = setStage({ P: () => streamWith(pieces, { interval: 10 }) });
    const stream = await open(stage);
    const taking = writer(3);
    const flow = stream.deliverTo(taking);
    await stage.until(200);
    expect(numbersIn(taking.state.text)).toEqual([0, 1]);
    expect(stage.requests[0]).toMatchObject({ pauses: 1, outcome: undefined });
    for (let count = 0; count < 100 && taking.state.outcome === undefined; count += 1) {
      taking.state.left = 3;
      flow.resume();
      await stage.until(stage.at() + 0.1);
    }
    expect(numbersIn(taking.state.text)).toEqual(upTo(pieces.length));
    expect(taking.state.outcome).toMatchObject({ status: 'done' });
    expectIdle(stage, 'call-answered');
  });

  it('that takes no more of what waits is not handed what comes', async () => {
    const stage = setStage({ P: () => streamWith(pieces, { interval: 10 }) });
    const stream = await open(stage);
    await stage.until(10);
    const taking = writer(1);
    const flow = stream.deliverTo(taking);
    const taken = numbersIn(taking.state.text);
    expect(taken).toEqual(upTo(taken.length));
    await stage.until(11);
    expect(numbersIn(taking.state.text)).toEqual(taken);
    taking.state.left = Infinity;
    flow.resume();
    await stage.until(12);
    expect(numbersIn(taking.state.text)).toEqual(upTo(pieces.length));
    expect(taking.state.outcome).toMatchObject({ status: 'done' });
  });

  it('is told the end of a stream that had ended before', async () => {
    const stage = setStage({ P: () => streamWith('one two') });
    const stream = await open(stage);
    await stage.until(1);
    const taking = writer(Infinity);
    stream.deliverTo(taking);
    expect(taking.state).toMatchObject({ text: 'one two', outcome: { status: 'done', finishReason: 'stop' } });
  });
});

const CHUNK = { id: 'x', object: 'chat.completion.chunk', created: 0, model: 'm' };

function chunkOf(content: string, finish: string | null = null): object {
  return { ...CHUNK, choices: [{ index: 0, delta: { content }, finish_reason: finish }] };
}

/** In one read of the socket. */
function allAtOnce(pieces: readonly string[], finish?: string): { bytes: string } {
  const chunks = pieces.map((piece) => chunkOf(piece)).concat(finish === undefined ? [] : [chunkOf('', finish)]);
  return { bytes: chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') };
}

function oneByOne(pieces: readonly string[]): ScriptedPart[] {
  return pieces.flatMap((piece): ScriptedPart[] => [{ wait: 10 }, { data: chunkOf(piece) }]);
}

/** Pieces of a thousand characters and their number. */
function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `<${index}>${'x'.repeat(1_000)}`);
}

/** The numbers of the pieces in a text: all that there are, in order, where it is whole. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/<(\d+)>x{1000}/g)].map(([, number]) => Number(number));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Signs of life, a second each. */
function silence(seconds: number): ScriptedPiece[] {
  return Array.from({ length: seconds }, (): ScriptedPiece[] => [{ wait: 1_000 }, { comment: 'ping' }]).flat();
}
