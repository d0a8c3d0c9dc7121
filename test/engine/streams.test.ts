/** Streams until their first content, when everything still fails over, and how they end. */
import {
  answerWith,
  failWith,
  neverAnswer,
  refuseConnection,
  sseWith,
  streamWith,
  type ScriptedPart,
  type ScriptedReply,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ONE_STREAM, shapeOf } from '../traces/one-stream.ts';
import { CANNED, setStage, trail, upstream, type StageOptions } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const saying = (delta: object, finish: string | null = null, more: object = {}): { data: object } => ({
  data: {
    id: 'chatcmpl-P',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  },
});
const bytesOf = (...events: { data: object }[]): { bytes: string } => ({
  bytes: events.map(({ data }) => `data: ${JSON.stringify(data)}\n\n`).join(''),
});
const errorFrame = (error: object): { data: object } => ({ data: { error } });

const ROLE = saying({ role: 'assistant', content: '' });
const DONE = { data: '[DONE]' };
/** What upstreams say before they have anything to say. */
const PRELUDE: readonly ScriptedPart[] = [
  { comment: 'ping' },
  { event: 'ping', data: '{}' },
  ROLE,
  saying({}),
  saying({ content: '' }),
  saying({ content: null, tool_calls: [] }),
  { data: { choices: [], usage: null } },
];

const NO_RACE: StageOptions = { raceAfter: false, timeouts: { firstContent: 5_000 } };

