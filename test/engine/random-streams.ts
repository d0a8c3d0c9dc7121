/**
 * Streams that fail in random ways, made so that their texts can be told apart and put together: each upstream says the same numbers
 * under its own letter, so that at each place of an answer one can see who said it, and whether it is the right place.
 */
import type { FailoverOptions } from '@ai-failover/core';
import {
  failWith,
  neverAnswer,
  refuseConnection,
  sseWith,
  type ScriptedPart,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import fc from 'fast-check';
import { messagesOf, upstream } from '../traces/stage.ts';

const WORDS = 40;

/** `P00 P01 P02 …` */
export function textBy(letter: string): string {
  return Array.from({ length: WORDS }, (_, index) => `${letter}${String(index).padStart(2, '0')}`).join(' ');
}

/** As if nobody had said it. */
export function masked(text: string): string {
  return text.replaceAll(/[A-Z]/g, '*');
}

export const WHOLE = masked(textBy('P'));

/** How an upstream behaves once. */
export interface Behaviour {
  readonly kind: 'stream' | 'json' | 'error' | 'refuse' | 'silent' | 'misfit';
  readonly status: number;
  readonly refuses: 'stream' | 'stream_options' | 'prefill' | undefined;
  /** Milliseconds. */
  readonly headersAfter: number;
  readonly interval: number;
  /** Characters in each piece. */
  readonly size: number;
  /** What comes before the first piece, and between the others. */
  readonly prelude: readonly Filler[];
  readonly fillers: readonly Filler[];
  readonly end:
    | 'done'
    | 'no-done'
    | 'no-finish'
    | 'finish-then-hang'
    | 'finish-then-cut'
    | 'cut'
    | 'end'
    | 'hang'
    | 'error';
  /** Pieces before an end that is too early. */
  readonly after: number;
  /** Events in one read of the socket. */
  readonly together: number;
}

type Filler = 'comment' | 'empty' | 'malformed' | 'thought' | 'big-thought';

const SMALL: readonly Filler[] = ['comment', 'empty', 'malformed', 'thought'];

export const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constant('stream' as const), weight: 12 },
    { arbitrary: fc.constantFrom('json' as const, 'error', 'refuse', 'silent', 'misfit'), weight: 5 },
  ),
  status: fc.constantFrom(400, 401, 429, 500, 503),
  refuses: fc.option(fc.constantFrom('stream' as const, 'stream_options', 'prefill'), { nil: undefined, freq: 6 }),
  headersAfter: fc.constantFrom(0, 0, 100, 3_000, 12_000),
  interval: fc.constantFrom(0, 0, 50, 900, 4_000),
  size: fc.integer({ min: 1, max: 60 }),
  prelude: fc.array(fc.constantFrom<Filler>(...SMALL, 'big-thought'), { maxLength: 3 }),
  fillers: fc.array(fc.constantFrom(...SMALL), { maxLength: 2 }),
  end: fc.oneof(
    { arbitrary: fc.constantFrom('done' as const, 'cut'), weight: 6 },
    {
      arbitrary: fc.constantFrom(
        'no-done' as const,
        'no-finish',
        'finish-then-hang',
        'finish-then-cut',
        'cut',
        'end',
        'hang',
        'error',
      ),
      weight: 6,
    },
  ),
  after: fc.integer({ min: 0, max: 20 }),
  together: fc.integer({ min: 1, max: 4 }),
});

export function replyOf(drawn: Behaviour, request: ScriptedRequest): ScriptedReply {
  const refusal = refusalOf(drawn, request);
  if (refusal !== undefined) return failWith(400, { message: refusal });
  const { kind, status, headersAfter } = drawn;
  switch (kind) {
    case 'error':
      return failWith(status, { after: headersAfter });
    case 'refuse':
      return refuseConnection();
    case 'silent':
      return neverAnswer();
    case 'misfit':
      return streamOf({ ...drawn, fillers: [] }, isPrefilled(request) ? answerTo(request) : textBy('X'), request);
    case 'json':
      return wholeReply(answerTo(request), request);
    case 'stream':
      return request.body['stream'] === true
        ? streamOf(drawn, answerTo(request), request)
        : wholeReply(answerTo(request), request);
  }
}

/** What the upstream has to say: all of it, or the rest of what has been said. */
function answerTo(request: ScriptedRequest): string {
  const text = textBy(request.upstream);
  const messages = messagesOf(request);
  const [before, last] = [messages.at(-2), messages.at(-1)];
  if (last?.role === 'assistant') return text.slice(last.content.length);
  if (before?.role !== 'assistant') return text;
  return before.content.slice(-60).trimStart() + text.slice(before.content.length);
}

function refusalOf({ refuses }: Behaviour, request: ScriptedRequest): string | undefined {
  const { body } = request;
  if (refuses === 'stream' && 'stream' in body) return 'Streaming is not supported for this model.';
  if (refuses === 'stream_options' && 'stream_options' in body)
    return 'Unrecognized request argument supplied: stream_options';
  return refuses === 'prefill' && isPrefilled(request) ? 'An assistant message may not be last.' : undefined;
}

