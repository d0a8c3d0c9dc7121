/** Writes one streamed answer as a response of server-sent events: what there is as it comes, and signs of life until then. */
import type { ServerResponse } from 'node:http';
import type { FailoverReport } from '../call/reply.js';
import type { ChatStream, StreamFlow, StreamOutcome, StreamReceiver } from '../stream/chat-stream.js';
import { DONE_EVENT, KEEP_ALIVE } from '../sse/write-event.js';
import { madeFrame, type Frame } from '../stream/frame.js';
import { setEventStreamHead } from './event-stream-head.js';
import { frameBytes } from './frame-bytes.js';
import { errorEvent } from './openai-error.js';
import { reportFields, reportHeaders, type ReportFields } from './report-headers.js';
import { setRequestId } from './request-id.js';
import { ResponseWatch } from './response-watch.js';

export interface EventStreamSettings {
  /** Of the call. */
  readonly id: string;
  /** Whether to say who answered. */
  readonly expose: boolean;
  /** Ends the call when nobody will read its answer; undefined for one that goes on without a reader. */
  readonly abort: ((reason: unknown) => void) | undefined;
  /** Called before anything is written. */
  readonly takeOver?: (() => void) | undefined;
}

/**
 * One response. Begun with the request: after 10 seconds of quiet the status line goes out with a comment, though it may still end in
 * an error. A reader that has taken nothing for 60 seconds is given up; one that is only slow is waited for.
 */
export class EventStream implements StreamReceiver {
  /** Resolves when there is nothing more to write, whether or not somebody is there to read it. */
  readonly ended: Promise<void>;
  readonly #res: ServerResponse & { flush?: () => void };
  readonly #settings: EventStreamSettings;
  readonly #watch: ResponseWatch;
  #settle: () => void = () => {};
  #stream: ChatStream | undefined;
  #flow: StreamFlow | undefined;
  /** The status line has gone out, and by us. */
  #opened = false;
  /** The first frame has. */
  #begun = false;
  #paused = false;
  #complete = false;
  /** Nobody will read what is still to come. */
  #gone = false;

  constructor(res: ServerResponse, settings: EventStreamSettings) {
    this.#res = res;
    this.#settings = settings;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#watch = new ResponseWatch(res, { onQuiet: () => this.#keepAlive(), onStuck: () => res.destroy() });
    res.once('close', this.#close).once('finish', this.#close).on('drain', this.#drain);
    if (res.destroyed) this.#release();
  }

  /** The answer has begun. */
  deliver(stream: ChatStream): void {
    this.#stream = stream;
    this.#flow = stream.deliverTo(this);
  }

  /** There is no answer. `false` when nothing has been written, so that somebody else may say so in a better way. */
  fail(error: unknown): boolean {
    const silent = !this.#isGone() && !this.#opened;
    if (silent) this.#release();
    this.#end(errorEvent(error));
    return !silent;
  }

  take(frames: readonly Frame[]): boolean {
    if (frames.length === 0) return !this.#paused;
    if (this.#isGone()) return true;
    const bytes = frameBytes(this.#begun ? frames : this.#begin(frames));
    this.#watch.written();
    return this.#write(bytes);
  }

  end(outcome: StreamOutcome): void {
    if (outcome.status === 'done') this.#end(DONE_EVENT);
    else this.#end(errorEvent(outcome.status === 'failed' ? outcome.error : outcome.reason));
  }

  #end(last: Buffer | string): void {
    if (!this.#isGone()) {
      this.#complete = true;
      this.#open(this.#stream?.failover);
      this.#watch.expectReading();
      this.#res.end(last);
    }
    this.#settle();
  }

  /** How the answer came about goes out with the headers or, where they have gone, with the first frame. */
  #begin(frames: readonly Frame[]): readonly Frame[] {
    this.#begun = true;
    const report = this.#stream?.failover;
    const late = this.#opened;
    this.#open(report);
    return late && report !== undefined ? withReport(frames, reportFields(report, this.#settings.expose)) : frames;
  }

  #open(report: FailoverReport | undefined): void {
    if (this.#opened) return;
    this.#opened = true;
    const { id, expose, takeOver } = this.#settings;
    takeOver?.();
    setEventStreamHead(this.#res);
    setRequestId(this.#res, id);
    const headers = report === undefined ? {} : reportHeaders(report, expose);
    for (const [name, value] of Object.entries(headers)) this.#res.setHeader(name, value);
  }

  #keepAlive(): void {
    if (this.#isGone()) return;
    this.#open(undefined);
    this.#write(KEEP_ALIVE);
  }

  #write(data: Buffer | string): boolean {
    const flowing = this.#res.write(data);
    // Compressing middleware would hold it back.
    this.#res.flush?.();
    if (!flowing && !this.#paused) {
      this.#paused = true;
      this.#watch.expectReading();
    }
    return flowing;
  }

  readonly #drain = (): void => {
    if (!this.#paused || this.#complete) return;
    this.#paused = false;
    this.#watch.hasRead();
    this.#flow?.resume();
  };

  /** Notices as well that somebody else has answered the request meanwhile. */
  #isGone(): boolean {
    const { headersSent, writableEnded, destroyed } = this.#res;
    if (!this.#gone && (destroyed || (this.#opened ? writableEnded : headersSent))) this.#close();
    return this.#gone;
  }

  /** Of the response. Before the answer is complete it means that nobody will read the rest of it. */
  readonly #close = (): void => {
    this.#release();
    const message = 'Nobody reads the answer any more';
    if (!this.#complete) this.#settings.abort?.(new DOMException(message, 'AbortError'));
  };

  #release(): void {
    this.#gone = true;
    this.#watch.end();
    this.#res.off('close', this.#close).off('finish', this.#close).off('drain', this.#drain);
    // A call that goes on without a reader must not wait for one.
    this.#flow?.resume();
  }
}

function withReport(frames: readonly Frame[], report: ReportFields): readonly Frame[] {
  const [first, ...others] = frames;
  if (first === undefined || Object.keys(report).length === 0) return frames;
  const chunk = { ...first.chunk, ai_failover: report };
  return [madeFrame(chunk), ...others];
}
