/** Answers in the form of OpenAI's streams. */
import { streamFrames } from '../openai/stream-frames.js';
import type { StreamAsked, StreamPiece, StreamShape } from '../openai/stream-frames.js';
import { words } from '../openai/words.js';
import { answerActions, defaultText, fieldsOf, modelAsked } from './openai-answer.js';
import type { ReceivedRequest } from './received-request.js';
import { Reply } from './reply.js';
import { sseActions } from './sse.js';
import type { SseOptions, SsePause } from './sse.js';
import type { SseFrame } from './sse-frame.js';
import type { WireAction } from './wire-action.js';

/** One piece of a stream: text, any other delta, a bare event such as a ping, or a pause. */
export type StreamPart = StreamPiece<SseFrame | SsePause>;

/** How a stream unfolds. To be silent altogether, use `.after()`. */
export interface StreamOptions extends StreamShape, SseOptions {}

/**
 * Answers with an OpenAI stream: a chunk with the role, one for each piece, the `finish_reason`, usage, `[DONE]`.
 *
 * @param content a text, which is sent word by word, or the pieces themselves.
 * @example
 * stream('Sent word by word', { interval: 20 })
 * stream(['Hel', 'lo', { wait: 100 }, { comment: 'ping' }, { delta: { tool_calls: [] } }], { finish: 'tool_calls' })
 */
export function stream(content: string | readonly StreamPart[] = defaultText, options: StreamOptions = {}): Reply {
  return new Reply((request) => streamActions(content, options, request));
}

/**
 * Answers as the request asks, streamed or not, like a healthy upstream.
 *
 * @example
 * await createFaultyUpstream({ script: reply('Hello') });
 */
export function reply(text: string = defaultText): Reply {
  return new Reply((request) => replyActions(text, {}, request));
}

/** The actions of an answer in the form that the request asks for. */
export function replyActions(text: string, options: StreamOptions, request: ReceivedRequest): Iterable<WireAction> {
  return fieldsOf(request)['stream'] === true
    ? streamActions(text, options, request)
    : answerActions({ text }, request);
}

function streamActions(
  content: string | readonly StreamPart[],
  options: StreamOptions,
  request: ReceivedRequest,
): Iterable<WireAction> {
  const parts = typeof content === 'string' ? words(content) : content;
  const asked: StreamAsked = {
    id: `chatcmpl-${request.index}`,
    model: modelAsked(request),
    fields: fieldsOf(request),
  };
  return sseActions(streamFrames(parts, options, asked), options);
}
