/** The transport over undici's pools. The only file that imports undici's code. */
import { Readable } from 'node:stream';
import { buildConnector, Pool, type Dispatcher } from 'undici';
import type { UpstreamSettings } from '../config/settings.js';
import { ConnectTimeoutError, observedConnector, reusedWhenFailed } from './connector.js';
import type { Exchange, ResponseSink, Transport, TransportError, WireRequest } from './transport.js';
import { bodyInPieces, WRITE_AT_ONCE } from './write-body.js';

/** undici's own timers are too coarse (100 ms fire after a second), so they are off and ours run instead. */
const UNTIMED = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** Connections open on demand, are kept alive, and are shared by all models and keys of the upstream. */
export function createUndiciTransport(upstream: UpstreamSettings): Transport {
  const { origin } = new URL(upstream.baseUrl);
  const connector = observedConnector(buildConnector({ timeout: 0 }), upstream.timeouts.connect);
  const pooled = (connections: number | null) =>
    new Pool(origin, { ...UNTIMED, connections, connect: connector.connect, pipelining: 1 });

  const shared: Dispatcher = upstream.dispatcher ?? pooled(upstream.connections ?? null);
  /** Each of its connections serves one request: a second try after a stale socket must not meet another one. */
  let single: Pool | undefined;

  function dispatcherFor(request: WireRequest): Dispatcher {
    if (!request.fresh || upstream.dispatcher !== undefined) return shared;
    return (single ??= pooled(null));
  }

  return {
    send(request, sink) {
      return new UndiciExchange(dispatcherFor(request), request, sink, upstream, () => connector.connecting > 0);
    },
    async close() {
      const own = upstream.dispatcher === undefined ? [shared, single] : [single];
      await Promise.all(own.map((dispatcher) => dispatcher?.destroy()));
    },
  };
}

class UndiciExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #sink: ResponseSink;
  readonly #upstream: UpstreamSettings;
  readonly #isConnecting: () => boolean;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(
    dispatcher: Dispatcher,
    request: WireRequest,
    sink: ResponseSink,
    upstream: UpstreamSettings,
    isConnecting: () => boolean,
  ) {
    this.#sink = sink;
    this.#upstream = upstream;
    this.#isConnecting = isConnecting;
    this.#awaitConnection();
    const { origin, path } = splitUrl(request.url);
    const large = request.body.length > WRITE_AT_ONCE ? Buffer.from(request.body) : undefined;
    try {
      dispatcher.dispatch(
        {
          origin,
          path,
          method: request.method,
          headers:
            large === undefined ? request.headers : { ...request.headers, 'content-length': String(large.length) },
          body: large === undefined ? request.body : Readable.from(this.#writeInPieces(large)),
          reset: request.fresh,
          ...UNTIMED,
        },
        this,
      );
    } catch (error) {
      // A dispatcher of the application's own may throw, or refuse what ours would take.
      queueMicrotask(() => this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error))));
    }
  }

  // --- what the attempt may do

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#controller?.abort(new Error('aborted'));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  // --- what undici tells us

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) {
      controller.abort(new Error('aborted'));
      return;
    }
    this.#clearTimer();
    this.#sink.onConnection();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Interim answers (100, 103) say nothing yet.
    if (this.#over || status < 200) return;
    this.#clearTimer();
    this.#sink.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#sink.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
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
   * A free connection may be `pool` milliseconds away when their number is limited; a new one is timed by the connector, or
   * here when the dispatcher is the application's.
   */
  #awaitConnection(): void {
    const { pool, connect } = this.#upstream.timeouts;
    const foreign = this.#upstream.dispatcher !== undefined;
    if (this.#upstream.connections === undefined && !foreign) return;
    this.#timer = setTimeout(() => {
      if (!foreign && !this.#isConnecting()) this.#timeOut('pool', pool);
      else this.#timer = setTimeout(() => this.#timeOut(foreign ? 'connect' : 'pool', pool + connect), connect);
    }, pool);
  }

  /** Only a body that does not fit into the socket's buffer can be watched while it is written. */
  async *#writeInPieces(body: Buffer): AsyncGenerator<Buffer> {
    const { write } = this.#upstream.timeouts;
    if (!this.#over) this.#timer = setTimeout(() => this.#timeOut('write', write), write);
    yield* bodyInPieces(body);
    this.#clearTimer();
  }

  #timeOut(phase: 'connect' | 'pool' | 'write', limit: number): void {
    if (this.#over) return;
    this.#finish();
    this.#controller?.abort(new Error(`${phase} timeout`));
    this.#sink.onError({ kind: 'timeout', phase, limit });
  }

  #describe(error: Error): TransportError {
    if (error instanceof ConnectTimeoutError) return { kind: 'timeout', phase: 'connect', limit: error.limit };
    return {
      kind: 'socket',
      error,
      connecting: this.#controller === undefined,
      reused: reusedWhenFailed(error),
    };
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

/** `new URL` for each attempt would cost more than the whole plan; our URLs are known to be well-formed. */
function splitUrl(url: string): { origin: string; path: string } {
  const slash = url.indexOf('/', url.indexOf('//') + 2);
  return { origin: url.slice(0, slash), path: url.slice(slash) };
}
