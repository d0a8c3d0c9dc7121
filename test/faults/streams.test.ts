/** Every fault of the table of streams, on real sockets, for each way to ask: what the caller gets, and what is left behind. */
import type { AttemptRecord, CallError } from '@ai-failover/core';
import type { FaultyUpstream } from '@ai-failover/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { CANNED, expectConnections, expectIdle, expectTimers, nextTurn, timers, type Scene } from './scene.ts';
import { chatted, chattedInside, sceneOf, streamed, type Ask, type Ending } from './stream-asks.ts';
import { asInside, asUnary, type StreamExpectation, type StreamRow } from './stream-row.ts';
import { TEXT } from './stream-scripts.ts';
import { STREAM_FAULTS } from './stream-table.ts';

let timersBefore = 0;

beforeEach(() => {
  timersBefore = timers();
});

describe('a stream', () => {
  it.each(STREAM_FAULTS)('$fault: $course', { timeout: 10_000 }, async (row) => {
    expect.hasAssertions();
    await expectRow(await sceneOf(row), row, { ...row, ask: streamed });
  });
});

describe('a stream with nobody beside it', () => {
  const rows = STREAM_FAULTS.filter(({ alone }) => alone !== undefined);
  it.each(rows)('$fault: $alone', { timeout: 10_000 }, async (row) => {
    expect.hasAssertions();
    await expectRow(await sceneOf(row, { withS: false }), row, { ...row, course: row.alone ?? '', ask: streamed });
  });
});

describe('chat that streams inside', () => {
  const rows = STREAM_FAULTS.map(asInside);
  it.each(rows)('$fault: $course', { timeout: 10_000 }, async (row) => {
    expect.hasAssertions();
    await expectRow(await sceneOf(row), row, { ...row, ask: chattedInside });
  });
});

describe('chat', () => {
  const rows = STREAM_FAULTS.filter(({ unary }) => unary !== undefined).map(asUnary);
  it.each(rows)('$fault: $course', { timeout: 10_000 }, async (row) => {
    expect.hasAssertions();
    await expectRow(await sceneOf(row), row, { ...row, ask: chatted });
  });
});

describe('what an upstream refuses', () => {
  const rows = STREAM_FAULTS.filter(({ fault }) => fault.endsWith(' is refused'));
  it.each(rows)('$fault: is remembered, told once, and not sent again', async (row) => {
    const scene = await sceneOf(row, { withS: false });
    for (let call = 1; call <= 3; call += 1) {
      expect(await streamed(scene, row)).toMatchObject({ text: TEXT, finish: 'stop' });
    }
    expect(scene.P.requests.length).toBe(4);
    const feature = row.fault.startsWith('stream_options') ? 'stream-options' : 'stream';
    expect(scene.seen('feature-refused')).toMatchObject([{ deployment: 'm@P', feature }]);
    expect(scene.failover.status().deployments[0]).toMatchObject({ refuses: [feature], failures: 0 });
  });
});

interface Expected extends StreamExpectation {
  readonly ask: Ask;
}

async function expectRow(scene: Scene, row: StreamRow, expected: Expected): Promise<void> {
  if (row.before === 'a call') await callBefore(scene, row, expected.ask);
  const ending = await expected.ask(scene, row);
  expectAnswer(ending, expected);
  expectTrail(scene, ending, expected);
  expectCircuit(scene, expected);
  expectRest(scene, expected);
  expect(scene.seen('frames-skipped').map(({ count }) => count)).toEqual(expected.skipped ? [expected.skipped] : []);
  await expectNothingLeft(scene, expected);
}

async function callBefore(scene: Scene, row: StreamRow, ask: Ask): Promise<void> {
  expect(await ask(scene, row)).toMatchObject({ text: TEXT, finish: 'stop' });
  await nextTurn();
  scene.P.forget();
  (scene.events as unknown[]).length = 0;
}

/** `P + S > S` as a list, and how it ended. */
function read(course: string): {
  readonly asked: readonly string[];
  readonly by: string | undefined;
  readonly last: string;
} {
  const steps = course.split(/ [>+] /);
  const last = steps.at(-1) ?? '';
  const asked = steps.filter((step) => step === 'P' || step === 'S');
  return { asked, last, by: last === 'P' || last === 'S' ? last : undefined };
}

