/** One try on one lane, as those see it who begin and end it. */
import type { Failure } from '../judgement/failure.js';
import type { ChatUsage } from '../request/chat-types.js';
import type { WireHeaders } from '../transport/transport.js';

export interface Attempt {
  /** Sends it. May end before it returns. */
  start(): void;
  /** A byte of an answer has come. */
  readonly received: boolean;
  /** Ends it from outside: the upstream's socket is destroyed at once. */
  fail(failure: Failure): void;
}

/** Who is told what becomes of an attempt. Callbacks: a promise here would cost every call a turn of the microtask queue. */
export interface AttemptListener<Answer> {
  /** The status line of an answer has come, whatever it says. */
  onHead(status: number, headers: WireHeaders): void;
  /** A streamed answer has its first content. Called at most once, before the end. */
  onContent(answer: Answer): void;
  /** Called once. */
  onEnd(end: AttemptEnd<Answer>): void;
}

export type AttemptEnd<Answer> =
  | {
      readonly ok: true;
      readonly answer: Answer;
      readonly usage: ChatUsage | undefined;
      /** Events of a stream that could not be read and were left out. */
      readonly skipped: number;
    }
  | {
      readonly ok: false;
      readonly failure: Failure;
      /** The request had begun to go out. */
      readonly written: boolean;
    };

/** How long an attempt may take, and what it means when that is over. */
export interface AttemptLimit {
  /** Milliseconds. */
  readonly limit: number;
  /** `own`: its own limit; `reserve`: cut short to leave time for others; `deadline`: the call's time is over. */
  readonly because: 'own' | 'reserve' | 'deadline';
}
