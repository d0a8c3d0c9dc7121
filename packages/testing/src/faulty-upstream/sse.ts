import { Reply } from './reply.js';
import { mergeHeaders } from './reply-headers.js';
import { encodeFrame } from './sse-frame.js';
import type { SseFrame } from './sse-frame.js';
import type { ReplyHeaders, WireAction } from './wire-action.js';

/** A pause in a stream, in milliseconds. */
export interface SsePause {
  readonly wait: number;
}

/** What the reply around the events looks like. */
export interface SseOptions {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: ReplyHeaders;
}

/**
 * Answers with server-sent events of any dialect. For OpenAI's own, `stream()` is shorter.
 *
 * @example
 * sse([{ event: 'message_start', data: { type: 'message_start' } }, { wait: 50 }, { comment: 'ping' }])
 */
export function sse(parts: Iterable<SseFrame | SsePause>, options: SseOptions = {}): Reply {
  return new Reply(() => sseActions(parts, options));
}

/** The actions of a stream of events, each event by itself so that faults can count them. */
export function* sseActions(parts: Iterable<SseFrame | SsePause>, options: SseOptions = {}): Generator<WireAction> {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  yield {
    kind: 'head',
    status: options.status ?? 200,
    headers: mergeHeaders(headers, options.headers),
    framing: 'chunked',
  };
  for (const part of parts) {
    if ('wait' in part) yield { kind: 'wait', milliseconds: part.wait };
    else yield { kind: 'body', bytes: encodeFrame(part), event: true };
  }
  yield { kind: 'end', how: 'finish' };
}
