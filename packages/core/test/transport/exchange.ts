/** A transport against real sockets, and exchanges that note what they are told. */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';
import type { UpstreamOptions } from '../../src/config/options.ts';
import { resolveOptions } from '../../src/config/resolve-options.ts';
import type {
  Exchange,
  ResponseSink,
  Transport,
  TransportError,
  WireHeaders,
  WireRequest,
} from '../../src/transport/transport.ts';
import { createUndiciTransport } from '../../src/transport/undici-transport.ts';
import { createFaultyUpstream, type FaultyUpstream, type Script } from '../../../testing/src/index.ts';

/** The limits that an attempt would hand on: its upstream's. */
const timeoutsOf = new WeakMap<Transport, WireRequest['timeouts']>();
const NO_HURRY = { connect: 3_000, pool: 5_000, write: 10_000 };

/** Closed after the test. */
export function createTransport(baseUrl: string, options: Partial<UpstreamOptions> = {}): Transport {
  const upstream = { name: 'P', provider: 'openai', baseUrl, keys: 'none', models: ['m'], ...options } as const;
  const [settings] = resolveOptions({ upstreams: [upstream] }).upstreams;
  if (settings === undefined) throw new Error('there is an upstream');
  const transport = createUndiciTransport(settings);
  timeoutsOf.set(transport, settings.timeouts);
  onTestFinished(() => transport.close());
  return transport;
}

/** An upstream that is closed after the test. */
export async function startUpstream(script?: Script): Promise<FaultyUpstream> {
  const upstream = await createFaultyUpstream({ ...(script !== undefined && { script }) });
  onTestFinished(() => upstream.close());
  return upstream;
}

export interface Connected {
  readonly upstream: FaultyUpstream;
  readonly transport: Transport;
  send(sending?: Sending): Noted;
}

/** An upstream and a way to it. */
export async function connected(script?: Script, options: Partial<UpstreamOptions> = {}): Promise<Connected> {
  const upstream = await startUpstream(script);
  const transport = createTransport(upstream.baseUrl, options);
  return { upstream, transport, send: (sending) => new Noted(transport, upstream.baseUrl, sending) };
}

export type Told = 'connection' | 'head' | 'data' | 'end' | 'error';

export interface Sending {
  readonly body?: string;
  readonly fresh?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeouts?: WireRequest['timeouts'];
}

/** One exchange, and all that its sink was told. */
export class Noted implements ResponseSink {
  /** In order; pieces of data count once. */
  readonly told: Told[] = [];
  readonly exchange: Exchange;
  /** Resolves at the end, or at the error. */
  readonly over: Promise<this>;
  status = 0;
  headers: WireHeaders = {};
  text = '';
  error: TransportError | undefined;
  #settle: () => void = () => {};
  readonly #waiting = new Map<Told, () => void>();

  constructor(transport: Transport, baseUrl: string, sending: Sending = {}) {
    const { body = '{}', fresh = false, headers = {} } = sending;
    const timeouts = sending.timeouts ?? timeoutsOf.get(transport) ?? NO_HURRY;
    this.over = new Promise((resolve) => {
      this.#settle = () => resolve(this);
    });
    const url = `${baseUrl}/chat/completions`;
    this.exchange = transport.send({ method: 'POST', url, headers, body, fresh, timeouts }, this);
  }

  /** Waits until it has been told this. */
  async until(what: Told): Promise<this> {
    if (this.told.includes(what)) return this;
    await new Promise<void>((resolve) => {
      this.#waiting.set(what, resolve);
    });
    return this;
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
    this.text += chunk.toString('latin1');
    this.#note('data');
  }

  onEnd(): void {
    this.#note('end');
    this.#settle();
  }

  onError(error: TransportError): void {
    this.error = error;
    this.#note('error');
    this.#settle();
  }

  #note(what: Told): void {
    if (what !== 'data' || this.told.at(-1) !== 'data') this.told.push(what);
    this.#waiting.get(what)?.();
  }
}

/** Sockets of this process that connect, idle ones too. */
export const clientSockets = new Set<Socket>();

subscribe('net.client.socket', (message) => {
  const { socket } = message as { socket: Socket };
  clientSockets.add(socket);
  socket.once('close', () => clientSockets.delete(socket));
});

export async function eventually(expectation: () => void): Promise<void> {
  await vi.waitFor(expectation, { timeout: 2_000, interval: 2 });
}

export async function expectSockets(count: number): Promise<void> {
  await eventually(() => expect(clientSockets.size).toBe(count));
}

/** undici takes up a connection that has just answered after a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
