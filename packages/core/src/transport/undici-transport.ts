/** The transport over undici's pools. This file and `observed-client.ts` alone import undici's code. */
import { Readable } from 'node:stream';
import { buildConnector, Pool, type Dispatcher } from 'undici';
import type { UpstreamSettings } from '../config/settings.js';
import {
  ConnectTimeoutError,
  createClientFactory,
  type ClientFactory,
  type Connection,
  type ObservedOptions,
} from './observed-client.js';
import { connectPlainly } from './plain-connector.js';
import type { Exchange, ResponseSink, Transport, TransportError, WireRequest } from './transport.js';
import { bodyInPieces, WRITE_AT_ONCE } from './write-body.js';

/** undici's own timers are too coarse (100 ms fire after a second), so they are off and ours run instead. */
const UNTIMED = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** Connections open on demand, are kept alive, and are shared by all models and keys of the upstream. */
export function createUndiciTransport(upstream: UpstreamSettings): Transport {
  if (upstream.dispatcher !== undefined) return transportOver(upstream.dispatcher, upstream);
  const clients = createClientFactory(connectorFor(upstream), upstream.timeouts.connect);
  const shared = pooled(upstream, upstream.connections ?? null, clients);
  /** Each of its connections serves one request: a second try after a stale socket must not meet another one. */
  let single: Pool | undefined;

  return {
    send(request, sink) {
      const pool = request.fresh ? (single ??= pooled(upstream, null, clients)) : shared;
      return new UndiciExchange(pool, request, sink, upstream);
    },
    async close() {
      await Promise.all([shared.destroy(), single?.destroy()]);
      clients.close();
    },
  };
}

/** The application's own dispatcher, which stays its own to close. */
function transportOver(dispatcher: Dispatcher, upstream: UpstreamSettings): Transport {
  return {
    send: (request, sink) => new UndiciExchange(dispatcher, request, sink, upstream),
    close: () => Promise.resolve(),
  };
}

function connectorFor({ baseUrl }: UpstreamSettings): buildConnector.connector {
  return new URL(baseUrl).protocol === 'https:' ? buildConnector({ timeout: 0 }) : connectPlainly;
}

function pooled({ baseUrl }: UpstreamSettings, connections: number | null, clients: ClientFactory): Pool {
  const { origin } = new URL(baseUrl);
  return new Pool(origin, { ...UNTIMED, connections, pipelining: 1, factory: clients.create });
}

class UndiciExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #sink: ResponseSink;
  readonly #upstream: UpstreamSettings;
  readonly #timeouts: WireRequest['timeouts'];
  /** Only a body that does not fit into the socket's buffer can be watched while it is written. */
  readonly #large: boolean;
  #connection: Connection | undefined;
  /** What had come on its connection before it: for earlier exchanges. */
  #readBefore = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(dispatcher: Dispatcher, request: WireRequest, sink: ResponseSink, upstream: UpstreamSettings) {
    this.#sink = sink;
    this.#upstream = upstream;
    this.#timeouts = request.timeouts;
    const { origin, path } = splitUrl(request.url);
    this.#large = request.body.length > WRITE_AT_ONCE;
    const large = this.#large ? Buffer.from(request.body) : undefined;
    const options: ObservedOptions = {
      origin,
      path,
      method: request.method,
      headers: large === undefined ? request.headers : { ...request.headers, 'content-length': String(large.length) },
      body: large === undefined ? bodyOf(request) : Readable.from(this.#writeInPieces(large), { highWaterMark: 1 }),
      reset: request.fresh,
      onAssigned: (connection) => this.#assign(connection),
      ...UNTIMED,
    };
    try {
      dispatcher.dispatch(options, this);
    } catch (error) {
      // A dispatcher of the application's own may throw, or refuse what ours would take.
      queueMicrotask(() => this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error))));
    }
    if (this.#connection === undefined && this.#controller === undefined && !this.#over) this.#awaitConnection();
  }

  // --- what the attempt may do

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#drop();
  }

  pause(): void {
    if (!this.#over) (this.#connection ?? this.#controller)?.pause();
  }

  resume(): void {
    if (!this.#over) (this.#connection ?? this.#controller)?.resume();
  }

  // --- what undici tells us

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) {
      controller.abort(new Error('aborted'));
      return;
    }
    this.#clearTimer();
    this.#readBefore = this.#connection?.bytesRead ?? 0;
    if (this.#large) this.#awaitWritten();
    this.#sink.onConnection();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Pieces of the first read, all of which they would keep for as long as the response lasts.
    controller.rawHeaders = null;
    if (this.#over) return;
    if (status < 200) {
      this.#sink.onInterim();
      return;
    }
    this.#clearTimer();
    this.#sink.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#sink.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    // It may have ended within the read at which it was paused.
    this.#connection?.resume();
    this.#finish();
    this.#sink.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#over) return;
    this.#finish();
    this.#sink.onError(this.#describe(error));
  }

  // --- timers of the phases that only the wire knows

  /**
   * A free connection may be `pool` milliseconds away when their number is limited; one that is being made is timed by the
   * client. Of a dispatcher of the application's we know neither.
   */
  #awaitConnection(): void {
    const { pool, connect } = this.#timeouts;
    const foreign = this.#upstream.dispatcher !== undefined;
    this.#timer = setTimeout(
      () => (foreign ? this.#timeOut('connect', pool + connect) : this.#timeOut('pool', pool)),
      foreign ? pool + connect : pool,
    );
  }

  /** The client times its connection by the longest limit that anybody has; this exchange may have a shorter one. */
  #assign(connection: Connection): boolean {
    if (this.#over) return false;
    this.#connection = connection;
    this.#clearTimer();
    const { connect } = this.#timeouts;
    if (!connection.connected && connect < this.#upstream.timeouts.connect) {
      this.#timer = setTimeout(() => this.#timeOut('connect', connect), connect);
    }
    return true;
  }

  #awaitWritten(): void {
    const { write } = this.#timeouts;
    this.#timer = setTimeout(() => this.#timeOut('write', write), write);
  }

  /** undici may ask for the first piece before it says that the request starts. */
  async *#writeInPieces(body: Buffer): AsyncGenerator<Buffer> {
    yield* bodyInPieces(body);
    this.#clearTimer();
  }

  #timeOut(phase: 'connect' | 'pool' | 'write', limit: number): void {
    if (this.#over) return;
    this.#finish();
    this.#drop();
    this.#sink.onError({ kind: 'timeout', phase, limit });
  }

  /** One that waits for its connection is dropped when it gets there. */
  #drop(): void {
    if (this.#controller === undefined) return;
    if (this.#connection === undefined) this.#controller.abort(new Error('the exchange was given up'));
    else this.#connection.drop();
  }

  #describe(error: Error): TransportError {
    if (error instanceof ConnectTimeoutError) return { kind: 'timeout', phase: 'connect', limit: error.limit };
    return {
      kind: 'socket',
      error: withCode(error),
      connecting: this.#controller === undefined,
      reused: this.#wasReused(error),
    };
  }

  /** The socket had served before, and not a byte of this response has come. */
  #wasReused(error: Error): boolean {
    if (this.#connection === undefined) return bytesReadOf(error) > 0;
    return this.#readBefore > 0 && this.#connection.bytesRead === this.#readBefore;
  }

  #finish(): void {
    this.#over = true;
    this.#clearTimer();
  }

  #clearTimer(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** A `GET` with a body, even an empty one, is refused by some servers. */
function bodyOf({ method, body }: WireRequest): string | null {
  return method === 'POST' ? body : null;
}

/** `new URL` for each attempt would cost more than the whole plan; our URLs are known to be well-formed. */
function splitUrl(url: string): { origin: string; path: string } {
  const slash = url.indexOf('/', url.indexOf('//') + 2);
  return { origin: url.slice(0, slash), path: url.slice(slash) };
}

/** What undici reports of a socket of the application's own dispatcher. */
function bytesReadOf(error: Error): number {
  const socket: unknown = 'socket' in error ? error.socket : undefined;
  if (typeof socket !== 'object' || socket === null || !('bytesRead' in socket)) return 0;
  return typeof socket.bytesRead === 'number' ? socket.bytesRead : 0;
}

/** undici's parser names what it cannot read, but leaves the code out (7.30). */
function withCode(error: Error): Error {
  if (error.name !== 'HTTPParserError' || ('code' in error && error.code !== undefined)) return error;
  return Object.assign(error, { code: 'HPE_INVALID' });
}
