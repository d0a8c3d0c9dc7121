/** The fault table: what may happen between us and an upstream, and what has to come of it. One row per fault. */
import { gzipSync } from 'node:zlib';
import type {
  BreakerEffect,
  CallErrorKind,
  CallOptions,
  ChatRequest,
  FailoverOptions,
  FailureClass,
  RestScope,
  UpstreamOptions,
} from '@ai-failover/core';
import {
  answer,
  close,
  fail,
  hang,
  headersThenHang,
  html,
  huge,
  raw,
  refuseBody,
  reset,
  resetOnConnect,
  stream,
  type FaultyUpstream,
  type Reply,
  type Script,
} from '@ai-failover/testing';
import { vi } from 'vitest';
import { startBlackHole } from './scene.ts';

/**
 * The upstreams that a call asks, one after another, and its outcome: the last upstream asked is the one that answered,
 * unless it says `canned`, `aborted` or the kind of an error. `P > P > canned`: P failed twice, then the canned reply.
 */
export type Course = string;

/**
 * What becomes of P's socket. `kept`: it answered and its connection waits for the next call. `closed`: it answered and the
 * connection is gone. `broken`: it ended the connection. `aborted`: we did. `unread`: we did, and it does not look. `none`: no
 * request came.
 */
export type SocketEnd = 'kept' | 'closed' | 'broken' | 'aborted' | 'unread' | 'none';

export interface Row {
  readonly fault: string;
  /** What `P` does to each request. */
  readonly script?: Script;
  /** Where `P` is, if not at the faulty upstream. */
  readonly place?: (P: FaultyUpstream) => Promise<Partial<UpstreamOptions>>;
  /** Of `P`. */
  readonly options?: Partial<UpstreamOptions>;
  /** Of `S`. */
  readonly optionsOfS?: Partial<UpstreamOptions>;
  readonly engine?: Partial<FailoverOptions>;
  readonly request?: Partial<ChatRequest>;
  readonly call?: CallOptions;
  /** Before the call of the row: one that is answered, so that a connection is open; or one that `P` leaves hanging. */
  readonly before?: 'a call' | 'a call in flight';
  /** The caller leaves once `P` has the request. */
  readonly callerLeaves?: boolean;

  /** The first attempt. `ok` where nothing fails. */
  readonly class: FailureClass | 'ok';
  readonly breaker: BreakerEffect;
  /** What rests, in seconds; both ends included. */
  readonly rests?: { readonly scope: RestScope; readonly from: number; readonly to: number };
  /** With `S` beside it. */
  readonly course: Course;
  /** With nobody beside it; missing where the fault takes real seconds and says nothing new. */
  readonly alone?: Course;
  /** The error when nobody is beside it and nothing is canned. */
  readonly error?: CallErrorKind;
  /** In the message of a bad request. */
  readonly words?: RegExp;
  /** And what is not in it. */
  readonly noWords?: RegExp;
  /** Told about the socket of the first attempt. */
  readonly socket: SocketEnd;
  /** The class of the first attempt when nobody is beside `P`, where it is another one. */
  readonly classAlone?: FailureClass;
}

const SECOND = 1_000;
const deployment = (seconds: number) => ({ scope: 'deployment', from: seconds, to: seconds }) as const;
const lane = (seconds: number) => ({ scope: 'lane', from: seconds, to: seconds }) as const;
const key = (seconds: number) => ({ scope: 'key', from: seconds, to: seconds }) as const;

/** Attempts that end soon. */
const SOON = { timeouts: { unary: 120, unaryPerOutputToken: 0 } };
const FIVE_MEGABYTES = 5 * 1024 * 1024;
const TEXT = 'Grüße aus dem Süden, ' + 'und noch einiges mehr. '.repeat(20);

const json = (body: object | string): Reply => answer({ body });

/** The clock of the engine moves on while `P` generates, then its process dies. */
const crashAfter = (milliseconds: number) => (): Reply => {
  vi.advanceTimersByTime(milliseconds);
  return close();
};

