/** A streamed answer that a test plays by hand, and the frames to play. */
import type { FailoverReport } from '../../src/call/reply.js';
import type { ChatChunk } from '../../src/request/chat-types.js';
import type { ChatStream, StreamFlow, StreamOutcome, StreamReceiver } from '../../src/stream/chat-stream.js';
import type { Frame } from '../../src/stream/frame.js';

export const REPORT: FailoverReport = {
  requestId: 'call-1',
  deployment: 'm@north',
  upstream: 'north',
  model: 'm',
  attempts: [],
  skipped: [],
  failedOver: false,
  degraded: undefined,
};

export const DONE: StreamOutcome = { status: 'done', finishReason: 'stop', usage: undefined };

export class HandMadeStream implements ChatStream {
  readonly finished: Promise<StreamOutcome>;
  /** How often the receiver has said no. */
  refusals = 0;
  resumes = 0;
  /** Reasons, in order. */
  readonly aborts: unknown[] = [];
  failover: FailoverReport;
  #settle: (outcome: StreamOutcome) => void = () => {};
  #receiver: StreamReceiver | undefined;
  #whenResumed: (() => void) | undefined;

  constructor(report: Partial<FailoverReport> = {}) {
    this.failover = { ...REPORT, ...report };
    this.finished = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Whether the receiver asks for more. */
  push(...frames: readonly Frame[]): boolean {
    const goOn = this.#receiver?.take(frames) ?? false;
    if (!goOn) this.refusals += 1;
    return goOn;
  }

  end(outcome: StreamOutcome = DONE): void {
    this.#receiver?.end(outcome);
    this.#settle(outcome);
  }

  /** Resolves at the next `resume`. */
  resumed(): Promise<void> {
    return new Promise((resolve) => (this.#whenResumed = resolve));
  }

  /** Like the real one, it ends. */
  readonly abort = (reason?: unknown): void => {
    this.aborts.push(reason);
    if (this.aborts.length === 1) this.end({ status: 'aborted', reason });
  };

  deliverTo(receiver: StreamReceiver): StreamFlow {
    this.#receiver = receiver;
    return {
      resume: () => {
        this.resumes += 1;
        this.#whenResumed?.();
      },
    };
  }

  // oxlint-disable-next-line require-yield -- nobody iterates here
  async *[Symbol.asyncIterator](): AsyncGenerator<ChatChunk, undefined> {
    throw new Error('not played');
  }
}

export function chunk(content: string): ChatChunk {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
}

/** Frames that lie side by side in one buffer, spaced as no serialiser of ours would space them. */
export function framesAsTheyCame(...contents: readonly string[]): Frame[] {
  const events = contents.map((content) => Buffer.from(`data:  ${JSON.stringify(chunk(content))}\r\n\r\n`));
  const source = Buffer.concat(events);
  let end = 0;
  return events.map(({ length }, index) => {
    const start = end;
    end += length;
    return { chunk: chunk(contents[index] ?? ''), source, start, end };
  });
}

/** So many bytes, as one frame. */
export function largeFrame(bytes: number): Frame {
  return { chunk: chunk('large'), source: Buffer.alloc(bytes, 'x'), start: 0, end: bytes };
}
