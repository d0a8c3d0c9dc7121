import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { FaultyUpstream } from '@ai-failover/testing';

/** What came back over a plain socket. */
export interface RawReply {
  readonly text: string;
  readonly bytes: Buffer;
  readonly head: string;
  readonly body: string;
  /** The `data` events, one for each. */
  readonly pieces: readonly Buffer[];
  /** `end` after a FIN, the code of the error after a RST. */
  readonly ending: string;
}

/** A socket without any knowledge of HTTP. */
export class RawClient {
  readonly socket: Socket;
  readonly pieces: Buffer[] = [];
  readonly closed: Promise<RawReply>;
  #ending = 'end';
  #watchers: (() => void)[] = [];

  constructor(upstream: Pick<FaultyUpstream, 'port'>) {
    this.socket = connect({ port: upstream.port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (piece) => {
      this.pieces.push(piece);
      for (const watch of this.#watchers) watch();
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#ending = error.code ?? error.message;
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => resolve(this.reply()));
    });
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Waits until so much of the text has come that it matches. */
  until(pattern: RegExp): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        if (pattern.test(this.reply().text)) resolve(this.reply());
      };
      this.#watchers.push(watch);
      watch();
      void this.closed.then(({ text }) => reject(new Error(`closed before ${String(pattern)} came: ${text}`)));
    });
  }

  reply(): RawReply {
    const bytes = Buffer.concat(this.pieces);
    const text = bytes.toString('utf8');
    const [head = '', ...rest] = text.split('\r\n\r\n');
    return { text, bytes, head, body: rest.join('\r\n\r\n'), pieces: this.pieces, ending: this.#ending };
  }
}

/** The bytes of a chat request. */
export function chatRequest(body: object = {}, headers = ''): string {
  const text = JSON.stringify({ model: 'gpt-4.1', messages: [], ...body });
  const length = Buffer.byteLength(text);
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\n${headers}content-length: ${length}\r\n\r\n${text}`;
}

/** Sends one chat request and waits until the connection is over; a whole reply ends it. */
export function exchange(upstream: Pick<FaultyUpstream, 'port'>, body: object = {}): Promise<RawReply> {
  return new RawClient(upstream).send(chatRequest(body, 'connection: close\r\n')).closed;
}