/** What does not fit there cannot be seen: the model says the next words, whatever they are. */
function isPrefilled(request: ScriptedRequest): boolean {
  return messagesOf(request).at(-1)?.role === 'assistant';
}

function wholeReply(content: string, { model, number, upstream: name }: ScriptedRequest): ScriptedReply {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  const body = JSON.stringify({ id: `${name}-${number}`, object: 'chat.completion', created: 0, model, choices });
  return { kind: 'respond', status: 200, headers: { 'content-type': 'application/json' }, body, after: 500 };
}

function streamOf(drawn: Behaviour, text: string, { model, number, upstream: name }: ScriptedRequest): ScriptedReply {
  const { size, prelude, fillers, end, after, headersAfter } = drawn;
  const chunk = (delta: object, finish: string | null = null): string =>
    event({
      id: `${name}-${number}`,
      object: 'chat.completion.chunk',
      created: 0,
      model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const fill = (one: Filler): string => {
    if (one === 'comment') return ': ping\n\n';
    if (one === 'malformed') return 'data: {"choices":[{"ind\n\n';
    if (one === 'empty') return chunk({});
    return chunk({ reasoning_content: one === 'thought' ? 'hm' : 'hm'.repeat(15_000) });
  };
  const pieces = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
  const said = EARLY.has(end) ? pieces.slice(0, after) : pieces;
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...prelude.map(fill),
    ...said.flatMap((content, index) => (index % 3 === 1 ? fillers.map(fill) : []).concat(chunk({ content }))),
  ];
  const usage = event({
    id: `${name}-${number}`,
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [],
    usage: USAGE,
  });
  return sseWith([...paced(events, drawn), ...ending(end, { finish: chunk({}, 'stop'), usage })], { headersAfter });
}

const USAGE = { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 };

const EARLY: ReadonlySet<Behaviour['end']> = new Set<Behaviour['end']>(['cut', 'end', 'hang', 'error']);
const DONE: ScriptedPart = { bytes: 'data: [DONE]\n\n' };

function ending(end: Behaviour['end'], { finish, usage }: { finish: string; usage: string }): ScriptedPart[] {
  const whole = { bytes: finish };
  switch (end) {
    case 'done':
      return [whole, { bytes: usage }, DONE];
    case 'no-done':
      return [whole, { bytes: usage }];
    case 'no-finish':
      return [DONE];
    case 'finish-then-hang':
      return [whole, { wait: 10 }, { end: 'hang' }];
    case 'finish-then-cut':
      return [whole, { wait: 10 }, { end: 'cut' }];
    case 'cut':
      return [{ end: 'cut' }];
    case 'end':
      return [{ end: 'finish' }];
    case 'hang':
      return [{ end: 'hang' }];
    case 'error':
      return [{ bytes: event({ error: { message: 'no', type: 'server_error', code: 'server_error' } }) }];
  }
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** Some events in each read, and a pause between reads. */
function paced(events: readonly string[], { together, interval }: Behaviour): ScriptedPart[] {
  const parts: ScriptedPart[] = [];
  for (let from = 0; from < events.length; from += together) {
    parts.push({ bytes: events.slice(from, from + together).join('') }, { wait: interval });
  }
  return parts;
}

interface DrawnPool {
  /** Which upstreams take a prefilled turn; there are as many as are listed. */
  readonly prefill: readonly boolean[];
  /** Each serves a model of its own. */
  readonly models: boolean;
  readonly concurrency: number | undefined;
  readonly raceAfter: number | false | undefined;
  readonly onStreamFailure: 'continue' | 'error';
  readonly canned: boolean;
}

function poolOf({ prefill, models, concurrency, raceAfter, onStreamFailure, canned }: DrawnPool): FailoverOptions {
  const served = prefill.map((_, index) => (models ? `m${index}` : 'm'));
  return {
    upstreams: prefill.map((takesPrefill, index) =>
      upstream(LETTERS[index] ?? '', { [served[index] ?? '']: { prefill: takesPrefill } }, { priority: index + 1 }),
    ),
    chains: { default: [...new Set(served)] },
    onStreamFailure,
    ...(concurrency !== undefined && { limits: { concurrency } }),
    ...(raceAfter !== undefined && { raceAfter }),
    ...(canned && { cannedReply: 'canned' }),
  };
}

const LETTERS = ['P', 'S', 'T'];

/** Two or three upstreams of one model, or of one each. */
export const pool: fc.Arbitrary<FailoverOptions> = fc
  .record<DrawnPool>({
    prefill: fc.array(fc.boolean(), { minLength: 2, maxLength: 3 }),
    models: fc.boolean(),
    concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    raceAfter: fc.constantFrom(undefined, 1_000, false as const),
    onStreamFailure: fc.constantFrom('continue' as const, 'continue', 'continue', 'error'),
    canned: fc.boolean(),
  })
  .map(poolOf);