describe('Before the first content, a stream fails over', () => {
  const page = { 'content-type': 'text/html' };
  const overloaded = { message: 'Overloaded', type: 'overloaded_error', code: 'overloaded_error' };
  const limited = { message: 'Too many requests', type: 'requests', code: 'rate_limit_exceeded' };

  const FAULTS: readonly (readonly [string, string, ScriptedReply])[] = [
    ['503', 'overloaded', failWith(503)],
    ['a refused connection', 'connect', refuseConnection()],
    ['silence', 'silent', neverAnswer()],
    ['a stall after the headers', 'timeout', streamWith('late', { silent: true })],
    ['a stall after a prelude', 'timeout', sseWith([...PRELUDE, { end: 'hang' }])],
    ['a connection that dies after the headers', 'cut', sseWith([{ end: 'cut' }])],
    ['a connection that dies after a prelude', 'cut', sseWith([...PRELUDE, { end: 'cut' }])],
    ['an orderly end after a prelude', 'cut', sseWith([...PRELUDE, { end: 'finish' }])],
    ['an empty body', 'cut', sseWith([])],
    ['nothing but [DONE]', 'protocol', sseWith([DONE])],
    ['an empty answer', 'protocol', sseWith([...PRELUDE, saying({}, 'stop'), DONE])],
    ['an error frame', 'overloaded', sseWith([errorFrame(overloaded)])],
    ['an error frame after a prelude', 'rate-limited', sseWith([...PRELUDE, errorFrame(limited)])],
    ['an event of the type error', 'overloaded', sseWith([{ event: 'error', data: { error: overloaded } }])],
    ['an error as JSON', 'overloaded', jsonError(overloaded)],
    ['a page', 'protocol', streamWith('<h1>Welcome</h1>', { headers: page })],
    ['an encoding that nobody asked for', 'protocol', streamWith('x', { headers: { 'content-encoding': 'br' } })],
    [
      'an error frame in the same read as the first word',
      'overloaded',
      sseWith([bytesOf(ROLE, saying({ content: 'no' }), errorFrame(overloaded))]),
    ],
    ['a prelude without end', 'protocol', sseWith(Array.from({ length: 700 }, () => ROLE))],
  ];

  it.each(FAULTS)('after %s, which is %s, and nothing of it is seen', async (_what, judged, reply) => {
    const stage = setStage({ P: () => reply, S: () => streamWith('all from S') }, NO_RACE);
    const call = stage.stream();
    await stage.until(6);
    expect(call).toMatchObject({ text: 'all from S', outcome: { status: 'done', finishReason: 'stop' } });
    expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
    expect(call.chunks.every(({ id }) => id === 'chatcmpl-S-1')).toBe(true);
    expect(trail(call)).toBe(`m@P ${judged}, m@S ok`);
    expect(call.stream?.failover).toMatchObject({ deployment: 'm@S', failedOver: true, degraded: undefined });
    await stage.failover.close();
  });

  it('and the same deployment is asked once more when there is no other', async () => {
    const stage = setStage({
      P: ({ number }) => (number === 1 ? sseWith([...PRELUDE, { end: 'cut' }]) : streamWith('now')),
    });
    const call = stage.stream();
    await stage.until(1);
    expect(trail(call)).toBe('m@P cut, m@P ok');
    expect(call).toMatchObject({ begun: 0.125, text: 'now' });
  });

  it('to a canned reply as a stream when nobody is left', async () => {
    const stage = setStage({ P: () => sseWith([ROLE, { end: 'cut' }]), S: () => failWith(500) });
    const call = stage.stream({ stream_options: { include_usage: true } });
    await stage.until(3);
    expect(call).toMatchObject({ text: CANNED, outcome: { status: 'done', finishReason: 'stop' } });
    expect(shapeOf(call.chunks)).toEqual({ ...ONE_STREAM, usages: 1 });
    expect(call.chunks.at(-1)?.usage).toEqual({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
  });

  it("but not with the caller's own fault, whose words the caller is told", async () => {
    const stage = setStage({
      P: () => failWith(400, { message: 'The temperature is too high.' }),
      S: () => streamWith('S'),
    });
    const call = stage.stream();
    await stage.until(1);
    expect(call).toMatchObject({ chunks: [], error: { status: 400, message: 'The temperature is too high.' } });
    expect(stage.requests).toHaveLength(1);
  });
});

describe('The time to the first content', () => {
  const pings = (count: number, every: number): ScriptedPart[] =>
    Array.from({ length: count }, () => [{ wait: every }, { comment: 'ping' }]).flat();

  it.each([
    ['sixty seconds', false, 60],
    ['five minutes for a model that thinks', true, 300],
  ])('is %s, whatever comes but content', async (_what, reasoning, limit) => {
    const P = upstream('P', { m: { reasoning } });
    const stage = setStage(
      { P: () => sseWith([...pings(400, 1_000), { end: 'hang' }]), S: () => streamWith('S') },
      { raceAfter: false, upstreams: [P, upstream('S', ['m'], { priority: 2 })] },
    );
    const call = stage.stream();
    await stage.until(limit - 0.001);
    expect(stage.requests).toHaveLength(1);
    await stage.until(limit);
    expect(call).toMatchObject({ begun: limit, text: 'S' });
    expect(trail(call)).toBe('m@P timeout, m@S ok');
  });

  it('leaves the others their share of the deadline, and is that long when there are none', async () => {
    const stage = setStage(
      { P: () => neverAnswer(), S: () => neverAnswer() },
      { raceAfter: false, cannedReply: undefined },
    );
    const call = stage.stream({}, { deadline: 40_000 });
    await stage.until(25);
    expect(stage.requests).toHaveLength(2);
    expect(stage.requests[0]?.aborted).toBe(true);
    await stage.until(40);
    expect(call).toMatchObject({ at: 40, error: { kind: 'deadline', status: 504 } });
    expect(trail(call)).toBe('m@P silent, m@S local');
  });

  it('is not what an answer in one piece is given, where streams are refused', async () => {
    const refusal = failWith(400, { message: 'Streaming is not supported for this model.' });
    const stage = setStage(
      { P: ({ body }) => (body['stream'] === true ? refusal : answerWith('late but whole', { after: 25_000 })) },
      NO_RACE,
    );
    const call = stage.stream();
    await stage.until(25);
    expect(call).toMatchObject({ at: 25, text: 'late but whole', outcome: { status: 'done' } });
    expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
  });
});

describe('After the first content', () => {
  const UNMENDED: StageOptions = { onStreamFailure: 'error', raceAfter: false };

  it('twenty seconds without a byte are a time-out', async () => {
    const stage = setStage({ P: () => streamWith('one two three', { hangAfter: 2 }) }, UNMENDED);
    const call = stage.stream();
    await stage.until(19.999);
    expect(call).toMatchObject({ text: 'one two' });
    expect(call).not.toHaveProperty('at');
    await stage.until(20);
    expect(call).toMatchObject({ at: 20, text: 'one two', error: { code: 'AIF_INTERRUPTED' } });
    expect(trail(call)).toBe('m@P timeout');
    expect(stage.requests[0]?.aborted).toBe(true);
    expect(stage.failover.status().deployments[0]?.circuit.consecutiveFailures).toBe(1);
  });

  it('any byte is a sign of life: a comment, half an event', async () => {
    const parts: ScriptedPart[] = [
      bytesOf(ROLE, saying({ content: 'one' })),
      { wait: 19_000 },
      { comment: 'still there' },
      { wait: 19_000 },
      { bytes: 'data: {"choices":' },
      { wait: 19_000 },
      {
        bytes: '[{"index":0,"delta":{"content":" two"},"finish_reason":"stop"}],"object":"chat.completion.chunk"}\n\n',
      },
      DONE,
    ];
    const stage = setStage({ P: () => sseWith(parts) }, UNMENDED);
    const call = stage.stream();
    await stage.until(57);
    expect(call).toMatchObject({ at: 57, text: 'one two', outcome: { status: 'done' } });
  });

  it('there is no limit to the whole but the deadline', async () => {
    const stage = setStage({ P: () => streamWith('a b c d e f g h', { interval: 15_000 }) }, UNMENDED);
    const call = stage.stream({}, { timeouts: { firstContent: 1_000 } });
    await stage.until(105);
    expect(call).toMatchObject({ at: 105, text: 'a b c d e f g h', outcome: { status: 'done' } });
  });

  it('the deadline ends it, which is nobody’s fault and is not continued', async () => {
    const stage = setStage({ P: () => streamWith('a b c d e f', { interval: 1_000 }), S: () => streamWith('S') });
    const call = stage.stream({}, { deadline: 3_500 });
    await stage.until(10);
    expect(call).toMatchObject({ at: 3.5, text: 'a b c d', error: { kind: 'deadline', status: 504 } });
    expect(call.outcome).toMatchObject({ status: 'failed', error: call.error });
    expect(stage.requests).toHaveLength(1);
    expect(trail(call)).toBe('m@P local');
    expect(stage.failover.status().deployments[0]).toMatchObject({ failures: 0, circuit: { failed: 0 } });
  });
});

describe('A stream is over', () => {
  const words = bytesOf(ROLE, saying({ content: 'all there' }));
  const finish = saying({}, 'stop');

  const ENDS: readonly (readonly [string, number, readonly ScriptedPart[]])[] = [
    ['with [DONE]', 0, [words, finish, DONE, { end: 'hang' }]],
    ['half a second after its finish_reason when nothing follows', 0.5, [words, finish, { end: 'hang' }]],
    ['when the connection ends after its finish_reason', 0.2, [words, finish, { wait: 200 }, { end: 'finish' }]],
    ['when the connection dies after its finish_reason', 0.2, [words, finish, { wait: 200 }, { end: 'cut' }]],
    ['with [DONE], though nothing has said why it finished', 0, [words, DONE]],
    ['when an error follows its finish_reason', 0.2, [words, finish, { wait: 200 }, errorFrame({ message: 'late' })]],
    ['with an error behind its [DONE]', 0, [words, finish, DONE, errorFrame({ message: 'late' })]],
  ];

  it.each(ENDS)('%s', async (_how, at, parts) => {
    const stage = setStage({ P: () => sseWith(parts) });
    const call = stage.stream();
    await stage.until(at);
    expect(call).toMatchObject({ at, text: 'all there', outcome: { status: 'done', finishReason: 'stop' } });
    expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
    expect(trail(call)).toBe('m@P ok');
    // An upstream that does not end its body may linger for half a second.
    await stage.until(2);
    expect(stage.requests[0]?.outcome).toBeDefined();
  });

  it('at the deadline at the latest, where only its marker is missing then', async () => {
    const stage = setStage({ P: () => sseWith([words, { wait: 900 }, finish, { end: 'hang' }]) });
    const call = stage.stream({}, { deadline: 1_000 });
    await stage.until(1);
    expect(call).toMatchObject({ at: 1, text: 'all there', outcome: { status: 'done', finishReason: 'stop' } });
    await stage.until(2);
  });

  it('whole, though a few of its events cannot be read, which is told', async () => {
    const broken = { bytes: 'data: {"choices":[{"index":0,"delta":{"cont\n\n' };
    const stage = setStage({ P: () => streamWith(['one', broken, ' two', broken, ' three']) });
    const call = stage.stream();
    await stage.until(1);
    expect(call).toMatchObject({ text: 'one two three', outcome: { status: 'done' } });
    expect(stage.events).toContainEqual(['frames-skipped', expect.objectContaining({ deployment: 'm@P', count: 2 })]);
  });

  it('without content, where it says why', async () => {
    const stage = setStage({ P: () => streamWith([], { finish: 'content_filter' }), S: () => streamWith('S') });
    const call = stage.stream();
    await stage.until(1);
    expect(call).toMatchObject({ text: '', outcome: { status: 'done', finishReason: 'content_filter' } });
    expect(trail(call)).toBe('m@P ok');
  });

  it('with an answer in one piece, from a server that cannot stream', async () => {
    const stage = setStage({
      P: () => ({ ...answerWith('in one piece', { after: 1_000 }), streamed: undefined }) as never,
    });
    const call = stage.stream();
    await stage.until(1);
    expect(call).toMatchObject({ at: 1, text: 'in one piece', outcome: { status: 'done', finishReason: 'stop' } });
    expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
  });
});

describe('The usage of a stream', () => {
  it('is always asked for, and passed on only to a caller that asked', async () => {
    const stage = setStage({ P: () => streamWith('one two three') });
    const [plain, asking] = [stage.stream(), stage.stream({ stream_options: { include_usage: true } })];
    await stage.until(1);
    const usage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 };
    for (const { body } of stage.requests)
      expect(body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(shapeOf(plain.chunks)).toEqual(ONE_STREAM);
    expect(shapeOf(asking.chunks)).toEqual({ ...ONE_STREAM, usages: 1 });
    expect(asking.chunks.at(-1)).toMatchObject({ choices: [], usage });
    for (const { outcome } of [plain, asking]) expect(outcome).toMatchObject({ usage });
    const answered = stage.events.filter(([name]) => name === 'call-answered');
    expect(answered).toMatchObject([
      [expect.anything(), { streamed: true, usage }],
      [expect.anything(), { streamed: true, usage }],
    ]);
  });
});

function jsonError(error: object): ScriptedReply {
  const body = JSON.stringify({ error });
  return { kind: 'respond', status: 200, headers: { 'content-type': 'application/json' }, body, after: 0 };
}
