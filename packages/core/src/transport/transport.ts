/** How bytes get to an upstream and back; knows nothing of what they mean. One transport per upstream. */
import type { Timeouts, UpstreamSettings } from '../config/settings.js';

/** One HTTP exchange to make. */
export interface WireRequest {
  /** `POST` for calls; the others for what is asked beside them, without a body. */
  readonly method: 'POST' | 'GET' | 'HEAD';
  /** Absolute, without query secrets. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for all but `POST`. */
  readonly body: string;
  /** On a connection that has served nothing yet. */
  readonly fresh: boolean;
  /** Limits of the phases that only the wire knows, in milliseconds. */
  readonly timeouts: Pick<Timeouts, 'connect' | 'pool' | 'write'>;
}

export type WireHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Told what happens on the wire, in this order; after `onEnd` or `onError` nothing more comes. */
export interface ResponseSink {
  /** The request is on a connection and is about to be written. */
  onConnection(): void;
  /** An interim answer came (102, 103): a sign of life, and no more. */
  onInterim(): void;
  onHead(status: number, headers: WireHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: TransportError): void;
}

/** A failure of the wire. `error` is what the socket or undici said. */
export type TransportError =
  | {
      readonly kind: 'socket';
      readonly error: Error;
      /** The connection never became usable. */
      readonly connecting: boolean;
      /** The socket had served an earlier response, and not a byte of this one has come. */
      readonly reused: boolean;
    }
  | { readonly kind: 'timeout'; readonly phase: 'connect' | 'pool' | 'write'; readonly limit: number };

/** An exchange under way. */
export interface Exchange {
  /** Ends it at once; the sink hears nothing more. */
  abort(): void;
  pause(): void;
  resume(): void;
}

export interface Transport {
  send(request: WireRequest, sink: ResponseSink): Exchange;
  close(): Promise<void>;
}

export type CreateTransport = (upstream: UpstreamSettings) => Transport;
