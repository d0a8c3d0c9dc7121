/** A streamed answer on its way to its reader: what has come and is not read yet, and who reads it. */
import type { FailoverReport } from '../call/reply.js';
import { now } from '../clock.js';
import type { ChatChunk } from '../request/chat-types.js';
import type { ChatStream, StreamFlow, StreamOutcome, StreamReceiver } from './chat-stream.js';
import type { Frame } from './frame.js';

/** Where the frames come from. */
export interface StreamSource {
  /** Asks the upstream for no more. */
  pause(): void;
  resume(): void;
  abort(reason: unknown): void;
}

/** Bytes that wait for the reader before the upstream is paused, and at which it goes on. */
const PAUSE_AT = 64 * 1024;
const RESUME_AT = 16 * 1024;
/** What a frame of our own making counts for; also what an object costs beside its bytes. */
const FRAME_COST = 256;

/** Frames that have been read are let go of in lots. */
const COMPACT_AT = 64;

/** A stream that nobody reads holds an upstream's connection, and a place under its limits. */
const UNREAD_FOR = 60_000;

export class ReplyStream implements ChatStream {
  readonly finished: Promise<StreamOutcome>;
  readonly #source: StreamSource;
  #report: FailoverReport;
  #settle: (outcome: StreamOutcome) => void = () => {};
  #outcome: StreamOutcome | undefined;
  /** Not read yet, from `#next` on. */
  #frames: Frame[] = [];
  #next = 0;
  #waitingBytes = 0;
  #paused = false;
  #taken = false;
  /** Its reader wants no more. */
  #left = false;
  /** Who waits for the next frame; several, if `next` is called without awaiting it. */
  readonly #readers: ((result: Promise<IteratorResult<ChatChunk, undefined>>) => void)[] = [];
  #receiver: StreamReceiver | undefined;
  #unread: NodeJS.Timeout | undefined;
  #readAt = now();

  constructor(source: StreamSource, report: FailoverReport) {
    this.#source = source;
    this.#report = report;
    this.finished = new Promise((resolve) => (this.#settle = resolve));
    this.#unread = setTimeout(() => this.#lookForReader(), UNREAD_FOR);
  }

  // --- for whoever reads it

  get failover(): FailoverReport {
    return this.#report;
  }

  abort(reason: unknown = new DOMException('The stream was aborted', 'AbortError')): void {
    if (this.#outcome === undefined) this.#source.abort(reason);
  }

  [Symbol.asyncIterator](): AsyncIterator<ChatChunk, undefined> {
    this.#take();
    return {
      next: () => this.#read(),
      return: async () => {
        this.#leave();
        return DONE;
      },
    };
  }

  deliverTo(receiver: StreamReceiver): StreamFlow {
    this.#take();
    clearTimeout(this.#unread);
    this.#receiver = receiver;
    const frames = this.#frames;
    this.#frames = [];
    // What waits goes first: an upstream that resumes may hand over more before it returns.
    if (frames.length === 0 || receiver.take(frames)) this.#resume();
    else this.#pause();
    if (this.#outcome !== undefined) receiver.end(this.#outcome);
    return { resume: () => this.#resume() };
  }

  // --- for the call

  describeAs(report: FailoverReport): void {
    this.#report = report;
  }

  push(frames: readonly Frame[]): void {
    if (this.#left) return;
    const receiver = this.#receiver;
    if (receiver !== undefined) {
      this.#deliver(receiver, frames);
      return;
    }
    for (const frame of frames) {
      this.#frames.push(frame);
      this.#waitingBytes += costOf(frame);
    }
    while (this.#readers.length > 0 && this.#frames.length > 0) this.#readers.shift()?.(this.#read());
    if (this.#waitingBytes > PAUSE_AT) this.#pause();
  }

  /** Nothing comes behind it; what has come may still be read. */
  end(outcome: StreamOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    clearTimeout(this.#unread);
    this.#receiver?.end(outcome);
    this.#settle(outcome);
    for (const resolve of this.#readers.splice(0)) resolve(this.#read());
  }

  // ---

  #take(): void {
    if (this.#taken) throw new TypeError('A stream can be read once; it is already being read');
    this.#taken = true;
  }

  /** Whoever still waits for more finds the end, as in any iterator that was left. */
  #leave(): void {
    this.#left = true;
    this.abort(new DOMException('The reader left the stream', 'AbortError'));
    this.#frames = [];
    this.#next = 0;
    for (const resolve of this.#readers.splice(0)) resolve(Promise.resolve(DONE));
  }

  #read(): Promise<IteratorResult<ChatChunk, undefined>> {
    if (this.#left) return Promise.resolve(DONE);
    this.#readAt = now();
    const frame = this.#frames[this.#next];
    if (frame !== undefined) {
      this.#next += 1;
      this.#waitingBytes -= costOf(frame);
      if (this.#next === this.#frames.length || this.#next === COMPACT_AT) this.#dropRead();
      if (this.#paused && this.#waitingBytes <= RESUME_AT) this.#resume();
      return Promise.resolve({ done: false, value: frame.chunk });
    }
    switch (this.#outcome?.status) {
      case 'done':
        return Promise.resolve(DONE);
      case 'failed':
        return Promise.reject(this.#outcome.error);
      case 'aborted':
        return Promise.reject(this.#outcome.reason);
      case undefined:
        return new Promise((resolve) => this.#readers.push(resolve));
    }
  }

  #deliver(receiver: StreamReceiver, frames: readonly Frame[]): void {
    if (!receiver.take(frames)) this.#pause();
  }

  #pause(): void {
    if (this.#paused || this.#outcome !== undefined) return;
    this.#paused = true;
    this.#source.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #lookForReader(): void {
    // Somebody who waits for the next frame reads.
    const left = this.#readers.length > 0 ? UNREAD_FOR : this.#readAt + UNREAD_FOR - now();
    if (left < 1) this.abort(new DOMException(`Nobody read the stream for ${UNREAD_FOR} ms`, 'TimeoutError'));
    else this.#unread = setTimeout(() => this.#lookForReader(), Math.ceil(left));
  }

  #dropRead(): void {
    this.#frames = this.#frames.slice(this.#next);
    this.#next = 0;
  }
}

function costOf({ start, end }: Frame): number {
  return end - start + FRAME_COST;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
