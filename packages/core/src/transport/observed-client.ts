/** One connection of a pool, which tells the exchanges that are put on it what only a socket knows. */
import type { Socket } from 'node:net';
import { Client, type buildConnector, type Dispatcher } from 'undici';
import { ReadingHold } from './reading-hold.js';

export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
  readonly code = 'ETIMEDOUT';
  /** Milliseconds. */
  readonly limit: number;

  constructor(limit: number) {
    super(`no connection within ${limit} ms`);
    this.limit = limit;
  }
}

/** Not undici's own word for it, see `Connection.drop`. */
class DroppedError extends Error {
  readonly code = 'ECONNABORTED';
}

/** The connection that an exchange was put on. */
export class Connection {
  #socket: Socket | undefined;
  #hold: ReadingHold | undefined;

  get connected(): boolean {
    return this.#socket?.destroyed === false;
  }

  /** Bytes that have come on it since it was made. */
  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  use(socket: Socket): void {
    this.#socket = socket;
    this.#hold = new ReadingHold(socket);
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#hold?.begin();
  }

  resume(): void {
    this.#hold?.end();
  }

  /**
   * Ends it under the exchange that is on it. Were the exchange aborted by undici's own means, it would stay in the queue, and
   * undici would connect once more, to the upstream that may be failing, only to find that there is nothing to send.
   */
  drop(): void {
    this.#socket?.destroy(new DroppedError('the exchange was given up'));
  }
}

/** What an exchange adds to undici's options: it is told of its connection, free, new or still to be made, and may decline. */
export interface ObservedOptions extends Dispatcher.DispatchOptions {
  readonly onAssigned?: (connection: Connection) => boolean;
}

class ObservedClient extends Client {
  readonly #connection: Connection;

  constructor(origin: URL, options: Client.Options, connection: Connection) {
    super(origin, options);
    this.#connection = connection;
  }

  override dispatch(options: ObservedOptions, handler: Dispatcher.DispatchHandler): boolean {
    // One that was given up while it waited must not cost a good connection.
    if (options.onAssigned?.(this.#connection) === false) return true;
    return super.dispatch(options, handler);
  }
}

/** Makes the clients of a pool. */
export interface ClientFactory {
  create(origin: URL, options: object): Client;
  /** Destroys every socket there is, also those of clients that their pool has forgotten. */
  close(): void;
}

/** `connectTimeout` is in milliseconds and exact, which undici's own is not. */
export function createClientFactory(make: buildConnector.connector, connectTimeout: number): ClientFactory {
  const sockets = new Set<Socket>();

  function connectorFor(connection: Connection): buildConnector.connector {
    return (options, callback) => {
      // undici's connector returns its socket, though its types say nothing of it.
      const made: unknown = make(options, (...result) => {
        clearTimeout(timer);
        const [, socket] = result;
        if (socket !== null && socket !== undefined) adopt(socket, connection);
        callback(...result);
      });
      const timer = setTimeout(() => destroy(made, new ConnectTimeoutError(connectTimeout)), connectTimeout);
    };
  }

  function adopt(socket: Socket, connection: Connection): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    connection.use(socket);
  }

  return {
    create(origin, options) {
      const connection = new Connection();
      return new ObservedClient(origin, { ...options, connect: connectorFor(connection) }, connection);
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function destroy(socket: unknown, error: Error): void {
  if (typeof socket === 'object' && socket !== null && 'destroy' in socket && typeof socket.destroy === 'function') {
    socket.destroy(error);
  }
}
