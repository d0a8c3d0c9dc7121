/** Every fault of the table, on real sockets: what the caller gets, how it was judged, and what is left behind. */
import type { CallError, ChatReply } from '@ai-failover/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BY_S,
  CANNED,
  expectConnections,
  expectIdle,
  expectTimers,
  nextTurn,
  startScene,
  timers,
  type Scene,
} from './scene.ts';
import { FAULTS, type Row, type SocketEnd } from './table.ts';

let timersBefore = 0;

beforeEach(() => {
  timersBefore = timers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('with another upstream', () => {
  it.each(FAULTS)('$fault: $course', { timeout: 10_000 }, async (row) => {
    expect.hasAssertions();
    const scene = await sceneOf(row, true);
    await expectRow(scene, row, { course: row.course, first: row.class });
  });
});

describe('alone', () => {
  it.each(FAULTS.filter(({ alone }) => alone !== undefined))('$fault: $alone', { timeout: 10_000 }, async (row) => {
    expect.hasAssertions();
    const scene = await sceneOf(row, false);
    await expectRow(scene, row, { course: row.alone ?? '', first: row.classAlone ?? row.class });
  });
});

describe('alone, and nothing canned', () => {
  it.each(FAULTS.filter(({ error }) => error !== undefined))('$fault: $error', async (row) => {
    const scene = await sceneOf(row, false);
    const { error } = await outcomeOf(scene, row, { cannedReply: false });
    expect(error).toMatchObject({ kind: row.error });
    expectIdle(scene.failover);
  });
});

it('has a row for every class that an unstreamed attempt can have', () => {
  const classes = new Set(FAULTS.map((row) => row.class));
  // `slow` is a lost race, and unstreamed attempts are not raced.
  const wanted =
    'ok client-abort request misconfigured credential model quota rate-limited overloaded server connect stale-socket silent timeout protocol cut local';
  expect([...classes].toSorted()).toEqual(wanted.split(' ').toSorted());
});

interface Expected {
  readonly course: string;
  readonly first: Row['class'];
}

interface Outcome {
  readonly reply?: ChatReply;
  readonly error?: unknown;
}

async function sceneOf(row: Row, withS: boolean): Promise<Scene> {
  const scene = await startScene({ script: row.script, withS, P: row.options, S: row.optionsOfS, options: row.engine });
  if (row.place === undefined) return scene;
  const place = await row.place(scene.P);
  return startScene({ withS, P: { baseUrl: scene.P.baseUrl, ...row.options, ...place }, options: row.engine });
}

async function expectRow(scene: Scene, row: Row, { course, first }: Expected): Promise<void> {
  const { failover, P, S } = scene;
  const { reply, error } = await outcomeOf(scene, row);

  const steps = course.split(' > ');
  const last = steps.at(-1);
  const answeredBy = last === 'P' || last === 'S' ? last : undefined;
  const asked = steps.filter((step) => step === 'P' || step === 'S');
  const trail = reply?.failover.attempts ?? attemptsOf(error);

  // What the caller gets.
  if (answeredBy !== undefined) {
    expect(reply?.failover.deployment).toMatch(new RegExp(`@${answeredBy}$`));
    if (answeredBy === 'S') expect(reply?.text).toBe(BY_S);
  } else if (last === 'canned') {
    expect(reply).toMatchObject({ text: CANNED, failover: { degraded: 'canned', deployment: undefined } });
  } else if (last === 'aborted') {
    expect(error).toMatchObject({ name: 'AbortError' });
  } else {
    expect(error).toMatchObject({ kind: last });
  }
  if (row.words !== undefined && error !== undefined) expect((error as Error).message).toMatch(row.words);
  if (row.noWords !== undefined) expect(`${String(error)} ${JSON.stringify(scene.events)}`).not.toMatch(row.noWords);

  // Who was asked, how often, and what was made of the first attempt.
  if (trail !== undefined) {
    expect(trail.map((attempt) => attempt.upstream)).toEqual(asked);
    expect(trail[0]?.outcome).toBe(first);
    expect(trail.at(-1)?.outcome === 'ok').toBe(answeredBy !== undefined);
  }
  const failures = scene.seen('attempt-failed');
  expect(failures.length).toBe(asked.length - (answeredBy === undefined && first !== 'client-abort' ? 0 : 1));
  if (first === 'ok' || first === 'client-abort') expect(failures).toEqual([]);
  else expect(failures[0]).toMatchObject({ class: first, ...(first === row.class && { breaker: row.breaker }) });
  expect(scene.seen('hook-failed').map(({ hook }) => hook)).toEqual(row.options?.sign === undefined ? [] : ['sign']);

  // What rests.
  const rests = scene.seen('cooldown-started');
  if (row.rests === undefined) {
    expect(rests).toEqual([]);
  } else {
    expect(rests[0]).toMatchObject({ scope: row.rests.scope, upstream: 'P', reason: first });
    expect(rests[0]?.duration).toBeGreaterThanOrEqual(row.rests.from * 1_000);
    expect(rests[0]?.duration).toBeLessThanOrEqual(row.rests.to * 1_000);
  }

  // What is left.
  expectIdle(failover);
  await expectSocket(scene, row.socket);
  await expectConnections(S, asked.includes('S') ? 1 : 0);
  const reached = row.socket === 'none' ? 0 : asked.filter((step) => step === 'P').length - P.lostToStaleSockets;
  expect(P.requests.length).toBe(reached);
  expect(S.requests.length).toBe(asked.filter((step) => step === 'S').length);
  await scene.close();
  await expectTimers(timersBefore);
}

/** Plays what comes before, then the call of the row, and forgets what came before. */
async function outcomeOf(scene: Scene, row: Row, options: object = {}): Promise<Outcome> {
  const { P } = scene;
  if (row.before === 'a call') {
    await scene.chat();
    await nextTurn();
    P.forget();
    // The engine's clock is the test's from here on: a crash says by itself how late it came.
    vi.useFakeTimers({ toFake: ['performance'] });
  }
  const earlier = new AbortController();
  let inFlight: Promise<unknown> = Promise.resolve();
  if (row.before === 'a call in flight') {
    inFlight = scene.chat({}, { signal: earlier.signal }).catch(() => {});
    await P.waitForRequest();
    P.forget();
  }
  (scene.events as unknown[]).length = 0;
  const leaving = new AbortController();
  const call = scene.chat(row.request, { signal: leaving.signal, ...row.call, ...options }).then(
    (reply): Outcome => ({ reply }),
    (error: unknown): Outcome => ({ error }),
  );
  if (row.callerLeaves === true) {
    await P.waitForRequest();
    leaving.abort();
  }
  const outcome = await call;
  if (row.before === 'a call in flight') {
    expect(scene.failover.status().calls.inFlight).toBe(1);
    earlier.abort();
    await inFlight;
  }
  return outcome;
}

function attemptsOf(error: unknown): CallError['attempts'] | undefined {
  return error instanceof Error && 'attempts' in error ? (error as CallError).attempts : undefined;
}

async function expectSocket({ P, S, seen, expectSockets }: Scene, end: SocketEnd): Promise<void> {
  if (end !== 'none' && end !== 'unread') {
    const outcome = await P.requests[0]?.settled;
    expect(outcome).toBe(end === 'kept' || end === 'closed' ? 'answered' : end);
  }
  expect(seen('attempt-started').length).toBeGreaterThan(0);
  // undici takes a connection up again after a turn of the event loop, so a second try at once is made on another one.
  const kept = new Set(P.requests.filter(({ outcome }) => outcome === 'answered').map(({ connection }) => connection));
  if (end === 'unread') await expectSockets(S.connections);
  else await expectConnections(P, end === 'kept' ? kept.size : 0);
}
