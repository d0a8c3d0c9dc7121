/** The fault table of streams: what may happen to one on its way, and what has to come of it. One row per fault. */
import {
  answer,
  close,
  continueAnswer,
  fail,
  hang,
  headersThenHang,
  html,
  raw,
  refuseField,
  reset,
  resetOnConnect,
  sse,
  stream,
  type Script,
  type SseFrame,
} from '@ai-failover/testing';
import { SOON, type StreamExpectation, type StreamRow } from './stream-row.ts';
import {
  APART,
  begun,
  compressed,
  endThen,
  errorFrame,
  firstWords,
  framesOf,
  inOnePiece,
  prelude,
  TEXT,
  toolCall,
  WELL,
  withoutWord,
  WORDS,
} from './stream-scripts.ts';

const deployment = (seconds: number) => ({ scope: 'deployment', from: seconds, to: seconds }) as const;
const lane = (seconds: number) => ({ scope: 'lane', from: seconds, to: seconds }) as const;
const key = (seconds: number) => ({ scope: 'key', from: seconds, to: seconds }) as const;

/** Nothing is wrong with it. */
const FINE = { class: 'ok', breaker: 'success', course: 'P', socket: 'kept' } as const satisfies StreamExpectation;
/** It fails before its first content, so that another one answers. */
const FAILS = { breaker: 'failure', course: 'P > S', socket: 'kept' } as const;
/** It is gone on with. */
const CUT = { class: 'cut', breaker: 'failure', course: 'P + S', socket: 'broken', alone: 'P > interrupted' } as const;

const CUT_WHOLE = { script: answer(TEXT).overstateLength(), course: 'P > S' } as const;
const STALLED_WHOLE = { script: answer(TEXT).stallAfter({ bytes: 100 }), course: 'P > S' } as const;

/** What must be shown above all: the whole answer in every case but the content filter. */
export const MUST_SHOW: readonly StreamRow[] = [
  {
    ...FAILS,
    fault: '503 once',
    script: [fail(503), WELL],
    class: 'overloaded',
    unary: {},
    alone: 'P > P',
  },
  {
    ...FAILS,
    fault: '503 always',
    script: fail(503),
    class: 'overloaded',
    unary: {},
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: '429 without a hint',
    script: fail(429),
    engine: { queueWait: 0 },
    class: 'rate-limited',
    breaker: 'neutral',
    rests: lane(1),
    unary: {},
    alone: 'P > canned',
  },
  {
    ...FAILS,
    fault: '429 with a hint',
    script: fail(429, { headers: { 'retry-after': '60' } }),
    class: 'rate-limited',
    breaker: 'neutral',
    rests: lane(60),
    unary: {},
    alone: 'P > canned',
  },
  {
    ...FAILS,
    fault: 'reset before the headers',
    script: reset(),
    class: 'cut',
    socket: 'broken',
    unary: {},
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: 'silence',
    script: hang(),
    options: SOON,
    call: { raceAfter: 60 },
    class: 'silent',
    socket: 'aborted',
    unary: {},
    alone: 'P > canned',
  },
  {
    fault: 'slow first content',
    script: stream(TEXT, { firstContentAfter: 1_000 }),
    call: { raceAfter: 60 },
    class: 'slow',
    breaker: 'neutral',
    course: 'P > S',
    socket: 'aborted',
    unary: { ...FINE, script: answer(TEXT).after(100) },
  },
  { ...CUT, fault: 'a cut after 40 of 60 words', script: WELL.closeAfter({ events: 41 }), unary: CUT_WHOLE },
  {
    ...CUT,
    fault: 'a stall after 20 words',
    script: WELL.stallAfter({ events: 21 }),
    options: SOON,
    class: 'timeout',
    socket: 'aborted',
    unary: STALLED_WHOLE,
  },
  {
    ...FINE,
    fault: 'one malformed frame',
    script: stream([...WORDS.slice(0, 20), { data: '{"id":"chatcmpl-0","choices":[{"ind' }, ...WORDS.slice(20)]),
    skipped: 1,
    unary: { ...FAILS, script: answer({ body: '{"id":"chatcmpl-0","choices":[{"ind' }), class: 'protocol', skipped: 0 },
  },
  {
    ...FINE,
    fault: 'no [DONE]',
    script: stream(TEXT, { done: false }),
    unary: { script: answer(TEXT).withoutLength(), socket: 'closed' },
  },
  {
    ...FAILS,
    fault: 'a context that is too long, and the next model has a larger window',
    script: fail(400, { code: 'context_length_exceeded', message: 'Too many tokens' }),
    options: { models: { m: { contextWindow: 8_000 } } },
    optionsOfS: { models: { large: { contextWindow: 100_000 } } },
    degraded: 'downgraded',
    class: 'request',
    breaker: 'neutral',
    unary: {},
    alone: 'P > bad-request',
  },
  {
    fault: 'content filter',
    script: fail(400, { code: 'content_filter', message: 'The prompt triggered the content management policy' }),
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    socket: 'kept',
    unary: {},
    alone: 'P > bad-request',
  },
  {
    ...CUT,
    fault: 'a second upstream that refuses prefill',
    script: WELL.closeAfter({ events: 41 }),
    scriptOfS: continueAnswer(TEXT, { prefill: 'refuse' }),
    optionsOfS: { models: { m: { prefill: true } } },
    course: 'P + S > S',
    inside: { course: 'P > S' },
    unary: CUT_WHOLE,
  },
];

