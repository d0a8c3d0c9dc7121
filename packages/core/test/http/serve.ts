/** Real servers and clients for tests of what goes over HTTP. */
import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
} from 'node:http';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens until the test has ended; returns the port. */
export async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  const port = await listening(server);
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return port;
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Visit {
  readonly request: ClientRequest;
  /** The status and headers, which may come long before the rest. Rejects when the request is destroyed before. */
  readonly head: Promise<IncomingMessage>;
  /** Rejects when the answer is cut. */
  readonly answer: Promise<Answer>;
}

/** Asks on a connection of its own. Without a body the request is left open, for the test to write and end. */
export function visit(port: number, options: RequestOptions = {}, body?: string | Buffer): Visit {
  const sent = request({ port, host: '127.0.0.1', agent: false, ...options });
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
  const answer = head.then(async (message) => {
    const pieces: Buffer[] = [];
    for await (const piece of message) pieces.push(piece as Buffer);
    return { status: message.statusCode, headers: message.headers, body: Buffer.concat(pieces).toString() };
  });
  // A client that leaves does not care how its request ended.
  head.catch(() => {});
  answer.catch(() => {});
  if (body !== undefined) sent.end(body);
  return { request: sent, head, answer };
}

/** A client that has asked and reads only when told to. */
export async function reluctantReader(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  // The server may reset it.
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n');
  return socket;
}