function expectAnswer({ text, finish, error, failover }: Ending, expected: Expected): void {
  const { course } = expected;
  const { by, last } = read(course);
  if (by !== undefined) {
    expect({ text, finish, error }).toEqual({
      text: expected.text ?? TEXT,
      finish: expected.finish ?? 'stop',
      error: undefined,
    });
    expect(failover?.deployment).toMatch(new RegExp(`@${by}$`));
    expect(failover?.degraded).toBe(expected.degraded ?? (course.includes('+') ? 'continued' : undefined));
  } else if (last === 'canned') {
    expect({ text, finish }).toEqual({ text: CANNED, finish: 'stop' });
    expect(failover).toMatchObject({ degraded: 'canned', deployment: undefined });
  } else {
    // It broke off: whatever the caller has of it, nobody has called it complete.
    expect(error).toMatchObject({ kind: last });
    expect(finish).toBeUndefined();
    expect(TEXT.startsWith(text)).toBe(true);
  }
}

function expectTrail({ seen }: Scene, { failover, error }: Ending, expected: Expected): void {
  const { asked, by } = read(expected.course);
  const records: readonly AttemptRecord[] = failover?.attempts ?? (error as CallError).attempts;
  // In the order in which they began: of a race, the winner may have ended before the loser was told.
  const trail = records.toSorted((one, other) => one.startedAfter - other.startedAfter);
  expect(trail.map(({ upstream }) => upstream)).toEqual(asked);
  expect(trail[0]?.outcome).toBe(expected.class);
  expect(trail.at(-1)?.outcome === 'ok').toBe(by !== undefined);
  const failures = seen('attempt-failed');
  expect(failures.length).toBe(asked.length - (by === undefined ? 0 : 1));
  if (expected.class === 'ok') expect(failures).toEqual([]);
  else expect(failures[0]).toMatchObject({ class: expected.class, breaker: expected.breaker, upstream: 'P' });
  expect(seen('hook-failed')).toEqual([]);
}

/** What its circuit has made of it, where one attempt tells. */
function expectCircuit({ failover }: Scene, { course, breaker }: Expected): void {
  if (read(course).asked.filter((step) => step === 'P').length !== 1) return;
  const { completed, failed } = failover.status().deployments[0]?.circuit ?? {};
  expect({ completed, failed }).toEqual({
    completed: breaker === 'neutral' ? 0 : 1,
    failed: breaker === 'failure' ? 1 : 0,
  });
}

function expectRest({ seen }: Scene, { rests, class: reason }: Expected): void {
  const [first, ...others] = seen('cooldown-started');
  expect(others).toEqual([]);
  if (rests === undefined) {
    expect(first).toBeUndefined();
    return;
  }
  expect(first).toMatchObject({ scope: rests.scope, upstream: 'P', reason });
  expect(first?.duration).toBeGreaterThanOrEqual(rests.from * 1_000);
  expect(first?.duration).toBeLessThanOrEqual(rests.to * 1_000);
}

async function expectNothingLeft(scene: Scene, { course, socket }: Expected): Promise<void> {
  const { failover, P, S, close } = scene;
  const { asked } = read(course);
  expectIdle(failover);
  const times = (name: string): number => asked.filter((step) => step === name).length;
  expect(P.requests.length).toBe(socket === 'none' ? 0 : times('P') - P.lostToStaleSockets);
  expect(S.requests.length).toBe(times('S'));
  if (socket !== 'none') expect(await P.requests[0]?.settled).toMatch(OUTCOMES[socket]);
  if (socket === 'kept') expect(connectionsOf(P)).toBeGreaterThan(0);
  await expectConnections(P, socket === 'closed' || socket === 'gone' ? 0 : connectionsOf(P));
  await expectConnections(S, connectionsOf(S));
  await close();
  await expectTimers(timersBefore);
}

/** What the upstream knows of the end of a request. */
const OUTCOMES: Readonly<Record<StreamExpectation['socket'], RegExp>> = {
  kept: /^answered$/,
  closed: /^answered$/,
  gone: /^(?:answered|aborted)$/,
  broken: /^broken$/,
  aborted: /^aborted$/,
  unread: /^$/,
  none: /^$/,
};

/** That have answered and may answer again. A second try at once is made on another one. */
function connectionsOf({ requests }: FaultyUpstream): number {
  return new Set(requests.filter(({ outcome }) => outcome === 'answered').map(({ connection }) => connection)).size;
}
