/** What a scripted upstream does with a request, as data. */
import type { SsePause } from '../faulty-upstream/sse.js';
import type { SseFrame } from '../faulty-upstream/sse-frame.js';
import type { ScriptedRequest } from './scripted-request.js';

/** How the script answers. `after` is in milliseconds: until the status line, or the error. */
export type ScriptedReply =
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly after: number;
      /** What a request with `stream: true` is sent instead. */
      readonly streamed?: ScriptedStream;
    }
  | ScriptedStream
  | { readonly kind: 'refuse'; readonly after: number }
  | { readonly kind: 'hang' };

/** A body that comes part by part. Without an `end` among the parts it is whole after the last one. */
export interface ScriptedStream {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly after: number;
  parts(request: ScriptedRequest): Iterable<ScriptedPart>;
}

/** A server-sent event or a comment, bytes as they are, a pause in milliseconds, or the end. */
export type ScriptedPart = SseFrame | SsePause | { readonly bytes: string | Buffer } | { readonly end: ScriptedEnding };

/** `finish`: the body is whole. `cut`: the socket dies. `hang`: nothing more comes, and nothing ends. */
export type ScriptedEnding = 'finish' | 'cut' | 'hang';