const statuses: readonly StreamRow[] = [
  { ...FINE, fault: 'no fault', script: WELL, unary: {}, alone: 'P' },
  ...[500, 502, 504].map((status): StreamRow => ({
    fault: `${status}`,
    script: fail(status),
    class: 'server',
    breaker: 'failure',
    course: 'P > S',
    socket: 'kept',
    unary: {},
    alone: 'P > P > canned',
  })),
  { ...FAILS, fault: '529', script: fail(529), class: 'overloaded', unary: {}, alone: 'P > P > canned' },
  {
    ...FAILS,
    fault: '429 with a hint of 40 milliseconds, once',
    script: [fail(429, { headers: { 'retry-after-ms': '40' } }), WELL],
    class: 'rate-limited',
    breaker: 'neutral',
    rests: lane(0.04),
    unary: {},
    alone: 'P > P',
  },
  {
    ...FAILS,
    fault: '401',
    script: fail(401),
    class: 'credential',
    breaker: 'neutral',
    rests: key(15),
    unary: {},
    alone: 'P > canned',
  },
  {
    ...FAILS,
    fault: 'a route that is not there',
    script: html(404),
    class: 'misconfigured',
    breaker: 'neutral',
    rests: deployment(60),
    unary: {},
    alone: 'P > canned',
  },
  {
    ...FAILS,
    fault: '503 from everybody',
    script: fail(503),
    scriptOfS: fail(503),
    class: 'overloaded',
    course: 'P > S > P > canned',
    unary: {},
  },
];

const unopened: readonly StreamRow[] = [
  {
    ...FAILS,
    fault: 'reset on connect',
    script: resetOnConnect(),
    class: 'connect',
    socket: 'none',
    unary: {},
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: 'close before the headers',
    script: close(),
    class: 'cut',
    socket: 'broken',
    unary: {},
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: 'close in the middle of the head',
    script: raw('HTTP/1.1 200 OK\r\ncontent-ty'),
    class: 'cut',
    socket: 'broken',
    unary: {},
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: 'silence to the end of its time',
    script: hang(),
    options: SOON,
    call: { raceAfter: false },
    class: 'silent',
    socket: 'aborted',
    unary: {},
    alone: 'P > canned',
  },
  {
    ...FAILS,
    fault: 'headers and then nothing, raced',
    script: headersThenHang(),
    call: { raceAfter: 60 },
    class: 'slow',
    breaker: 'neutral',
    socket: 'aborted',
  },
  {
    ...FAILS,
    fault: 'headers and then nothing, to the end of its time',
    script: headersThenHang(),
    options: SOON,
    class: 'timeout',
    socket: 'aborted',
    unary: {},
    alone: 'P > canned',
  },
  {
    ...FAILS,
    fault: 'a kept connection that died',
    script: [WELL.thenStale(), WELL],
    before: 'a call',
    call: { maxAttempts: 1 },
    class: 'stale-socket',
    breaker: 'neutral',
    course: 'P > P',
    socket: 'closed', // the fresh one serves one request
    unary: {},
    alone: 'P > P',
  },
  {
    ...FAILS,
    fault: 'a kept connection that died by RST',
    script: [WELL.thenStale('reset'), WELL],
    before: 'a call',
    class: 'stale-socket',
    breaker: 'neutral',
    course: 'P > P',
    socket: 'closed',
    unary: {},
    alone: 'P > P',
  },
];

