/** How much of a response still waits for its reader. */
import type { ServerResponse } from 'node:http';

/**
 * Changes whenever the reader takes something. `socket.bytesWritten` does not: it counts what the socket was handed, sent or not.
 * What Node has queued goes down only by whole writes; the handle's own figure, by which Node's timeouts go as well, by bytes.
 */
export function unsentBytes(res: ServerResponse): number {
  const queued = res.writableLength ?? 0;
  // A response of HTTP/2 shares its connection with others, and a mock has none.
  if (res.req?.httpVersionMajor >= 2) return queued;
  const handle = innerOf(res.socket, '_handle');
  // Under TLS it is the connection beneath that sends.
  return queued + queueOf(handle) + queueOf(innerOf(handle, '_parent'));
}

function queueOf(handle: unknown): number {
  const queued = innerOf(handle, 'writeQueueSize');
  return typeof queued === 'number' ? queued : 0;
}

/** Not part of Node's documented API, so it may be anything, or nothing. */
function innerOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
