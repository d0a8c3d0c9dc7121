/** What streams do with their sockets: keep them for the next one, destroy them the moment nobody wants them, and pause them. */
import type { ChatStream, StartedStream } from '@ai-failover/core';
import { answer, hang, headersThenHang, sse, stream, type Reply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  expectConnections,
  expectIdle,
  expectTimers,
  liveSockets,
  nextTurn,
  startScene,
  timers,
  type Scene,
} from './scene.ts';
import { framesOf, TEXT, WELL, WORDS } from './stream-scripts.ts';

const REQUEST = { messages: [{ role: 'user', content: 'Hello' }] } as const;

let timersBefore = 0;

beforeEach(() => {
  timersBefore = timers();
});

afterEach(async () => {
  await expectTimers(timersBefore);
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

describe('a connection that has served a stream', () => {
  it.each<[string, Reply]>([
    ['an ordinary one', WELL],
    ['one that ends with the body, without [DONE]', stream(TEXT, { done: false })],
    ['one that came byte by byte', WELL.byteByByte()],
    ['one whose body ends a while behind [DONE]', sse([...framesOf(WORDS), { wait: 60 }])],
    ['one in one piece', answer(TEXT)],
  ])('%s: serves the next one, and a call without a stream', async (_, script) => {
    const scene = await startScene({ script, withS: false });
    for (let round = 0; round < 3; round += 1) {
      expect((await scene.stream()).text).toBe(TEXT);
      await scene.P.requests.at(-1)?.settled;
      await pause(5);
    }
    scene.P.script(answer('whole'));
    expect((await scene.chat()).text).toBe('whole');
    expect(scene.P.connectionsMade).toBe(1);
    expect(scene.P.requests.map(({ outcome }) => outcome)).toEqual(['answered', 'answered', 'answered', 'answered']);
  });

  it('is destroyed when its body does not end, although the answer has', async () => {
    const scene = await startScene({ script: WELL.stallAfter('end'), withS: false });
    const { text, outcome } = await scene.stream();
    expect({ text, status: outcome?.status }).toEqual({ text: TEXT, status: 'done' });
    expectIdle(scene.failover);
    await expectConnections(scene.P, 0);
  });

  it('is destroyed when its body goes on for ever', async () => {
    function* forEver(): Generator<{ data: string } | { wait: number }> {
      yield* framesOf(WORDS) as { data: string }[];
      for (;;) yield { data: 'x'.repeat(1_000) };
    }
    const scene = await startScene({ script: sse(forEver()), withS: false });
    expect((await scene.stream()).text).toBe(TEXT);
    expect(await scene.P.requests[0]?.settled).toBe('aborted');
    await scene.expectSockets(0);
  });
});

/** How a caller leaves, before there is a stream or when there is one. */
const WAYS: readonly (readonly [string, Leave])[] = [
  ['by its signal', ({ leaving }) => leaving.abort(new Error('gone'))],
  ['by hand', ({ started }) => started.abort(new Error('gone'))],
];

type Leave = (caller: { leaving: AbortController; started: StartedStream; stream?: ChatStream }) => void;

/** `P` has one place, which the caller has taken. */
async function startWithOnePlace(script: Reply): Promise<Scene> {
  return startScene({ script, P: { limits: { concurrency: 1 } } });
}

function expectPlaceIsFree(scene: Scene): void {
  // All of it in the tick in which the caller left.
  expect(liveSockets()).toBe(0);
  const [deployment] = scene.failover.status().deployments;
  expect(deployment?.lanes[0]).toMatchObject({ inFlight: 0, limits: { inFlight: 0 } });
  expect(deployment).toMatchObject({ inFlight: 0, failures: 0, neutral: 1 });
}

async function expectNobodyBlamed(scene: Scene): Promise<void> {
  expect(await scene.P.requests[0]?.settled).toBe('aborted');
  expect(scene.S.requests).toEqual([]);
  expect(scene.seen('attempt-failed')).toEqual([]);
  expect([scene.seen('attempt-aborted').length, scene.seen('call-aborted').length]).toEqual([1, 1]);
  expect([scene.seen('call-failed'), scene.seen('call-answered')]).toEqual([[], []]);
  expectIdle(scene.failover);
  await scene.expectSockets(0);
  scene.P.script(WELL);
  expect((await scene.stream()).failover?.deployment).toBe('m@P');
}

describe('a caller that leaves before content', () => {
  const SILENCES: readonly (readonly [string, Reply])[] = [
    ['silence', hang()],
    ['headers', headersThenHang()],
    ['the role', WELL.stallAfter({ events: 1 })],
  ];
  it.each(WAYS.flatMap(([way, leave]) => SILENCES.map(([what, script]) => ({ way, what, script, leave }))))(
    '$way, after $what: the socket is destroyed and the place given back in the same tick',
    async ({ script, leave }) => {
      const scene = await startWithOnePlace(script);
      const leaving = new AbortController();
      const started = scene.failover.startStream(REQUEST, { signal: leaving.signal });
      await scene.P.waitForRequest();
      await nextTurn();
      expect(liveSockets()).toBe(1);
      leave({ leaving, started });
      expectPlaceIsFree(scene);
      await expect(started.stream).rejects.toThrow('gone');
      await expectNobodyBlamed(scene);
    },
  );
});

describe('a caller that leaves after content', () => {
  const ways: readonly (readonly [string, Leave])[] = [
    ...WAYS,
    ['by ending the stream', ({ stream: read }) => read?.abort(new Error('gone'))],
    ['by leaving the loop', ({ stream: read }) => void read?.[Symbol.asyncIterator]().return?.()],
  ];
  it.each(ways)('%s: the socket is destroyed and the place given back in the same tick', async (way, leave) => {
    const scene = await startWithOnePlace(WELL.stallAfter({ events: 21 }));
    const leaving = new AbortController();
    const started = scene.failover.startStream(REQUEST, { signal: leaving.signal });
    const read = await started.stream;
    expect(liveSockets()).toBe(1);
    leave({ leaving, started, stream: read });
    expectPlaceIsFree(scene);
    const outcome = await read.finished;
    const message = way === 'by leaving the loop' ? 'The reader left the stream' : 'gone';
    expect(outcome).toMatchObject({ status: 'aborted', reason: { message } });
    await expectNobodyBlamed(scene);
  });

  it('while somebody else is asked to go on: nobody is, any more', async () => {
    const scene = await startScene({ script: WELL.closeAfter({ events: 21 }), scriptOfS: hang() });
    const leaving = new AbortController();
    const reading = scene.stream({}, { signal: leaving.signal });
    const request = await scene.S.waitForRequest();
    leaving.abort(new Error('gone'));
    expect(liveSockets()).toBe(0);
    expect(await request.settled).toBe('aborted');
    expect(await reading).toMatchObject({ outcome: { status: 'aborted' }, error: { message: 'gone' } });
    expectIdle(scene.failover);
  });

  it('while two are raced: both are let go of', async () => {
    const scene = await startScene({ script: hang(), scriptOfS: hang() });
    const leaving = new AbortController();
    const reading = scene.stream({}, { signal: leaving.signal, raceAfter: 30 });
    const requests = await Promise.all([scene.P.waitForRequest(), scene.S.waitForRequest()]);
    expect(liveSockets()).toBe(2);
    leaving.abort(new Error('gone'));
    expect(liveSockets()).toBe(0);
    expect(await reading).toMatchObject({ outcome: undefined, error: { message: 'gone' } });
    expect(await Promise.all(requests.map(({ settled }) => settled))).toEqual(['aborted', 'aborted']);
    expectIdle(scene.failover);
    expect(scene.failover.status().deployments).toMatchObject([
      { failures: 0, neutral: 1 },
      { failures: 0, neutral: 1 },
    ]);
  });
});

describe('a race', () => {
  it('is won by the first one, if that has content first; the other one is let go of, and nobody is blamed', async () => {
    const scene = await startScene({ script: stream(TEXT, { firstContentAfter: 120 }), scriptOfS: hang() });
    const { text, failover } = await scene.stream({}, { raceAfter: 40 });
    expect({ text, deployment: failover?.deployment }).toEqual({ text: TEXT, deployment: 'm@P' });
    expect(await scene.S.requests[0]?.settled).toBe('aborted');
    expect(scene.seen('attempt-failed')).toEqual([]);
    expectIdle(scene.failover);
  });

  it('has one winner, of whom alone the caller hears', async () => {
    const scene = await startScene({
      script: stream('by P, but late', { firstContentAfter: 90, interval: 2 }),
      scriptOfS: stream('by S, but late', { firstContentAfter: 50, interval: 2 }),
    });
    const { text, failover } = await scene.stream({}, { raceAfter: 40 });
    expect(text).toBe(`by ${failover?.upstream}, but late`);
    expectIdle(scene.failover);
  });
});

describe('a reader that does not read', () => {
  const MEGABYTE = 'x'.repeat(1_048_576);
  // Much more than the buffers of both sockets hold.
  const LARGE = sse(framesOf(Array.from({ length: 32 }, () => MEGABYTE)));
  const MEDIUM = sse(framesOf(Array.from({ length: 200 }, (_, index) => `${index} `.padEnd(8_192, 'x'))));

  it.each<[string, Reply]>([
    ["in OpenAI's own form", LARGE],
    ['that have to be written anew', LARGE.endLinesWith('\r')],
  ])('pauses the upstream: events %s', async (_, script) => {
    const scene = await startScene({ script, withS: false, P: { maxResponseBytes: 64 * 1_048_576 } });
    const read = await scene.failover.stream(REQUEST);
    await pause(400);
    expect(scene.P.requests[0]?.outcome).toBeUndefined();
    read.abort();
    expect(await scene.P.requests[0]?.settled).toBe('aborted');
  });

  it.each<[string, Reply]>([
    ["in OpenAI's own form", MEDIUM],
    ['that have to be written anew', MEDIUM.endLinesWith('\r')],
  ])('has everything when it reads, however often it stops: events %s', async (_, script) => {
    const scene = await startScene({ script, withS: false });
    const read = await scene.failover.stream(REQUEST);
    const words: string[] = [];
    for await (const { choices } of read) {
      words.push(choices[0]?.delta.content ?? '');
      if (words.length % 20 === 0) await pause(5);
    }
    expect(words.filter((word) => word !== '').map((word) => Number.parseInt(word, 10))).toEqual([
      ...Array.from({ length: 200 }).keys(),
    ]);
    expect(await read.finished).toMatchObject({ status: 'done' });
  });
});