const tooEarly: readonly StreamRow[] = [
  ...(
    [
      ['headers and then close', sse([]).closeAfter('head'), 'broken'],
      ['headers and then reset', sse([]).resetAfter('head'), 'broken'],
      ['headers and an orderly end', sse([]), 'kept'],
      ['an empty body', answer({ body: '', contentType: 'text/event-stream' }), 'kept'],
      ['the role and then close', WELL.closeAfter({ events: 1 }), 'broken'],
      ['the role and an orderly end', stream([], { finish: false, done: false }), 'kept'],
      ['an orderly end inside the first event', inOnePiece('data: {"id":"chatcmpl-0","choi'), 'kept'],
      ['204', answer({ status: 204, contentType: 'text/event-stream' }), 'kept'],
      ['nothing but malformed frames', sse(Array.from({ length: 20 }, () => ({ data: '{"choices":[' }))), 'kept'],
    ] as const
  ).map(([fault, script, socket]): StreamRow => ({
    fault,
    script,
    class: 'cut',
    breaker: 'failure',
    course: 'P > S',
    socket,
    alone: 'P > P > canned',
  })),
  {
    ...FAILS,
    fault: 'a beginning and then close, in one packet',
    script: inOnePiece(framesOf(WORDS).slice(0, 10), { missing: 100 }),
    class: 'cut',
    course: 'P + S',
    socket: 'broken',
  },
];

const unreadable: readonly StreamRow[] = (
  [
    ['[DONE] and nothing else', sse([{ data: '[DONE]' }])],
    ['the role, an end and [DONE]', stream([])],
    ['the wrong content-type', stream(TEXT, { headers: { 'content-type': 'text/plain' } })],
    ['an HTML page with 200', html(200)],
    ['a stream that is compressed', compressed()],
    ['a prelude of more than 64 KB', sse(prelude(100))],
    ['a prelude of more than 64 KB that has to be written anew', sse(prelude(100)).endLinesWith('\r')],
    ['one event of more than 64 KB without content', sse(prelude(1, 100_000))],
  ] as const
).map(([fault, script]): StreamRow => ({
  fault,
  script,
  class: 'protocol',
  breaker: 'failure',
  course: 'P > S',
  socket: 'gone',
  alone: 'P > P > canned',
}));

const endless: StreamRow = {
  ...FAILS,
  fault: 'an event that does not end',
  script: sse([{ data: 'x'.repeat(500_000) }]),
  options: { maxResponseBytes: 100_000 },
  class: 'protocol',
  socket: 'gone',
  alone: 'P > P > canned',
};