const statuses: readonly Row[] = [
  { fault: 'no fault', script: answer(), class: 'ok', breaker: 'success', course: 'P', alone: 'P', socket: 'kept' },
  {
    fault: '503 once',
    script: [fail(503), answer()],
    class: 'overloaded',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P',
    socket: 'kept',
  },
  {
    fault: '503 always',
    script: fail(503),
    class: 'overloaded',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    error: 'exhausted',
    socket: 'kept',
  },
  {
    fault: '503 with retry-after: 30',
    script: fail(503, { headers: { 'retry-after': '30' } }),
    class: 'overloaded',
    breaker: 'failure',
    rests: deployment(30),
    course: 'P > S',
    alone: 'P > canned',
    error: 'exhausted',
    socket: 'kept',
  },
  {
    fault: '529',
    script: fail(529),
    class: 'overloaded',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'kept',
  },
  {
    fault: '424',
    script: fail(424),
    class: 'overloaded',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'kept',
  },
  ...[500, 502, 504, 520, 524, 408, 409].map((status): Row => ({
    fault: `${status}`,
    script: fail(status),
    class: 'server',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    error: 'exhausted',
    socket: 'kept',
  })),
  {
    fault: 'a gateway page with 502',
    script: html(502),
    class: 'server',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'kept',
  },
  {
    fault: '500 with x-should-retry: false',
    script: fail(500, { headers: { 'x-should-retry': 'false' } }),
    class: 'server',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
  {
    fault: '400 with x-should-retry: true',
    script: fail(400, { headers: { 'x-should-retry': 'true' } }),
    class: 'server',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'kept',
  },
];

const limits: readonly Row[] = [
  {
    fault: '429 without a hint',
    script: fail(429),
    engine: { queueWait: 0 },
    class: 'rate-limited',
    breaker: 'neutral',
    rests: lane(1),
    course: 'P > S',
    alone: 'P > canned',
    error: 'rate-limited',
    socket: 'kept',
  },
  {
    fault: '429 with retry-after: 60',
    script: fail(429, { headers: { 'retry-after': '60' } }),
    class: 'rate-limited',
    breaker: 'neutral',
    rests: lane(60),
    course: 'P > S',
    alone: 'P > canned',
    error: 'rate-limited',
    socket: 'kept',
  },
  {
    fault: '429 with a date 60 seconds from now',
    script: () => fail(429, { headers: { 'retry-after': new Date(Date.now() + 60 * SECOND).toUTCString() } }),
    class: 'rate-limited',
    breaker: 'neutral',
    rests: { scope: 'lane', from: 58, to: 60 },
    course: 'P > S',
    alone: 'P > canned',
    error: 'rate-limited',
    socket: 'kept',
  },
  {
    fault: '429 with retry-after-ms: 40, once',
    script: [fail(429, { headers: { 'retry-after-ms': '40' } }), answer()],
    class: 'rate-limited',
    breaker: 'neutral',
    rests: lane(0.04),
    course: 'P > S',
    alone: 'P > P',
    socket: 'kept',
  },
  {
    fault: '429 insufficient_quota',
    script: fail(429, { code: 'insufficient_quota' }),
    class: 'quota',
    breaker: 'neutral',
    rests: key(15 * 60),
    course: 'P > S',
    alone: 'P > canned',
    error: 'rate-limited',
    socket: 'kept',
  },
  {
    fault: '402',
    script: fail(402),
    class: 'quota',
    breaker: 'neutral',
    rests: key(15 * 60),
    course: 'P > S',
    alone: 'P > canned',
    error: 'rate-limited',
    socket: 'kept',
  },
];

const credentials: readonly Row[] = [
  {
    fault: '401',
    script: fail(401),
    class: 'credential',
    breaker: 'neutral',
    rests: key(15),
    course: 'P > S',
    alone: 'P > canned',
    error: 'exhausted',
    socket: 'kept',
  },
  {
    fault: '403 permission_error',
    script: fail(403),
    class: 'credential',
    breaker: 'neutral',
    rests: key(15),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
  {
    fault: '403 for a model that is not enabled',
    script: fail(403, { type: 'invalid_request_error', message: 'The model m is not enabled for this project' }),
    class: 'model',
    breaker: 'neutral',
    rests: deployment(5 * 60),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
  {
    fault: '403 without balance',
    script: fail(403, { code: 'insufficient_user_quota' }),
    class: 'quota',
    breaker: 'neutral',
    rests: key(15 * 60),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
  {
    fault: '403 from a wall of HTML',
    script: html(403),
    class: 'misconfigured',
    breaker: 'neutral',
    rests: deployment(60),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
];

const addresses: readonly Row[] = [
  ...(
    [
      ['404 page', html(404)],
      ['404 of the route', fail(404, { body: { detail: 'Not Found' } })],
      ['405', fail(405)],
      ['413', fail(413)],
      ['415', fail(415)],
      ['400 page', html(400)],
      ['redirect', fail(307, { headers: { location: 'https://elsewhere.example/v1/chat/completions' }, body: '' })],
    ] as const
  ).map(([fault, script]): Row => ({
    fault,
    script,
    class: 'misconfigured',
    breaker: 'neutral',
    rests: deployment(60),
    course: 'P > S',
    alone: 'P > canned',
    error: 'exhausted',
    socket: 'kept',
  })),
  {
    fault: '404 model_not_found',
    script: fail(404),
    class: 'model',
    breaker: 'neutral',
    rests: deployment(5 * 60),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
];

const requests: readonly Row[] = [
  {
    fault: "400 with the provider's words",
    script: fail(400, { message: "'temperature' must be at most 2, asked with sk-p-0123456789" }),
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    alone: 'P > bad-request',
    error: 'bad-request',
    words: /^'temperature' must be at most 2, asked with \[key\]$/,
    noWords: /0123456789/,
    socket: 'kept',
  },
  {
    fault: '422',
    script: fail(422, { body: { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required', input: 'secret' }] } }),
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    alone: 'P > bad-request',
    words: /^body\.messages\.0: Field required$/,
    noWords: /secret/,
    socket: 'kept',
  },
  {
    fault: 'content filter',
    script: fail(400, { code: 'content_filter', message: 'The prompt triggered the content management policy' }),
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    alone: 'P > bad-request',
    words: /content management policy/,
    socket: 'kept',
  },
  {
    fault: 'context_length_exceeded, and the next model has a larger window',
    script: fail(400, { code: 'context_length_exceeded', message: 'Too many tokens' }),
    options: { models: { m: { contextWindow: 8_000 } } },
    optionsOfS: { models: { large: { contextWindow: 100_000 } } },
    class: 'request',
    breaker: 'neutral',
    course: 'P > S',
    alone: 'P > bad-request',
    words: /Too many tokens/,
    socket: 'kept',
  },
  {
    fault: 'context_length_exceeded, and the next model has no larger window',
    script: fail(400, { code: 'context_length_exceeded', message: 'Too many tokens' }),
    options: { models: { m: { contextWindow: 8_000 } } },
    optionsOfS: { models: { small: { contextWindow: 8_000 } } },
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    words: /Too many tokens/,
    socket: 'kept',
  },
  {
    fault: '400 that explains nothing',
    script: fail(400, { body: '', contentType: 'text/plain' }),
    class: 'protocol',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'kept',
  },
  {
    fault: 'the caller leaves',
    script: hang(),
    callerLeaves: true,
    class: 'client-abort',
    breaker: 'neutral',
    course: 'P > aborted',
    alone: 'P > aborted',
    socket: 'aborted',
  },
];

const connecting: readonly Row[] = [
  {
    fault: 'connection refused',
    place: async (P) => {
      await P.refuse();
      return {};
    },
    class: 'connect',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    error: 'exhausted',
    socket: 'none',
  },
  {
    fault: 'DNS failure',
    place: async () => ({ baseUrl: 'http://nonexistent.invalid/v1' }),
    class: 'connect',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'none',
  },
  {
    fault: 'TLS handshake without an answer',
    place: async () => ({ baseUrl: `https://127.0.0.1:${(await startBlackHole()).port}/v1` }),
    options: { timeouts: { connect: 80 } },
    class: 'connect',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'none',
  },
  {
    fault: 'TLS against a server without it',
    place: async () => ({
      baseUrl: `https://127.0.0.1:${(await startBlackHole('HTTP/1.1 400 Bad Request\r\n\r\n')).port}/v1`,
    }),
    class: 'connect',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'none',
  },
  {
    fault: 'reset on connect',
    script: resetOnConnect(),
    class: 'connect',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'none',
  },
  {
    fault: 'no free connection',
    script: hang(),
    before: 'a call in flight',
    options: { connections: 1, timeouts: { pool: 60 } },
    class: 'local',
    breaker: 'neutral',
    course: 'P > S',
    alone: 'P > canned',
    socket: 'none',
  },
  {
    fault: 'the request cannot be signed',
    options: {
      sign: () => {
        throw new Error('no signature today');
      },
    },
    class: 'local',
    breaker: 'neutral',
    course: 'P > S',
    alone: 'P > canned',
    socket: 'none',
  },
];

const stale: readonly Row[] = [
  ...(['close', 'reset'] as const).map((how): Row => ({
    fault: `a kept connection that died by ${how === 'close' ? 'FIN' : 'RST'}`,
    script: [answer().thenStale(how), answer()],
    before: 'a call',
    call: { maxAttempts: 1 },
    class: 'stale-socket',
    breaker: 'neutral',
    course: 'P > P',
    alone: 'P > P',
    socket: 'closed', // the fresh one serves one request
  })),
  {
    fault: 'a fresh connection that dies, too, after one that was stale',
    script: [answer().thenStale(), close()],
    before: 'a call',
    class: 'stale-socket',
    breaker: 'neutral',
    course: 'P > P > S',
    alone: 'P > P > P > canned',
    socket: 'broken',
  },
  {
    fault: 'a kept connection that dies 0.9 seconds after writing',
    script: [answer(), crashAfter(900), answer()],
    before: 'a call',
    class: 'stale-socket',
    breaker: 'neutral',
    course: 'P > P',
    alone: 'P > P',
    socket: 'broken',
  },
  {
    fault: 'a kept connection that dies 1.1 seconds after writing: a crash while generating',
    script: [answer(), crashAfter(1_100)],
    before: 'a call',
    class: 'cut',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'broken',
  },
  {
    fault: 'a kept connection that dies in the middle of a head',
    script: [answer(), raw('HTTP/1.1 200 O')],
    before: 'a call',
    class: 'cut',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'broken',
  },
];

const silences: readonly Row[] = [
  {
    fault: 'silence',
    script: hang(),
    options: SOON,
    class: 'silent',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > canned',
    error: 'exhausted',
    socket: 'aborted',
  },
  {
    fault: 'silence until the deadline',
    script: hang(),
    call: { deadline: 150 },
    class: 'timeout',
    classAlone: 'local',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > canned',
    error: 'deadline',
    socket: 'aborted',
  },
  {
    fault: 'headers and then nothing',
    script: headersThenHang(),
    options: SOON,
    class: 'timeout',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > canned',
    socket: 'aborted',
  },
  {
    fault: 'a body that stalls',
    script: answer(TEXT).stallAfter({ bytes: 100 }),
    options: SOON,
    class: 'timeout',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > canned',
    socket: 'aborted',
  },
  {
    fault: 'an error whose body stalls',
    script: fail(503).stallAfter({ bytes: 5 }),
    class: 'overloaded',
    breaker: 'failure',
    course: 'P > S',
    socket: 'aborted',
  },
  {
    fault: 'a large request that is never read',
    script: refuseBody(),
    request: { messages: [{ role: 'user', content: 'x'.repeat(4 * FIVE_MEGABYTES) }] },
    options: { timeouts: { write: 150 } },
    class: 'timeout',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > canned',
    socket: 'unread',
  },
];

const cuts: readonly Row[] = [
  ...(
    [
      ['reset before the headers', reset()],
      ['close before the headers', close()],
      ['close in the middle of the head', raw('HTTP/1.1 200 OK\r\ncontent-ty')],
      ['a body with a length that is cut', answer(TEXT).overstateLength(50)],
      [
        'a body with a length that is cut on a connection that was to be closed',
        answer({ text: TEXT, headers: { connection: 'close' } }).overstateLength(50),
      ],
      ['a body in chunks that is cut', huge(50_000, { declared: false }).closeAfter({ bytes: 20_000 })],
      ['a body cut inside a character', answer(TEXT).cutInsideCharacter()],
      ['a reset in the middle of the body', answer(TEXT).resetAfter({ bytes: 100 })],
    ] as const
  ).map(([fault, script]): Row => ({
    fault,
    script,
    class: 'cut',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    error: 'exhausted',
    socket: 'broken',
  })),
  {
    fault: '100 that nobody asked for',
    script: answer().interim(100),
    class: 'cut', // undici takes it for a bad response
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'closed',
  },
  {
    fault: 'an error whose body is cut',
    script: fail(401).closeAfter({ bytes: 3 }),
    class: 'credential',
    breaker: 'neutral',
    rests: key(15),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'broken',
  },
];

const protocols: readonly Row[] = [
  ...(
    [
      ['a body without a length that is cut', answer(TEXT).withoutLength().closeAfter({ bytes: 100 }), 'broken'],
      [
        'a body without a length that is cut inside a character',
        answer(TEXT).withoutLength().cutInsideCharacter(),
        'broken',
      ],
      ['an empty body', json(''), 'kept'],
      ['204', answer({ status: 204 }), 'kept'],
      ['bad JSON', json('{"choices": [}'), 'kept'],
      ['JSON but no object', json('"Hello"'), 'kept'],
      ['no choices', json({ id: 'x', choices: [] }), 'kept'],
      ['choices without a message', json({ choices: [{ index: 0, finish_reason: 'stop' }] }), 'kept'],
      ['an empty answer', answer(''), 'kept'],
      ['an answer without content', answer({ text: null }), 'kept'],
      ['an error inside a 200 whose code says nothing', json({ error: { message: 'Oops', code: 'oops' } }), 'kept'],
      ['HTML with 200', html(200), 'kept'],
      ['the wrong content-type', answer({ contentType: 'text/plain' }), 'kept'],
      ['a stream for a request without one', stream('Hello'), 'kept'],
      [
        'compressed, though nobody asked for it',
        answer({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{}') }),
        'kept',
      ],
      ['no HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n'), 'broken'],
      ['20 KB of headers', answer({ headers: { 'x-many': 'x'.repeat(20_000) } }), 'closed'],
    ] as const
  ).map(([fault, script, socket]): Row => ({
    fault,
    script,
    class: 'protocol',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    error: 'exhausted',
    socket,
  })),
  {
    fault: 'a reply beyond maxResponseBytes, its length declared',
    script: huge(50_000_000),
    options: { maxResponseBytes: 100_000 },
    class: 'protocol',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'aborted',
  },
  {
    fault: 'a reply beyond maxResponseBytes, in chunks',
    script: huge(50_000_000, { declared: false }),
    options: { maxResponseBytes: 100_000 },
    class: 'protocol',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'aborted',
  },
  {
    fault: 'an error with a huge body',
    script: fail(500, { body: Buffer.alloc(50_000_000, '{"error":') }),
    class: 'server',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'aborted',
  },
  {
    fault: 'insufficient_quota inside a 200',
    script: json({ error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }),
    class: 'quota',
    breaker: 'neutral',
    rests: key(15 * 60),
    course: 'P > S',
    alone: 'P > canned',
    socket: 'kept',
  },
  {
    fault: 'overloaded_error inside a 200',
    script: json({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    class: 'overloaded',
    breaker: 'failure',
    course: 'P > S',
    alone: 'P > P > canned',
    socket: 'kept',
  },
  {
    fault: "an error with a status of the caller's fault inside a 200",
    script: json({ error: { message: 'Bad temperature', code: 400 } }),
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    alone: 'P > bad-request',
    words: /^Bad temperature$/,
    socket: 'kept',
  },
];

/** Strange, but an answer. */
const oddities: readonly Row[] = (
  [
    ['102 first', answer().interim(102), 'kept'],
    ['103 twice first', answer().interim(103, { link: '</a>' }).interim(103), 'kept'],
    ['one byte at a time', answer('Grüße').byteByByte(), 'kept'],
    ['8 KB of headers', answer({ headers: { 'x-many': 'x'.repeat(8_000) } }), 'kept'],
    ['no content-type, and closed at once', raw(whole('')), 'broken'],
    ['a body without a length, whole', answer().withoutLength(), 'closed'],
    ['chunks', huge(300_000, { declared: false }), 'kept'],
    ['no text, but why: the length', answer({ text: '', finish: 'length' }), 'kept'],
    [
      'a tool call without text',
      answer({ text: null, message: { tool_calls: [{ id: 'a' }] }, finish: 'tool_calls' }),
      'kept',
    ],
    ['a refusal', answer({ text: null, message: { refusal: 'No.' } }), 'kept'],
    ['an error field of null', json({ error: null, choices: [{ index: 0, message: { content: 'Hi' } }] }), 'kept'],
  ] as const
).map(([fault, script, socket]): Row => ({
  fault,
  script,
  class: 'ok',
  breaker: 'success',
  course: 'P',
  alone: 'P',
  socket,
}));

const large: Row = {
  fault: 'a request of 5 MB',
  request: { messages: [{ role: 'user', content: 'ü'.repeat(FIVE_MEGABYTES / 2) }] },
  class: 'ok',
  breaker: 'success',
  course: 'P',
  alone: 'P',
  socket: 'kept',
};

function whole(headers: string): string {
  const body = JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] });
  return `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;
}

export const FAULTS: readonly Row[] = [
  ...statuses,
  ...limits,
  ...credentials,
  ...addresses,
  ...requests,
  ...connecting,
  ...stale,
  ...silences,
  ...cuts,
  ...protocols,
  ...oddities,
  large,
];
