/** Words for how a scripted upstream streams. */
import { streamFrames, type StreamPiece, type StreamShape } from '../openai/stream-frames.js';
import { words } from '../openai/words.js';
import type { ScriptedEnding, ScriptedPart, ScriptedStream } from './scripted-reply.js';
import type { ScriptedRequest } from './scripted-request.js';

/** Of the status line and what comes before it. */
export interface ScriptedHead {
  /** @default 200 */
  readonly status?: number;
  /** More headers, in lower case. @default a stream's `content-type` */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until the status line. @default 0 */
  readonly headersAfter?: number;
}

/** One piece of a stream: text, any other delta, a bare event such as a ping, bytes, a pause, or the end. */
export type ScriptedPiece = StreamPiece<ScriptedPart>;

/** How a stream unfolds. Events are counted without the role: in a text each word is one. */
export interface ScriptedStreamOptions extends StreamShape, ScriptedHead {
  /** Nothing comes after the headers: for so many milliseconds, or for ever (`true`). @default 0 */
  readonly silent?: boolean | number;
  /** The socket dies right behind so many events. */
  readonly cutAfter?: number;
  /** Nothing more comes behind so many events, and nothing ends. */
  readonly hangAfter?: number;
}

/**
 * Answers with an OpenAI stream: a chunk with the role, one for each piece, the `finish_reason`, usage, `[DONE]`. It stays a
 * stream when the request has not asked for one.
 *
 * A stream that is over before `cutAfter` or `hangAfter` is a mistake of the test, and an error.
 *
 * @param content a text, which is sent word by word, or the pieces themselves.
 * @example
 * streamWith('Sent word by word', { headersAfter: 100, firstContentAfter: 400, interval: 20 })
 * streamWith('One two three four', { cutAfter: 2 })
 * streamWith(['Hel', 'lo', { wait: 100 }, { comment: 'ping' }, { delta: { tool_calls: [] } }], { finish: 'tool_calls' })
 */
export function streamWith(
  content: string | readonly ScriptedPiece[],
  options: ScriptedStreamOptions = {},
): ScriptedStream {
  const pieces = typeof content === 'string' ? words(content) : content;
  return headed(options, (request) => streamParts(pieces, options, request));
}

/**
 * Answers with server-sent events of any kind, without anything added. For OpenAI's own, `streamWith()` is shorter.
 *
 * @example
 * sseWith([{ data: '[DONE]' }])
 * sseWith([{ comment: 'ping' }, { wait: 5_000 }, { bytes: 'data: {"cut": "in the mid' }, { end: 'cut' }])
 */
export function sseWith(parts: readonly ScriptedPart[], head: ScriptedHead = {}): ScriptedStream {
  return headed(head, () => parts);
}

function headed(
  { status = 200, headers, headersAfter = 0 }: ScriptedHead,
  parts: ScriptedStream['parts'],
): ScriptedStream {
  const all = { 'content-type': 'text/event-stream; charset=utf-8', ...headers };
  return { kind: 'stream', status, headers: all, after: headersAfter, parts };
}

function* streamParts(
  pieces: readonly ScriptedPiece[],
  { silent = 0, cutAfter, hangAfter, ...shape }: ScriptedStreamOptions,
  request: ScriptedRequest,
): Generator<ScriptedPart> {
  if (silent === true) {
    yield { end: 'hang' };
    return;
  }
  yield { wait: Number(silent) };
  const { upstream, number, model, body } = request;
  const frames = streamFrames(pieces, shape, { id: `chatcmpl-${upstream}-${number}`, model, fields: body });
  if (cutAfter !== undefined) yield* endedAfter(cutAfter, 'cut', frames);
  else if (hangAfter !== undefined) yield* endedAfter(hangAfter, 'hang', frames);
  else yield* frames;
}

function* endedAfter(events: number, end: ScriptedEnding, parts: Iterable<ScriptedPart>): Generator<ScriptedPart> {
  // The role is none of them.
  let left = events + 1;
  for (const part of parts) {
    yield part;
    if (!('wait' in part)) left -= 1;
    if (left > 0) continue;
    yield { end };
    return;
  }
  throw new Error(`the scripted stream was over before ${events} events`);
}
