/** Watches connections being made: times them exactly and remembers, when a socket fails, whether it had served before. */
import type { buildConnector } from 'undici';

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

/** Bytes that the socket had read when it failed with this error; undici hands the same error object to the request. */
const bytesReadAtError = new WeakMap<Error, number>();

export interface ObservedConnector {
  readonly connect: buildConnector.connector;
  /** Connections being made right now. */
  readonly connecting: number;
}

export function observedConnector(make: buildConnector.connector, timeout: number): ObservedConnector {
  let connecting = 0;

  function connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    connecting += 1;
    // undici's connector returns its socket, though its types say nothing of it.
    const socket: unknown = make(options, (...result) => {
      connecting -= 1;
      clearTimeout(timer);
      const [, connected] = result;
      connected?.on('error', (error: Error) => bytesReadAtError.set(error, connected.bytesRead));
      callback(...result);
    });
    const timer = setTimeout(() => destroy(socket, new ConnectTimeoutError(timeout)), timeout);
  }

  return {
    connect,
    get connecting() {
      return connecting;
    },
  };
}

/** Whether the socket that failed with `error` had already served a response. */
export function reusedWhenFailed(error: Error): boolean {
  const socket: unknown = 'socket' in error ? error.socket : undefined;
  const reported =
    typeof socket === 'object' && socket !== null && 'bytesRead' in socket ? socket.bytesRead : undefined;
  const read = typeof reported === 'number' ? reported : bytesReadAtError.get(error);
  return read !== undefined && read > 0;
}

function destroy(socket: unknown, error: Error): void {
  if (typeof socket === 'object' && socket !== null && 'destroy' in socket && typeof socket.destroy === 'function') {
    socket.destroy(error);
  }
}
