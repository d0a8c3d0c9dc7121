/** How a row of the table of streams reads. */
import type {
  BreakerEffect,
  CallOptions,
  ChatRequest,
  Degradation,
  FailoverOptions,
  UpstreamOptions,
} from '@ai-failover/core';
import type { Script } from '@ai-failover/testing';
import type { Row } from './table.ts';

/** What becomes of a call and of its first attempt. */
export interface StreamExpectation {
  /** The first attempt. `ok` where nothing fails. */
  readonly class: Row['class'];
  readonly breaker: BreakerEffect;
  readonly rests?: Row['rests'];
  /**
   * As in the table of faults, with `+` instead of `>` where somebody is asked to go on with what the caller has had by then.
   * `P + S > S`: S was asked to go on with P's answer, failed, and did it the second time. An error after content has a
   * beginning of the answer before it.
   */
  readonly course: string;
  /** Of the first attempt. `gone`: closed, and who was first is chance. */
  readonly socket: Row['socket'] | 'gone';
  /** What the caller has in the end. @default the whole answer, and before an error a beginning of it */
  readonly text?: string;
  /** Why the answer ended. @default 'stop' */
  readonly finish?: string;
  /** @default 'continued' where the course says `+` */
  readonly degraded?: Degradation;
  /** Events that were left out. */
  readonly skipped?: number;
}

/** A fault, and what has to come of it when the caller streams with `S` beside it. */
export interface StreamRow extends StreamExpectation {
  readonly fault: string;
  /** What `P` does. */
  readonly script: Script;
  /** @default it says the same answer, and goes on with it where it is asked to */
  readonly scriptOfS?: Script;
  /** Of `P`. */
  readonly options?: Partial<UpstreamOptions>;
  readonly optionsOfS?: Partial<UpstreamOptions>;
  readonly engine?: Partial<FailoverOptions>;
  readonly request?: Partial<ChatRequest>;
  readonly call?: CallOptions;
  /** Before the call of the row: one like it that is answered, so that a connection is open. */
  readonly before?: 'a call';
  /** What is different when `chat` streams inside. Nobody has had anything when such a stream breaks off: it never says `+`. */
  readonly inside?: Partial<StreamExpectation>;
  /** What is different when nothing is streamed, and what `P` does then; missing for faults that only streams have. */
  readonly unary?: Partial<StreamExpectation> & { readonly script?: Script };
  /** The course of a stream with nobody beside `P`. */
  readonly alone?: string;
}

/** The row when nothing is streamed. */
export function asUnary(row: StreamRow): StreamRow {
  return { ...row, ...row.unary };
}

/** The row when `chat` streams inside. */
export function asInside(row: StreamRow): StreamRow {
  return { ...row, course: row.course.replaceAll('+', '>'), ...row.inside };
}

/** Attempts that end soon when nothing comes. */
export const SOON = {
  timeouts: { unary: 150, unaryPerOutputToken: 0, firstContent: 150, betweenChunks: 150 },
} as const satisfies Partial<UpstreamOptions>;
