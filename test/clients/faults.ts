/** What may happen to upstreams while a client waits for `TEXT`. In each row it has the whole of it in the end. */
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
  stream,
  type FaultyUpstream,
  type Reply,
  type Responder,
  type StreamPart,
} from '@ai-failover/testing';
import { TEXT, type StageOptions } from './stage.ts';

export interface Row extends Pick<StageOptions, 'P' | 'S' | 'ofP' | 'ofS' | 'options'> {
  readonly fault: string;
  /** What happens to `P` before anybody asks. */
  readonly before?: (P: FaultyUpstream) => Promise<void>;
}

/** Its words, one to an event. The first event carries the role. */
const WORDS: readonly string[] = TEXT.match(/\s*\S+/g) ?? [];
const healthy = continueAnswer(TEXT);
/** In the middle of it, with more behind it than a continuation repeats. */
const SOME = { events: 12 } as const;

/** One fault for streams and another for requests that want it whole. */
function byForm(streamed: Reply, whole: Reply): Responder {
  return (request) => (request.json()['stream'] === true ? streamed : whole);
}

/** Words with something else among them. */
function among(...parts: readonly StreamPart[]): StreamPart[] {
  return [...WORDS.slice(0, SOME.events), ...parts, ...WORDS.slice(SOME.events)];
}

/** `P` is given little time, and nobody races it. */
const SOON: Pick<Row, 'ofP' | 'options'> = {
  ofP: { timeouts: { unary: 100, unaryPerOutputToken: 0, firstContent: 100, betweenChunks: 60 } },
  options: { raceAfter: false },
};
/** `P` is given time, but not for itself. */
const RACED: Pick<Row, 'ofP' | 'options'> = {
  ofP: { timeouts: { unary: 100, unaryPerOutputToken: 0 } },
  options: { raceAfter: 30 },
};
const wholeError = (body: object): Reply => answer({ body });
const serverError = { error: { message: 'The server had an error', type: 'server_error', code: 'server_error' } };

const beforeContent: readonly Row[] = [
  { fault: 'none' },
  { fault: '503 once, and nobody beside it', P: [fail(503), healthy], S: false },
  { fault: '503 always', P: fail(503) },
  { fault: '500 in HTML', P: html(500) },
  { fault: '401', P: fail(401) },
  { fault: '404 of the model', P: fail(404) },
  { fault: '402', P: fail(402) },
  { fault: '429 with a hint', P: fail(429, { headers: { 'retry-after': '20' } }) },
  {
    fault: '429 with a hint, and nobody beside it',
    P: [fail(429, { headers: { 'retry-after-ms': '40' } }), healthy],
    S: false,
  },
  { fault: '429 without a hint', P: fail(429) },
  { fault: 'a refused connection', before: (P) => P.refuse() },
  { fault: 'a reset on connecting', P: resetOnConnect() },
  { fault: 'a reset before the headers', P: reset() },
  { fault: 'a close before the headers', P: close() },
  { fault: 'no HTTP', P: raw('SSH-2.0-OpenSSH_9.2\r\n') },
  { fault: 'silence', P: hang(), ...RACED },
  { fault: 'headers and then nothing', P: headersThenHang(), ...RACED },
  { fault: 'slow first content', P: stream(TEXT, { firstContentAfter: 400 }), ...RACED },
  { fault: 'silence that nobody races', P: hang(), ...SOON },
  { fault: 'an empty answer', P: byForm(stream([]), answer('')) },
  {
    fault: 'an error instead of the first event',
    P: byForm(healthy.errorAfter({ events: 0 }), wholeError(serverError)),
  },
  { fault: 'an error behind the role', P: byForm(healthy.errorAfter({ events: 1 }), wholeError(serverError)) },
  {
    fault: 'a quota error in a 200',
    P: byForm(
      healthy.errorAfter({ events: 1, code: 'insufficient_quota', type: 'insufficient_quota' }),
      wholeError({ error: { message: 'You exceeded your quota', code: 'insufficient_quota' } }),
    ),
  },
  { fault: 'a web page with 200', P: html(200) },
];

const inContent: readonly Row[] = (
  [
    ['a close in the middle', healthy.closeAfter(SOME), healthy.closeAfter({ bytes: 150 })],
    ['a reset in the middle', healthy.resetAfter(SOME), healthy.resetAfter({ bytes: 150 })],
    [
      'an orderly end in the middle',
      healthy.withoutLength().closeAfter(SOME),
      healthy.withoutLength().closeAfter({ bytes: 150 }),
    ],
    ['a stall in the middle', healthy.stallAfter(SOME), healthy.stallAfter({ bytes: 150 })],
    ['a cut inside a character', healthy.cutInsideCharacter(), healthy.cutInsideCharacter()],
    ['an error in the middle', healthy.errorAfter(SOME), wholeError(serverError)],
    [
      'a cut in front of the finish reason',
      healthy.closeAfter({ events: WORDS.length + 1 }),
      healthy.overstateLength(),
    ],
  ] as const
).map(([fault, streamed, whole]): Row => ({
  fault,
  P: byForm(streamed, whole),
  ofP: SOON.ofP,
  options: SOON.options,
}));

const cut = byForm(healthy.closeAfter(SOME), healthy.closeAfter({ bytes: 150 }));
const takesPrefill = { models: { m: { prefill: true } } };

/** Where whoever goes on has a will of its own. */
const inContinuations: readonly Row[] = [
  { fault: 'a cut, and another takes a prefill', P: cut, ofS: takesPrefill },
  {
    fault: 'a cut, and another refuses the prefill',
    P: cut,
    S: continueAnswer(TEXT, { prefill: 'refuse' }),
    ofS: takesPrefill,
  },
  { fault: 'a cut, and another fails once before it goes on', P: [cut, healthy], S: [fail(503), healthy] },
];

const odd: readonly Row[] = [
  { fault: 'no [DONE]', P: byForm(stream(TEXT, { done: false }), healthy) },
  { fault: 'no finish reason', P: byForm(stream(TEXT, { finish: false, usage: false }), healthy) },
  { fault: 'a malformed frame among the others', P: byForm(stream(among({ data: '{"choices":[{' })), healthy) },
  { fault: 'a malformed frame instead of the role', P: byForm(healthy.garbleAfter({ events: 0 }), healthy) },
  {
    fault: 'pings and comments',
    P: byForm(stream(among({ comment: 'ping' }, { event: 'ping', data: '{}' }, { data: { type: 'ping' } })), healthy),
  },
  { fault: 'CR LF', P: byForm(healthy.endLinesWith('\r\n'), healthy) },
  { fault: 'CR', P: byForm(healthy.endLinesWith('\r'), healthy) },
  { fault: 'a byte order mark', P: byForm(healthy.withByteOrderMark(), healthy) },
  { fault: 'characters in two parts', P: healthy.splitCharacters() },
  { fault: 'an upstream that cannot stream', P: refuseField('stream', answer(TEXT)) },
  { fault: 'an upstream that ignores that a stream is wanted', P: answer(TEXT) },
  { fault: 'an upstream that knows no stream_options', P: refuseField('stream_options', healthy) },
];

export const FAULTS: readonly Row[] = [...beforeContent, ...inContent, ...inContinuations, ...odd];

/** They take longer than the others. */
export const SLOW_FAULTS: readonly Row[] = [
  { fault: 'one byte at a time', P: healthy.byteByByte() },
  {
    fault: 'nothing more, and no end, behind the finish reason',
    P: byForm(stream(TEXT, { done: false, usage: false }).stallAfter('end'), healthy),
  },
];
