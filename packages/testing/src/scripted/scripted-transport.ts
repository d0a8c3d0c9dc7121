/** A transport without sockets: each request is answered as a script says, on timers that tests may fake. */
import type { CreateTransport, Exchange, ResponseSink, WireRequest } from '@ai-failover/core';

/** What a scripted upstream was sent. */
export interface ScriptedRequest {
  /** The upstream's name. */
  readonly upstream: string;
  /** The model by the upstream's own name. */
  readonly model: string;
  /** The request as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Lower-case names, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Position among the requests to this upstream, from 1. */
  readonly number: number;
  /** `performance.now()` when it was sent. */
  readonly at: number;
  /** Whether the engine destroyed it before it was answered. */
  readonly aborted: boolean;
}

/** How the script answers. `after` is in milliseconds. */
export type ScriptedReply =
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly after: number;
    }
  | { readonly kind: 'refuse'; readonly after: number }
  | { readonly kind: 'hang' };

export type TransportScript = (request: ScriptedRequest) => ScriptedReply | Promise<ScriptedReply>;

export interface ScriptedTransport {
  /** For `createFailover(options, { createTransport })`. */
  readonly createTransport: CreateTransport;
  /** Everything that was sent, in order. */
  readonly requests: readonly ScriptedRequest[];
}

export function createScriptedTransport(script: TransportScript): ScriptedTransport {
  const requests: SentRequest[] = [];
  return {
    requests,
    createTransport: ({ name }) => ({
      send(wire, sink) {
        const number = requests.filter(({ upstream }) => upstream === name).length + 1;
        const request = new SentRequest(name, number, wire);
        requests.push(request);
        return new ScriptedExchange(request, script, sink);
      },
      async close() {},
    }),
  };
}

class SentRequest implements ScriptedRequest {
  readonly upstream: string;
  readonly number: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly at = performance.now();
  aborted = false;

  constructor(upstream: string, number: number, wire: WireRequest) {
    this.upstream = upstream;
    this.number = number;
    // The engine serialised it, so it is an object.
    this.body = JSON.parse(wire.body) as Record<string, unknown>;
    this.headers = wire.headers;
  }

  get model(): string {
    return String(this.body['model']);
  }
}

class ScriptedExchange implements Exchange {
  readonly #request: SentRequest;
  readonly #sink: ResponseSink;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(request: SentRequest, script: TransportScript, sink: ResponseSink) {
    this.#request = request;
    this.#sink = sink;
    Promise.resolve(request)
      .then(script)
      .then(
        (reply) => this.#play(reply),
        (error: unknown) => this.#play(scriptFailed(error)),
      );
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#request.aborted = true;
    clearTimeout(this.#timer);
  }

  pause(): void {}

  resume(): void {}

  #play(reply: ScriptedReply): void {
    if (this.#over) return;
    if (reply.kind === 'refuse') {
      this.#later(reply.after, () => {
        const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        this.#sink.onError({ kind: 'socket', error, connecting: true, reused: false });
      });
      return;
    }
    this.#sink.onConnection();
    if (reply.kind === 'hang') return;
    this.#later(reply.after, () => {
      this.#sink.onHead(reply.status, reply.headers);
      this.#sink.onData(Buffer.from(reply.body));
      this.#sink.onEnd();
    });
  }

  #later(after: number, act: () => void): void {
    const end = (): void => {
      this.#over = true;
      act();
    };
    if (after > 0) this.#timer = setTimeout(end, after);
    else end();
  }
}

/** A script that throws is a test's mistake; it is shown as an answer that no engine takes for one. */
function scriptFailed(error: unknown): ScriptedReply {
  const message = error instanceof Error ? error.message : String(error);
  const body = JSON.stringify({ error: { message: `the test's script failed: ${message}`, type: 'script_failed' } });
  return { kind: 'respond', status: 400, headers: { 'content-type': 'application/json' }, body, after: 0 };
}
