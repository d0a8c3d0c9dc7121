/** One request to a scripted upstream, and all that its sink was told, on a clock that tests drive. */
import { createScriptedTransport } from '@ai-failover/testing';
import type { ScriptedReply, ScriptedRequest, TransportScript } from '@ai-failover/testing';
import type { CreateTransport, Exchange, ResponseSink, TransportError, WireHeaders } from '@ai-failover/core';
import { contentIn, dataIn } from './sse-data.ts';

export type Told = 'connection' | 'head' | 'data' | 'end' | 'error';

/** Asks one upstream, whose name is `north`, for a stream. */
export function ask(reply: ScriptedReply | ((request: ScriptedRequest) => ScriptedReply), body: object = {}): Asked {
  return new Asked(typeof reply === 'function' ? reply : () => reply, body);
}

export class Asked implements ResponseSink {
  /** What it was told, each with the milliseconds since it was sent. */
  readonly told: [Told, number][] = [];
  readonly pieces: string[] = [];
  readonly exchange: Exchange;
  status = 0;
  headers: WireHeaders = {};
  error: TransportError | undefined;
  /** Resolves when it has ended; never if the script hangs or is aborted. */
  readonly over: Promise<void>;
  /** What it does when it is told so. */
  on: Partial<Record<Told, () => void>> = {};
  #settle: () => void = () => {};
  readonly #requests: readonly ScriptedRequest[];
  readonly #start = performance.now();

  constructor(script: TransportScript, body: object) {
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const { createTransport, requests } = createScriptedTransport(script);
    // A scripted transport reads nothing else of its upstream.
    const transport = createTransport({ name: 'north' } as Parameters<CreateTransport>[0]);
    this.exchange = transport.send(
      {
        method: 'POST',
        url: 'https://north.example/v1/chat/completions',
        headers: {},
        body: JSON.stringify({ model: 'm', stream: true, ...body }),
        fresh: false,
        timeouts: { connect: 1, pool: 1, write: 1 },
      },
      this,
    );
    this.#requests = requests;
  }

  get request(): ScriptedRequest {
    const [request] = this.#requests;
    if (request === undefined) throw new Error('nothing was sent');
    return request;
  }

  /** What came, without the times. */
  get course(): Told[] {
    return this.told.map(([what]) => what);
  }

  get text(): string {
    return this.pieces.join('');
  }

  get data(): unknown[] {
    return dataIn(this.text);
  }

  get content(): string {
    return contentIn(this.data);
  }

  onInterim(): void {}

  onConnection(): void {
    this.#note('connection');
  }

  onHead(status: number, headers: WireHeaders): void {
    this.status = status;
    this.headers = headers;
    this.#note('head');
  }

  onData(chunk: Buffer): void {
    this.pieces.push(chunk.toString());
    this.#note('data');
  }

  onEnd(): void {
    this.#note('end');
  }

  onError(error: TransportError): void {
    this.error = error;
    this.#note('error');
  }

  #note(what: Told): void {
    this.told.push([what, performance.now() - this.#start]);
    this.on[what]?.();
    if (what === 'end' || what === 'error') this.#settle();
  }
}
