/**
 * A streamed attempt: CONNECT → HEADERS → PRELUDE → CONTENT → DONE or CUT. Holds everything back until the first content is there,
 * so that until then everything may fail over; then hands on each event as it comes.
 */
import { now } from '../clock.js';
import type { Timeouts } from '../config/settings.js';
import type { Failure } from '../judgement/failure.js';
import type { Lane } from '../pool/pool.js';
import type { StreamDecoder } from '../provider/dialect.js';
import { writeJson } from '../provider/json-reply.js';
import type { ChatChunk, ChatUsage } from '../request/chat-types.js';
import { EventSplitter, type SseListener } from '../sse/event-splitter.js';
import { EXPLAINS_EMPTINESS, hasContent } from '../stream/chunk-facts.js';
import { chunksOf } from '../stream/chunks-of.js';
import { madeFrame, type Frame } from '../stream/frame.js';
import type { TransportError, WireHeaders, WireRequest } from '../transport/transport.js';
import type { AttemptLimit, AttemptListener } from './attempt.js';
import { WireAttempt } from './wire-attempt.js';

/** A streamed answer that has begun. */
export interface LiveAnswer {
  /** Hands over what was held, at once, and then whatever comes. */
  flowTo(receiver: FrameReceiver): void;
  pause(): void;
  resume(): void;
}

export interface FrameReceiver {
  /** All that came with one read of the socket. */
  take(frames: readonly Frame[]): void;
}

export interface StreamLimits {
  /** Until the first content. */
  readonly firstContent: AttemptLimit;
  readonly betweenChunks: Timeouts['betweenChunks'];
  /** Of the call, on the engine's clock. */
  readonly deadlineAt: number;
  /** How many answers were asked for. */
  readonly choices: number;
  /** It is to go on with an answer of which nothing may be missing. */
  readonly mayBeEmpty: boolean;
}

/** Bytes held back: nobody says so much before the first word, and who has said it waits until it is taken. */
const LARGEST_PRELUDE = 64 * 1024;

/** After the last `finish_reason`: usage and `[DONE]` come at once or never. */
const GRACE = 500;

export class StreamAttempt extends WireAttempt<LiveAnswer> implements LiveAnswer, SseListener {
  protected readonly streamed = true;
  readonly #limits: StreamLimits;
  readonly #splitter = new EventSplitter(this);
  #decoder: StreamDecoder | undefined;
  /** Pieces of an answer that came whole although it was asked for as a stream. */
  #whole: Buffer[] | undefined;
  #size = 0;
  #lastByteAt = 0;
  #paused = false;
  /** Why nothing more is read. */
  #ending: 'done' | Failure | undefined;
  #wireEnded = false;
  #lingering: NodeJS.Timeout | undefined;

  #hasContent = false;
  #announced = false;
  /** Events of this read; all there are while nobody takes them. */
  #frames: Frame[] = [];
  #heldBytes = 0;
  #receiver: FrameReceiver | undefined;

  /** Choices that have been seen, and why those ended that have. */
  #choices = 0;
  readonly #finished = new Map<number, string>();
  #callsTools = false;
  #completesAt = Infinity;
  #last: ChatChunk | undefined;
  #usage: ChatUsage | undefined;
  #skipped = 0;

  constructor(lane: Lane, wire: WireRequest, limits: StreamLimits, listener: AttemptListener<LiveAnswer>) {
    super(lane, wire, limits.firstContent, listener);
    this.#limits = limits;
  }

  // --- what the reader may do

  flowTo(receiver: FrameReceiver): void {
    this.#receiver = receiver;
    this.#handOn();
    this.resume();
  }