const reported: readonly StreamRow[] = [
  {
    ...FAILS,
    fault: 'an error frame as the first event',
    script: WELL.errorAfter({ events: 0 }),
    class: 'server',
    socket: 'gone',
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: 'an error frame behind the role',
    script: WELL.errorAfter({ events: 1 }),
    class: 'server',
    socket: 'gone',
    alone: 'P > P > canned',
  },
  {
    ...CUT,
    fault: 'an error frame as the third event',
    script: begun(1, APART, errorFrame({ message: 'Oops', type: 'server_error', code: 'server_error' })),
    class: 'server',
    socket: 'gone',
    alone: 'P + P > interrupted',
  },
  {
    ...FAILS,
    fault: 'an error frame as the third event, in the read that brought the first content',
    script: inOnePiece([
      ...framesOf(WORDS).slice(0, 2),
      { data: { error: { message: 'Oops', code: 'server_error' } } },
    ]),
    class: 'server',
    socket: 'gone',
  },
  {
    ...CUT,
    fault: 'an error frame as the thirtieth event',
    script: begun(28, APART, errorFrame({ message: 'Overloaded', type: 'overloaded_error' })),
    class: 'overloaded',
    socket: 'gone',
    alone: 'P + P > interrupted',
  },
  {
    ...FAILS,
    fault: 'an error frame with insufficient_quota after a 200',
    script: WELL.errorAfter({ events: 0, code: 'insufficient_quota', type: 'insufficient_quota' }),
    class: 'quota',
    breaker: 'neutral',
    rests: key(15 * 60),
    socket: 'gone',
    unary: {
      script: answer({ body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } } }),
      socket: 'kept',
    },
    alone: 'P > canned',
  },
  {
    ...CUT,
    fault: 'an error frame with insufficient_quota after twenty words',
    script: begun(20, APART, errorFrame({ message: 'You exceeded your quota', code: 'insufficient_quota' })),
    class: 'quota',
    breaker: 'neutral',
    rests: key(15 * 60),
    socket: 'gone',
  },
  {
    ...CUT,
    fault: "an error frame with the provider's objection to the answer",
    script: begun(20, APART, errorFrame({ message: 'The response was filtered', code: 'content_filter' })),
    class: 'request',
    breaker: 'neutral',
    course: 'P > bad-request',
    socket: 'gone',
    alone: 'P > bad-request',
  },
  {
    ...FAILS,
    fault: 'an error frame that says that the context is too long',
    script: WELL.errorAfter({ events: 1, code: 'context_length_exceeded', message: 'Too many tokens' }),
    options: { models: { m: { contextWindow: 8_000 } } },
    optionsOfS: { models: { large: { contextWindow: 100_000 } } },
    degraded: 'downgraded',
    class: 'request',
    breaker: 'neutral',
    socket: 'gone',
    alone: 'P > bad-request',
  },
  {
    ...FAILS,
    fault: 'JSON with an error instead of a stream',
    script: answer({ body: { error: { message: 'Overloaded', type: 'overloaded_error' } } }),
    class: 'overloaded',
    unary: {},
    alone: 'P > P > canned',
  },
  {
    ...FAILS,
    fault: 'JSON that is no answer instead of a stream',
    script: answer({ body: { ok: true } }),
    class: 'protocol',
    unary: {},
    alone: 'P > P > canned',
  },
];

const cuts: readonly StreamRow[] = [
  { ...CUT, fault: 'a reset in the middle', script: WELL.resetAfter({ events: 31 }) },
  {
    ...CUT,
    fault: 'an orderly end in the middle, of a body in chunks',
    script: begun(30),
    socket: 'kept',
  },
  {
    ...CUT,
    fault: 'a connection that ends in the middle, where only its end ends the body',
    script: WELL.withoutLength().closeAfter({ events: 31 }),
  },
  { ...CUT, fault: 'a cut inside a character', script: WELL.cutInsideCharacter() },
  { ...CUT, fault: 'a reset inside a character', script: WELL.cutInsideCharacter('reset') },
  { ...CUT, fault: 'a cut in the middle of an event', script: WELL.closeAfter({ bytes: 3_003 }) },
  {
    ...CUT,
    fault: 'a stall inside a character',
    script: WELL.cutInsideCharacter('stall'),
    options: SOON,
    class: 'timeout',
    socket: 'aborted',
  },
  {
    ...CUT,
    fault: 'a cut behind the last word and before its end',
    script: WELL.closeAfter({ events: 61 }),
  },
  {
    ...CUT,
    fault: 'more bytes than maxResponseBytes',
    script: WELL,
    options: { maxResponseBytes: 6_000 },
    class: 'protocol',
    socket: 'gone',
    unary: { script: answer('x'.repeat(8_000)), course: 'P > S', socket: 'gone' },
    alone: 'P + P > interrupted',
  },
  {
    ...CUT,
    fault: 'a cut when only thoughts have come',
    script: stream([{ delta: { reasoning_content: 'Let me see' } }]).closeAfter({ events: 2 }),
  },
  {
    ...CUT,
    fault: 'the end of the time for the call, in the middle',
    script: WELL.stallAfter({ events: 21 }),
    call: { deadline: 250 },
    class: 'local',
    breaker: 'neutral',
    course: 'P > deadline',
    socket: 'aborted',
    inside: { course: 'P > canned' },
    alone: 'P > deadline',
  },
];

