import type { RequestHead } from './http-request-parser.js';

/**
 * How a request ended.
 *
 * - `answered`: the whole reply was sent.
 * - `broken`: the script ended it, for example by a reset in the middle.
 * - `aborted`: the client closed the connection before the reply was done.
 * - `closed`: the upstream itself was closed, refused or disconnected in the meantime.
 */
export type RequestOutcome = 'answered' | 'broken' | 'aborted' | 'closed';

/** What the faulty upstream was sent, and when. All times are those of `performance.now()`, in milliseconds. */
export interface ReceivedRequest extends RequestHead {
  /** Its place in `upstream.requests`, from 0. */
  readonly index: number;
  /** Number of the connection it came on, from 0: equal numbers mean a reused connection. */
  readonly connection: number;
  /** When its head had come. */
  readonly at: number;
  /** When its body had been read to the end; `undefined` until then, and for ever if the script refuses the body. */
  readonly readAt: number | undefined;
  /** When it was answered, broken, aborted or closed. */
  readonly endedAt: number | undefined;
  /** How it ended; `undefined` while it is being answered. */
  readonly outcome: RequestOutcome | undefined;
  /** Resolves when it has ended, in whichever way. Never rejects. */
  readonly settled: Promise<RequestOutcome>;
  /** The body as text; empty until it has been read. */
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
  /**
   * The fields of the JSON body.
   *
   * @throws Error when it is not a JSON object.
   */
  json(): Readonly<Record<string, unknown>>;
}

/** The record of one request while it is being written by its connection. */
export class RequestRecord implements ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly httpVersion: '1.0' | '1.1';
  readonly headers: Readonly<Record<string, string>>;
  readonly index: number;
  readonly connection: number;
  readonly at: number = performance.now();
  readonly settled: Promise<RequestOutcome>;
  readAt: number | undefined;
  endedAt: number | undefined;
  outcome: RequestOutcome | undefined;
  #pieces: Buffer[] = [];
  #settle: (outcome: RequestOutcome) => void = () => {};

  constructor(head: RequestHead, place: { readonly index: number; readonly connection: number }) {
    this.method = head.method;
    this.path = head.path;
    this.httpVersion = head.httpVersion;
    this.headers = head.headers;
    this.index = place.index;
    this.connection = place.connection;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get bytes(): Buffer {
    const [only, ...more] = this.#pieces;
    if (only && more.length === 0) return only;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  get body(): string {
    return this.bytes.toString('utf8');
  }

  json(): Readonly<Record<string, unknown>> {
    const value: unknown = JSON.parse(this.body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`the body of request ${this.index} is no JSON object`);
    }
    return { ...value };
  }

  append(bytes: Buffer): void {
    this.#pieces.push(bytes);
  }

  read(): void {
    this.readAt = performance.now();
  }

  /** The first outcome stands: a client that closes after the whole reply did not abort. */
  end(outcome: RequestOutcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.endedAt = performance.now();
    this.#settle(outcome);
  }
}