  pause(): void {
    if (this.#paused || this.over) return;
    this.#paused = true;
    this.exchange?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // A slow reader does not run the upstream's clock.
    this.#lastByteAt = now();
    if (this.#completesAt < Infinity && !this.over) this.#hurry();
    this.exchange?.resume();
  }

  // --- what comes

  protected get hasContent(): boolean {
    return this.#announced;
  }

  protected begin(headers: WireHeaders): void {
    const type = firstValue(headers['content-type']);
    const encoding = firstValue(headers['content-encoding']);
    if (encoding !== undefined && encoding !== 'identity') {
      this.fail({ kind: 'protocol', problem: 'the reply is compressed, which was not asked for' });
    } else if (type === undefined || /\bevent-stream\b/i.test(type)) {
      this.#decoder = this.lane.deployment.upstream.dialect.decodeStream(headers);
    } else if (/\bjson\b/i.test(type)) {
      this.#whole = [];
    } else {
      this.fail({ kind: 'protocol', problem: 'the reply is no stream of events by its content-type' });
    }
  }

  protected read(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#lastByteAt = now();
    if (this.#size > this.lane.deployment.upstream.settings.maxResponseBytes) {
      this.tooLarge();
    } else if (this.#whole !== undefined) {
      this.#whole.push(chunk);
    } else {
      this.#splitter.push(chunk);
      this.#flush();
    }
  }

  protected complete(): void {
    this.#wireEnded = true;
    if (this.#whole === undefined) this.#splitter.end();
    else this.#readWhole(Buffer.concat(this.#whole));
    this.#stop(this.#isComplete() ? 'done' : { kind: 'cut', content: this.#announced });
    this.#flush();
  }

  /** After its terminal marker a stream lingers, so that its connection can serve again. */
  override onData(chunk: Buffer): void {
    if (!this.over) super.onData(chunk);
  }

  override onEnd(): void {
    if (this.over) this.#endLingering();
    else super.onEnd();
  }

  override onError(error: TransportError): void {
    if (this.over) {
      this.#endLingering();
    } else if (this.#isComplete()) {
      this.#stop('done');
      this.#flush();
    } else {
      super.onError(error);
    }
  }

  onEvent(data: string, type: string, source: Buffer | undefined, start: number, end: number): void {
    const item = this.#decoder?.read(data, type);
    switch (item?.kind) {
      case 'chunk':
        this.#add(item.asItCame && source ? { chunk: item.chunk, source, start, end } : rewritten(item.chunk, data));
        return;
      case 'done':
        this.#stop('done');
        return;
      case 'error':
        // Behind its end it takes nothing back of an answer that has left, or could have.
        this.#stop(this.#hasContent && this.#isComplete() ? 'done' : item.failure);
        return;
      case 'malformed':
        this.#skipped += 1;
        return;
      case 'nothing':
      case undefined:
    }
  }

  /** A server that cannot stream answers in one piece. */
  #readWhole(body: Buffer): void {
    const decoded = this.decode(body, this.#limits.mayBeEmpty);
    if (!decoded.ok) {
      this.#stop(decoded.failure);
      return;
    }
    const { completion } = decoded;
    const chunks = chunksOf(completion, { includeUsage: completion.usage !== undefined });
    // They have to be written, and more can be read than that.
    if (writeJson(chunks) === undefined) {
      this.#stop({ kind: 'protocol', problem: 'the reply is nested too deeply' });
      return;
    }
    for (const chunk of chunks) this.#add(madeFrame(chunk));
    this.#stop('done');
  }

  #add(frame: Frame): void {
    const { chunk } = frame;
    this.#frames.push(frame);
    this.#heldBytes += frame.end - frame.start;
    this.#last = chunk;
    if (chunk.usage !== undefined && chunk.usage !== null) this.#usage = chunk.usage;
    for (const { index, delta, finish_reason: reason } of chunk.choices) {
      if (index >= this.#choices) this.#choices = index + 1;
      if (delta.tool_calls !== undefined && delta.tool_calls.length > 0) this.#callsTools = true;
      if (reason !== null) this.#finished.set(index, reason);
    }
    this.#hasContent ||= hasContent(chunk);
  }

  /** What comes behind this is not read. */
  #stop(ending: 'done' | Failure): void {
    this.#ending ??= ending;
    this.#splitter.stop();
  }

  // --- what becomes of it

  /** After each read: hands on what it brought, and notices what began or ended with it. */
  #flush(): void {
    if (this.#ending === 'done') this.#conclude();
    const broken = this.#ending !== undefined && this.#ending !== 'done';
    // Content that breaks off within one read has not left for anybody: it may fail over.
    if (this.#hasContent && !this.#announced && !broken) this.#announce();
    if (this.over) return;
    if (this.#receiver !== undefined) this.#handOn();
    else this.#hold();
    if (this.over) return;
    if (this.#ending === 'done') this.#succeed();
    else if (this.#ending !== undefined) this.fail(this.#ending);
    else if (this.#completesAt === Infinity && this.#isComplete()) this.#hurry();
  }

  /** The terminal marker has come: an answer without content has to say why, and each choice has an end. */
  #conclude(): void {
    if (!this.#hasContent) {
      const reasons = [...this.#finished.values()];
      const explained = this.#limits.mayBeEmpty || reasons.every((reason) => EXPLAINS_EMPTINESS.has(reason));
      if (reasons.length > 0 && explained) this.#hasContent = true;
      else this.#ending = { kind: 'protocol', problem: 'the answer is empty' };
    }
    const last = this.#last;
    if (!this.#hasContent || last === undefined || this.#hasFinished(0)) return;
    const reason = this.#callsTools ? 'tool_calls' : 'stop';
    for (let index = 0; index < this.#choices; index += 1) {
      if (this.#finished.has(index)) continue;
      const choices = [{ index, delta: {}, logprobs: null, finish_reason: reason } as const];
      const { usage: _, ...facts } = last;
      this.#frames.push(madeFrame({ ...facts, choices }));
    }
  }

  /** As far as can be told without `[DONE]`: an answer that was asked for and has not begun may still come. */
  #isComplete(): boolean {
    return this.#hasFinished(this.#limits.choices);
  }

  /** Each choice that has been seen, and at least so many, has its `finish_reason`. */
  #hasFinished(atLeast: number): boolean {
    return this.#choices > 0 && this.#finished.size >= Math.max(atLeast, this.#choices);
  }

  #announce(): void {
    this.#announced = true;
    this.#armForNext(now());
    this.listener.onContent(this);
  }

  #handOn(): void {
    if (this.#frames.length === 0 || this.#receiver === undefined) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#heldBytes = 0;
    this.#receiver.take(frames);
  }

  #hold(): void {
    if (this.#heldBytes < LARGEST_PRELUDE) return;
    if (this.#hasContent) this.pause();
    else this.#stop({ kind: 'protocol', problem: `no content within the first ${LARGEST_PRELUDE} bytes` });
  }

  #succeed(): void {
    this.finish({ ok: true, answer: this, usage: this.#usage, skipped: this.#skipped });
  }

  #hurry(): void {
    const at = now();
    this.#completesAt = at + GRACE;
    this.#armForNext(at);
  }

  protected timeOut(): void {
    const { firstContent, betweenChunks, deadlineAt } = this.#limits;
    const at = now();
    if (this.#completesAt < Infinity) {
      this.#endIfDue(at);
    } else if (!this.#announced) {
      const { limit, because } = firstContent;
      this.failByTimeout(because === 'deadline' ? 'deadline' : 'first-content', limit, because !== 'own');
    } else if (at + 1 > deadlineAt) {
      this.failByTimeout('deadline', deadlineAt - at, true);
    } else if (!this.#paused && at + 1 > this.#lastByteAt + betweenChunks) {
      this.failByTimeout('between-chunks', betweenChunks);
    } else {
      this.#armForNext(at);
    }
  }

  /** What is missing may be the usage, and a paused upstream cannot send it: its time begins when it may. */
  #endIfDue(at: number): void {
    const isDue = at + 1 > this.#limits.deadlineAt || (!this.#paused && at + 1 > this.#completesAt);
    if (!isDue) {
      this.#armForNext(at);
      return;
    }
    this.#stop('done');
    this.#flush();
  }

  /** The timer is not set anew for each chunk; it looks at the clock when it runs out. */
  #armForNext(at: number): void {
    const { betweenChunks, deadlineAt } = this.#limits;
    const quietUntil = (this.#paused ? at : this.#lastByteAt) + betweenChunks;
    const completesAt = this.#paused ? Infinity : this.#completesAt;
    this.arm(Math.min(this.#completesAt < Infinity ? completesAt : quietUntil, deadlineAt) - at);
  }

  protected override letGo(ok: boolean): void {
    const { exchange } = this;
    if (!ok || this.#wireEnded || exchange === undefined) {
      exchange?.abort();
      return;
    }
    // What is left is the end of the body, as a rule in the same read.
    this.#lingering = setTimeout(() => exchange.abort(), GRACE).unref();
    if (this.#paused) exchange.resume();
  }

  #endLingering(): void {
    clearTimeout(this.#lingering);
  }
}

/** It has to be serialised, but is as large as what came: whoever bounds what is held counts on that. */
function rewritten(chunk: ChatChunk, { length }: string): Frame {
  return { chunk, source: undefined, start: 0, end: length };
}

function firstValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