const ofItsKind: readonly StreamRow[] = [
  {
    ...CUT,
    fault: 'a cut, and the application wants no continuation',
    script: WELL.closeAfter({ events: 31 }),
    call: { onStreamFailure: 'error' },
    course: 'P > interrupted',
    inside: { course: 'P > S' },
  },
  {
    ...CUT,
    fault: 'a cut of an answer with tools',
    script: begun(
      0,
      toolCall({ id: 'call_1', name: 'find', arguments: '' }),
      toolCall({ arguments: '{"what' }),
    ).closeAfter({
      events: 3,
    }),
    request: { tools: [{ type: 'function', function: { name: 'find', parameters: {} } }] },
    course: 'P > interrupted',
    inside: { course: 'P > S' },
  },
  {
    ...CUT,
    fault: 'a cut of one of two answers',
    script: begun(10).closeAfter({ events: 11 }),
    request: { n: 2 },
    course: 'P > interrupted',
    inside: { course: 'P > S' },
  },
  {
    ...CUT,
    fault: 'a cut between the end of one answer and the beginning of the other',
    script: stream(TEXT, { done: false, usage: false }).closeAfter({ events: 62 }),
    request: { n: 2 },
    course: 'P > interrupted',
    inside: { course: 'P > S' },
  },
];

const continuations: readonly StreamRow[] = [
  {
    ...CUT,
    fault: 'a cut, and a second upstream that takes prefill',
    script: WELL.closeAfter({ events: 41 }),
    optionsOfS: { models: { m: { prefill: true } } },
  },
  {
    ...CUT,
    fault: 'a cut, and a second upstream that says something else',
    script: WELL.closeAfter({ events: 41 }),
    scriptOfS: stream(['I am sorry,', APART, ' but I cannot go on with that.']),
    course: 'P + S > interrupted',
    inside: { course: 'P > S', text: 'I am sorry, but I cannot go on with that.' },
  },
  {
    ...CUT,
    fault: 'a cut, and a second upstream that fails once',
    script: [WELL.closeAfter({ events: 41 }), WELL],
    scriptOfS: [fail(503), WELL],
    course: 'P + S > S',
    inside: { course: 'P > S > P' },
  },
  {
    ...CUT,
    fault: 'a cut, and a second upstream that refuses what it is asked',
    script: WELL.closeAfter({ events: 41 }),
    scriptOfS: fail(400, { message: 'Roles must alternate' }),
    course: 'P + S > interrupted',
    inside: { course: 'P > S > bad-request' },
  },
  {
    ...CUT,
    fault: 'a cut, and a second upstream that is cut, too',
    script: [WELL.closeAfter({ events: 41 }), WELL],
    scriptOfS: WELL.closeAfter({ events: 16 }),
    course: 'P + S > interrupted',
    inside: { course: 'P > S > P' },
  },
  {
    ...CUT,
    fault: 'a cut, and a second upstream that is silent',
    script: [WELL.closeAfter({ events: 41 }), WELL],
    scriptOfS: hang(),
    optionsOfS: SOON,
    course: 'P + S > interrupted',
    inside: { course: 'P > S > P' },
  },
];

const without: readonly StreamRow[] = [
  {
    ...FINE,
    fault: 'stream_options is refused',
    script: refuseField('stream_options', WELL),
    class: 'request',
    breaker: 'neutral',
    course: 'P > P',
    call: { maxAttempts: 1 },
    alone: 'P > P',
  },
  {
    ...FINE,
    fault: 'stream is refused',
    script: refuseField('stream', WELL),
    class: 'request',
    breaker: 'neutral',
    course: 'P > P',
    call: { maxAttempts: 1 },
    alone: 'P > P',
  },
  { ...FINE, fault: 'JSON instead of a stream', script: answer(TEXT), unary: {}, alone: 'P' },
];

