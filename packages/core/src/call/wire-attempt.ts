/** What whole and streamed attempts share: from sending to the status line, and every way to fail. Judges nothing. */
import { now } from '../clock.js';
import type { Failure, TimeoutPhase } from '../judgement/failure.js';
import type { Lane } from '../pool/pool.js';
import type { Decoded } from '../provider/dialect.js';
import { broken } from '../provider/json-reply.js';
import type { Exchange, ResponseSink, TransportError, WireHeaders, WireRequest } from '../transport/transport.js';
import type { Attempt, AttemptEnd, AttemptLimit, AttemptListener } from './attempt.js';

/** Of an error's body, what is read to judge it. */
const ERROR_BODY_LIMIT = 64 * 1024;

/** An error whose body does not come is judged without it. */
const ERROR_BODY_PATIENCE = 1_000;

export abstract class WireAttempt<Answer> implements ResponseSink, Attempt {
  protected readonly lane: Lane;
  /** Until a whole answer, or the first content of a streamed one. */
  protected readonly limit: AttemptLimit;
  protected readonly listener: AttemptListener<Answer>;
  protected exchange: Exchange | undefined;
  protected headers: WireHeaders = {};
  protected over = false;
  readonly #wire: WireRequest;
  #timer: NodeJS.Timeout | undefined;
  #endsAt = 0;
  #written = false;
  #wroteAt = 0;
  #status = 0;
  #received = false;
  #errorBody: Buffer[] | undefined;
  #errorSize = 0;

  constructor(lane: Lane, wire: WireRequest, limit: AttemptLimit, listener: AttemptListener<Answer>) {
    this.lane = lane;
    this.limit = limit;
    this.listener = listener;
    this.#wire = wire;
  }

  start(): void {
    this.#endsAt = now() + this.limit.limit;
    this.arm(this.limit.limit);
    try {
      this.exchange = this.lane.deployment.upstream.transport.send(this.#wire, this);
    } catch {
      this.fail({ kind: 'local', reason: 'the transport refused the request' });
      return;
    }
    // The transport may have failed before it returned.
    if (this.over) this.exchange.abort();
  }

  get received(): boolean {
    return this.#received;
  }

  fail(failure: Failure): void {
    this.finish({ ok: false, failure, written: this.#written });
  }

  // --- what the kinds of attempts do with a 2xx answer

  /** Content has begun to come. */
  protected abstract get hasContent(): boolean;
  /** The status line is there. */
  protected abstract begin(headers: WireHeaders): void;
  protected abstract read(chunk: Buffer): void;
  /** The body has ended in an orderly way. */
  protected abstract complete(): void;
  /** The timer that was armed last has run out. */
  protected abstract timeOut(): void;

  // --- what the transport tells

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
    this.headers = headers;
    this.listener.onHead(status, headers);
    if (this.#succeeded()) this.begin(headers);
    else this.#arm(Math.min(ERROR_BODY_PATIENCE, this.#endsAt - now()), () => this.#failByStatus());
  }

  onData(chunk: Buffer): void {
    if (this.#succeeded()) {
      this.read(chunk);
      return;
    }
    this.#errorSize += chunk.length;
    (this.#errorBody ??= []).push(chunk);
    if (this.#errorSize >= ERROR_BODY_LIMIT) this.#failByStatus();
  }

  onEnd(): void {
    if (this.#succeeded()) this.complete();
    else this.#failByStatus();
  }

  onError(error: TransportError): void {
    if (error.kind === 'timeout') {
      this.failByTimeout(error.phase, error.limit);
    } else if (this.#received && this.#status !== 0 && !this.#succeeded()) {
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
        content: this.hasContent,
      });
    }
  }

  // --- for the kinds of attempts

  /** One timer at a time; a new one replaces the last. */
  protected arm(delay: number): void {
    this.#arm(delay, () => this.timeOut());
  }

  /** `because` of a limit that was not its own, the deadline is to blame. */
  protected failByTimeout(phase: TimeoutPhase, limit: number, limitedByDeadline = false): void {
    const received = this.#received;
    this.fail({ kind: 'timeout', phase, limit, received, limitedByDeadline, streamed: this.streamed });
  }

  protected abstract readonly streamed: boolean;

  /** A dialect must not stumble, but bytes that make it do so must not leave the call waiting either. */
  protected decode(body: Buffer, mayBeEmpty: boolean): Decoded {
    try {
      return this.lane.deployment.upstream.dialect.decode(this.headers, body, mayBeEmpty);
    } catch {
      return broken('the reply cannot be read');
    }
  }

  protected tooLarge(): void {
    const { maxResponseBytes } = this.lane.deployment.upstream.settings;
    this.fail({ kind: 'protocol', problem: `the reply is larger than ${maxResponseBytes} bytes` });
  }

  protected finish(end: AttemptEnd<Answer>): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.#timer);
    this.letGo(end.ok);
    this.#errorBody = undefined;
    this.listener.onEnd(end);
  }

  /** Ends what is left of the exchange: harmless when it is over; else its unread bytes would block the connection. */
  protected letGo(_ok: boolean): void {
    this.exchange?.abort();
  }

  #arm(delay: number, onTime: () => void): void {
    clearTimeout(this.#timer);
    // Rounded up, because a timer drops fractions and would be early.
    this.#timer = setTimeout(onTime, Math.ceil(Math.max(0, delay)));
  }

  #failByStatus(): void {
    const body = Buffer.concat(this.#errorBody ?? []).toString('utf8', 0, ERROR_BODY_LIMIT);
    this.fail({ kind: 'status', status: this.#status, headers: this.headers, body });
  }

  #succeeded(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }
}

/** llhttp's codes, and what undici says of headers that are too long. */
function isNotHttp(error: Error): boolean {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW');
}
