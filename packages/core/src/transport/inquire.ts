/** Asks an upstream something small beside its calls: its models, its usage, its news, one token. Judges nothing. */
import { now } from '../clock.js';
import type { Failure } from '../judgement/failure.js';
import type { Exchange, ResponseSink, Transport, TransportError, WireHeaders, WireRequest } from './transport.js';

export interface Inquiry {
  readonly method: WireRequest['method'];
  /** Absolute, of the transport's own origin. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  /** A longer answer is a failure. @default 2 MB */
  readonly maxBytes?: number;
  /** So many bytes are enough: the rest of a longer answer is not read, and its beginning counts as whole. */
  readonly enough?: number;
  /** Of a `POST`. */
  readonly body?: string;
}

/** What came of it; `duration` in milliseconds. Any status but a 2xx is a failure. */
export type InquiryEnd =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: WireHeaders;
      readonly body: string;
      readonly duration: number;
    }
  | { readonly ok: false; readonly failure: Failure; readonly duration: number };

/** An inquiry under way. */
export interface InquiryUnderWay {
  /** Never rejects. */
  readonly over: Promise<InquiryEnd>;
  /** Gives it up at once; `over` resolves to an `aborted` failure. */
  end(): void;
}

const MAX_BYTES = 2 * 1024 * 1024;
/** Of an error's body, what is read to judge it. */
const ERROR_BODY_LIMIT = 64 * 1024;

export function inquire(transport: Transport, inquiry: Inquiry): InquiryUnderWay {
  return new InquiryExchange(transport, inquiry);
}

class InquiryExchange implements InquiryUnderWay, ResponseSink {
  readonly over: Promise<InquiryEnd>;
  readonly #inquiry: Inquiry;
  readonly #startedAt = now();
  readonly #timer: NodeJS.Timeout;
  readonly #pieces: Buffer[] = [];
  #settle: (end: InquiryEnd) => void = () => {};
  #exchange: Exchange | undefined;
  #isOver = false;
  #received = false;
  #wroteAt = 0;
  #status = 0;
  #headers: WireHeaders = {};
  #size = 0;

  constructor(transport: Transport, inquiry: Inquiry) {
    const { method, url, headers, timeout, body = '' } = inquiry;
    this.#inquiry = inquiry;
    this.over = new Promise((resolve) => (this.#settle = resolve));
    this.#timer = setTimeout(() => this.#timeOut(), Math.ceil(timeout));
    this.#timer.unref();
    const timeouts = { connect: timeout, pool: timeout, write: timeout };
    try {
      this.#exchange = transport.send({ method, url, headers, body, fresh: false, timeouts }, this);
    } catch {
      this.#fail({ kind: 'local', reason: 'the transport refused the request' });
    }
    // The transport may have failed before it returned.
    if (this.#isOver) this.#exchange?.abort();
  }

  end(): void {
    this.#fail({ kind: 'aborted' });
  }

  onConnection(): void {
    this.#wroteAt = now();
  }

  onInterim(): void {
    this.#received = true;
  }

  onHead(status: number, headers: WireHeaders): void {
    this.#received = true;
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Buffer): void {
    this.#size += chunk.length;
    const { maxBytes = MAX_BYTES, enough = Infinity } = this.#inquiry;
    if (this.#size <= maxBytes) this.#pieces.push(chunk);
    else if (this.#succeeded) this.#fail({ kind: 'protocol', problem: `the reply is larger than ${maxBytes} bytes` });
    else this.onEnd();
    if (this.#size >= enough && this.#succeeded) this.onEnd();
  }

  onEnd(): void {
    const body = Buffer.concat(this.#pieces);
    const status = this.#status;
    const headers = this.#headers;
    if (this.#succeeded) {
      this.#finish({ ok: true, status, headers, body: body.toString('utf8'), duration: this.#duration });
    } else {
      this.#fail({ kind: 'status', status, headers, body: body.toString('utf8', 0, ERROR_BODY_LIMIT) });
    }
  }

  onError(error: TransportError): void {
    if (error.kind === 'timeout') {
      this.#failByTimeout(error.phase, error.limit);
      return;
    }
    if (this.#status !== 0 && !this.#succeeded) {
      this.onEnd();
      return;
    }
    const { connecting, reused } = error;
    const sinceWrite = connecting ? 0 : now() - this.#wroteAt;
    const received = this.#received;
    this.#fail({ kind: 'socket', error: error.error, connecting, reused, received, sinceWrite, content: received });
  }

  get #succeeded(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  get #duration(): number {
    return now() - this.#startedAt;
  }

  #timeOut(): void {
    this.#failByTimeout('unary', this.#inquiry.timeout);
  }

  #failByTimeout(phase: 'connect' | 'pool' | 'write' | 'unary', limit: number): void {
    const received = this.#received;
    this.#fail({ kind: 'timeout', phase, limit, received, limitedByDeadline: false, streamed: false });
  }

  #fail(failure: Failure): void {
    this.#finish({ ok: false, failure, duration: this.#duration });
  }

  #finish(end: InquiryEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#exchange?.abort();
    this.#settle(end);
  }
}
