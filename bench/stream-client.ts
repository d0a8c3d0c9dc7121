/** A client of streamed answers that costs next to nothing: it looks for their end and reads no more of them than that. */
import { connect, type Socket } from 'node:net';

/** The terminal marker, and the end of a chunked body behind it. */
const END_OF_BODY = Buffer.from('data: [DONE]\n\n\r\n0\r\n\r\n');

export const STREAM_BODY = JSON.stringify({
  stream: true,
  messages: [
    { role: 'system', content: 'You are the assistant of a small shop. Be brief and friendly.' },
    { role: 'user', content: 'Where is my order 4711? It should have been here on Tuesday.' },
  ],
});

/** One connection, kept alive, with one request at a time on it. */
export class StreamClient {
  readonly socket: Socket;
  readonly #request: string;
  /** So many of the last bytes as the end has. */
  #tail: Buffer = Buffer.alloc(0);
  #size = 0;
  #settle: ((size: number) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  /** Told of each piece as it comes. */
  onPiece: ((piece: Buffer) => void) | undefined;

  /** @param url or the path of a Unix socket */
  constructor(url: string, path: string) {
    this.#request = [
      `POST ${path} HTTP/1.1`,
      'host: bench',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(STREAM_BODY)}`,
      '',
      STREAM_BODY,
    ].join('\r\n');
    this.socket = connectTo(url).setNoDelay(true);
    this.socket.on('data', (piece) => this.#read(piece));
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.#fail?.(closed()));
  }

  /** Resolves to the bytes of the answer; one without its terminal marker has no end. */
  ask(): Promise<number> {
    if (this.socket.destroyed) return Promise.reject(closed());
    this.#size = 0;
    this.#tail = Buffer.alloc(0);
    const answered = new Promise<number>((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.socket.write(this.#request);
    return answered;
  }

  close(): void {
    this.#fail = undefined;
    this.socket.destroy();
  }

  #read(piece: Buffer): void {
    this.onPiece?.(piece);
    this.#size += piece.length;
    const { length } = END_OF_BODY;
    this.#tail =
      piece.length >= length ? piece.subarray(-length) : Buffer.concat([this.#tail, piece]).subarray(-length);
    if (this.#tail.equals(END_OF_BODY)) this.#settle?.(this.#size);
  }
}

function closed(): Error {
  return new Error('the connection was closed before the answer was whole');
}

function connectTo(url: string): Socket {
  if (url.startsWith('/')) return connect(url);
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}
