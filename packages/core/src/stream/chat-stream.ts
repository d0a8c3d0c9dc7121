/** What `stream` resolves to, as the application and the HTTP layer see it. */
import type { FailoverReport } from '../call/reply.js';
import type { CallError } from '../errors.js';
import type { ChatChunk, ChatFinishReason, ChatUsage } from '../request/chat-types.js';
import type { Frame } from './frame.js';

/** How a streamed answer ended. */
export type StreamOutcome =
  | {
      readonly status: 'done';
      /** Why the first choice ended. */
      readonly finishReason: ChatFinishReason | undefined;
      /** Of all that made this answer; undefined where no upstream has reported it. */
      readonly usage: ChatUsage | undefined;
    }
  /** It broke off and could not be continued: what has been read is not the whole answer. */
  | { readonly status: 'failed'; readonly error: CallError }
  /** By the caller, its signal, or because nobody read it. */
  | { readonly status: 'aborted'; readonly reason: unknown };

/**
 * A streamed answer whose first content is there. Reading it to its end, leaving the loop, or `abort` ends it; one that nobody reads
 * for 60 seconds is aborted. It can be read once.
 *
 * Iterating throws the `CallError` (`AIF_INTERRUPTED`) of an answer that broke off, and the reason of an abort.
 */
export interface ChatStream extends AsyncIterable<ChatChunk> {
  /** How the answer came about, so far: `degraded` becomes `'continued'` when another upstream has gone on with it. */
  readonly failover: FailoverReport;
  /** Resolves when the answer has ended, whoever reads it; never rejects. */
  readonly finished: Promise<StreamOutcome>;
  /** Ends it: what is under way at an upstream is destroyed at once. */
  abort(reason?: unknown): void;
  /** Instead of iterating: hands over what there is and whatever comes, in order. For writers that have a `drain`. */
  deliverTo(receiver: StreamReceiver): StreamFlow;
}

/** Who is handed the frames of a stream. */
export interface StreamReceiver {
  /** All that has come at once. `false` asks for no more until `resume`; what is already on its way may still come. */
  take(frames: readonly Frame[]): boolean;
  /** After the last frame. */
  end(outcome: StreamOutcome): void;
}

export interface StreamFlow {
  /** After `take` has returned `false`. */
  resume(): void;
}
