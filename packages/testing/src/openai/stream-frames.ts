/** A stream as a test describes it, as server-sent events: the same for faulty and for scripted upstreams. */
import type { SsePause } from '../faulty-upstream/sse.js';
import type { SseFrame } from '../faulty-upstream/sse-frame.js';
import { chunkMaker, doneFrame } from './chunk.js';
import { created } from './created.js';
import type { Fields } from './fields.js';
import { asksForUsage, usageFor } from './usage.js';
import type { Usage } from './usage.js';

/** Text, or any other delta; `Other` is passed on as it is. */
export type StreamPiece<Other> = string | { readonly delta: object } | Other;

/** What a stream says, and when. */
export interface StreamShape {
  /** @default the model that was asked for */
  readonly model?: string;
  /** Milliseconds before each piece but the first. @default 0 */
  readonly interval?: number;
  /** Milliseconds between the role and the first piece. @default 0 */
  readonly firstContentAfter?: number;
  /** `false` leaves out the chunk with the `finish_reason`. @default 'stop' */
  readonly finish?: string | false;
  /** @default when the request asks for it by `stream_options.include_usage` */
  readonly usage?: Usage | boolean;
  /** Whether `[DONE]` ends the stream. @default true */
  readonly done?: boolean;
}

/** What of its request a stream depends on. */
export interface StreamAsked {
  /** Of the answer: the same in all its chunks. */
  readonly id: string;
  /** Where the test names none. */
  readonly model: string;
  /** Of the request's body. */
  readonly fields: Fields;
}

/** A chunk with the role, the pieces, the `finish_reason`, usage, `[DONE]`. */
export function* streamFrames<Other extends object>(
  pieces: readonly StreamPiece<Other>[],
  shape: StreamShape,
  { id, model, fields }: StreamAsked,
): Generator<SseFrame | SsePause | Other> {
  const { interval = 0, firstContentAfter = 0, finish = 'stop', done = true } = shape;
  const chunk = chunkMaker({ id, created, model: shape.model ?? model });
  const saying = (delta: object, reason: string | null = null): SseFrame =>
    chunk([{ index: 0, delta, finish_reason: reason }]);

  yield saying({ role: 'assistant', content: '' });
  let pause = firstContentAfter;
  for (const piece of pieces) {
    if (pause > 0) yield { wait: pause };
    pause = interval;
    if (typeof piece === 'string') yield saying({ content: piece });
    else yield isDelta(piece) ? saying(piece.delta) : piece;
  }
  if (finish !== false) yield saying({}, finish);
  const usage = usageWanted(pieces, shape, fields);
  if (usage) yield chunk([], { usage });
  if (done) yield doneFrame;
}

function usageWanted(pieces: readonly unknown[], { usage }: StreamShape, fields: Fields): Usage | undefined {
  if (typeof usage === 'object') return usage;
  if (!(usage ?? asksForUsage(fields))) return undefined;
  return usageFor(pieces.filter((piece) => typeof piece === 'string').join(''));
}

function isDelta(piece: object): piece is { readonly delta: object } {
  return 'delta' in piece;
}