const numbered = (frame: SseFrame, at: number): SseFrame => ({ ...frame, event: 'message', id: `${at}` });

const LONG = 'x'.repeat(100_000);

function fine(fault: string, script: Script, expected: Partial<StreamExpectation>): StreamRow {
  return { ...FINE, fault, script, ...expected };
}

/** Strange, but an answer. */
const oddities: readonly StreamRow[] = (
  [
    ['first content before anybody loses patience', stream(TEXT, { firstContentAfter: 60 }), {}],
    ['103 first', WELL.interim(103, { link: '</a>' }), {}],
    ['102 twice first', WELL.interim(102).interim(102), {}],
    ['CR LF', WELL.endLinesWith('\r\n'), {}],
    ['CR', WELL.endLinesWith('\r'), {}],
    ['a byte order mark', WELL.withByteOrderMark(), {}],
    ['one byte at a time', WELL.byteByByte(), {}],
    ['events cut inside their characters', WELL.splitCharacters(), {}],
    ['no content-type', inOnePiece(framesOf(WORDS), { type: '' }), {}],
    ['comments for a while', stream([{ comment: 'ping' }, APART, { comment: 'ping' }, APART, ...WORDS]), {}],
    ['events with names and ids', sse(framesOf(WORDS).map(numbered)), {}],
    ['an event of more than 64 KB that is the answer', sse(framesOf([LONG])), { text: LONG }],
    ['a prelude of less than 64 KB', sse([...prelude(50), ...framesOf(WORDS)]), {}],
    ['a word that cannot be read', WELL.garbleAfter({ events: 10 }), { text: withoutWord(10), skipped: 1 }],
    ['[DONE] without an end', stream(TEXT, { finish: false }), {}],
    [
      'a tool call, usage and [DONE] without an end',
      stream([toolCall({ id: 'call_1', name: 'find', arguments: '{}' })], { finish: false }),
      { text: '', finish: 'tool_calls' },
    ],
    ['an end, and then a reset', stream(TEXT, { done: false }).resetAfter('end'), { socket: 'broken' }],
    ['an end, and then an open connection', stream(TEXT, { done: false }).stallAfter('end'), { socket: 'aborted' }],
    ['an end, and then an error', endThen({ error: { message: 'Oops', code: 'server_error' } }), {}],
    ['[DONE], and then an open connection', WELL.stallAfter('end'), { socket: 'aborted' }],
    ['garbage behind [DONE]', sse([...framesOf(WORDS), { data: '{"choices":[' }, { data: 'x'.repeat(5_000) }]), {}],
    ['another answer behind [DONE]', sse([...framesOf(WORDS), ...framesOf(['And another thing'])]), {}],
    ['an error behind [DONE]', sse([...framesOf(WORDS), { data: { error: { message: 'Oops' } } }]), {}],
    ['a connection that was to be closed', stream(TEXT, { headers: { connection: 'close' } }), { socket: 'closed' }],
    ['a body without a length, whole', WELL.withoutLength(), { socket: 'closed' }],
    ['nothing but a reason: the length', stream([], { finish: 'length' }), { text: '', finish: 'length' }],
    [
      'the end of a filter in the middle',
      stream(WORDS.slice(0, 20), { finish: 'content_filter' }),
      { text: firstWords(20), finish: 'content_filter' },
    ],
    ['a refusal', stream([{ delta: { refusal: 'No.' } }]), { text: '' }],
  ] as const
).map(([fault, script, expected]) => fine(fault, script, expected));

const LARGE = Array.from({ length: 5_000 }, (_, index) => `${index} `.padEnd(1_024, 'x'));

const large: StreamRow = { ...FINE, fault: 'a stream of 5 MB', script: sse(framesOf(LARGE)), text: LARGE.join('') };

export const STREAM_FAULTS: readonly StreamRow[] = [
  ...MUST_SHOW,
  ...statuses,
  ...unopened,
  ...tooEarly,
  ...unreadable,
  endless,
  ...reported,
  ...cuts,
  ...ofItsKind,
  ...continuations,
  ...without,
  ...oddities,
  large,
];
