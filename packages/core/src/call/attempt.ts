/** One try on one lane, unstreamed: from sending to a whole reply or the facts of its failure. Judges nothing. */
import { now } from '../clock.js';
import type { Failure } from '../judgement/failure.js';
import type { Lane } from '../pool/pool.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { Exchange, ResponseSink, TransportError, WireHeaders, WireRequest } from '../transport/transport.js';

/** How long the attempt may take, and what it means when that is over. */
export interface AttemptLimit {
  /** Milliseconds. */
  readonly limit: number;
  /** `own`: its own limit; `reserve`: cut short to leave time for others; `deadline`: the call's time is over. */
  readonly because: 'own' | 'reserve' | 'deadline';
}

export type AttemptEnd =
  | {
      readonly ok: true;
      readonly completion: ChatCompletion;
      /** The upstream's own bytes, to be passed on where nothing has to change. */
      readonly body: Buffer;
      readonly headers: WireHeaders;
    }
  | {
      readonly ok: false;
      readonly failure: Failure;
      /** The request had begun to go out. */
      readonly written: boolean;
    };

/** Of an error's body, what is read to judge it. */
const ERROR_BODY_LIMIT = 64 * 1024;

/** An error whose body does not come is judged without it. */
const ERROR_BODY_PATIENCE = 1_000;

export class UnaryAttempt implements ResponseSink {
  readonly #lane: Lane;
  readonly #wire: WireRequest;
  readonly #limit: AttemptLimit;
  readonly #onEnd: (end: AttemptEnd) => void;
  #exchange: Exchange | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #written = false;
  #wroteAt = 0;
  #endsAt = 0;
  #status = 0;
  #headers: WireHeaders = {};
  #received = false;
  #chunks: Buffer[] = [];
  #size = 0;

  /** `onEnd` is called once. A promise here would cost every call a turn of the microtask queue. */
  constructor(lane: Lane, wire: WireRequest, limit: AttemptLimit, onEnd: (end: AttemptEnd) => void) {
    this.#lane = lane;
    this.#wire = wire;
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#endsAt = now() + this.#limit.limit;
    // Rounded up, because a timer drops fractions and would be early.
    this.#timer = setTimeout(() => this.#timeOut(), Math.ceil(this.#limit.limit));
    try {
      this.#exchange = this.#lane.deployment.upstream.transport.send(this.#wire, this);
    } catch {
      this.fail({ kind: 'local', reason: 'the transport refused the request' });
      return;
    }
    // The transport may have failed before it returned.
    if (this.#over) this.#exchange.abort();
  }

  /** A byte of an answer has come. */
  get received(): boolean {
    return this.#received;
  }

  /** Ends it from outside: the upstream's socket is destroyed at once. */
  fail(failure: Failure): void {
    this.#finish({ ok: false, failure, written: this.#written });
  }

  onConnection(): void {
    this.#written = true;
    this.#wroteAt = now();
  }

  onInterim(): void {
    this.#received = true;
  }

  onHead(status: number, headers: WireHeaders): void {
    this.#received = true;
    this.#status = status;
    this.#headers = headers;
    if (this.#succeeded()) return;
    clearTimeout(this.#timer);
    const patience = Math.min(ERROR_BODY_PATIENCE, this.#endsAt - now());
    this.#timer = setTimeout(() => this.#failByStatus(), Math.max(0, patience));
  }

  onData(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (!this.#succeeded()) {
      if (this.#size >= ERROR_BODY_LIMIT) this.#failByStatus();
    } else if (this.#size > this.#lane.deployment.upstream.settings.maxResponseBytes) {
      const { maxResponseBytes } = this.#lane.deployment.upstream.settings;
      this.fail({ kind: 'protocol', problem: `the reply is larger than ${maxResponseBytes} bytes` });
    }
  }

  onEnd(): void {
    if (!this.#succeeded()) {
      this.#failByStatus();
      return;
    }
    const body = this.#body();
    const decoded = this.#lane.deployment.upstream.dialect.decode(this.#headers, body);
    if (decoded.ok) this.#finish({ ok: true, completion: decoded.completion, body, headers: this.#headers });
    else this.fail(decoded.failure);
  }

  onError(error: TransportError): void {
    if (error.kind === 'timeout') {
      this.#failByTimeout(error.phase, error.limit);
    } else if (this.#received && !this.#succeeded()) {
      this.#failByStatus();
    } else if (isNotHttp(error.error)) {
      this.fail({ kind: 'protocol', problem: 'the reply is not HTTP' });
    } else {
      this.fail({
        kind: 'socket',
        error: error.error,
        connecting: error.connecting,
        reused: error.reused,
        received: this.#received,
        sinceWrite: error.connecting ? 0 : now() - this.#wroteAt,
        content: false,
      });
    }
  }

  #timeOut(): void {
    this.#failByTimeout(this.#limit.because === 'deadline' ? 'deadline' : 'unary', this.#limit.limit);
  }

  #failByTimeout(phase: 'connect' | 'pool' | 'write' | 'unary' | 'deadline', limit: number): void {
    const limitedByDeadline = this.#limit.because !== 'own' && (phase === 'unary' || phase === 'deadline');
    this.fail({ kind: 'timeout', phase, limit, received: this.#received, limitedByDeadline, streamed: false });
  }

  #failByStatus(): void {
    const body = this.#body().toString('utf8', 0, ERROR_BODY_LIMIT);
    this.fail({ kind: 'status', status: this.#status, headers: this.#headers, body });
  }

  #finish(end: AttemptEnd): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    // Harmless when the exchange has ended; else its unread bytes would block the connection.
    this.#exchange?.abort();
    this.#chunks = [];
    this.#onEnd(end);
  }

  #succeeded(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  #body(): Buffer {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
  }
}

/** llhttp's codes, and what undici says of headers that are too long. */
function isNotHttp(error: Error): boolean {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW');
}
