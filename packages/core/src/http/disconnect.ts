/**
 * Notices that the client has left. `req`'s `close` comes as soon as a POST body has been read, so it is the connection that is
 * watched: once per socket, because a listener on every response costs five percent of the throughput.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Leave = () => void;

const watched = new WeakMap<Socket, Set<Leave>>();

/** Calls `onGone` once if the client leaves before the response has been sent; returns the way to stop watching. */
export function watchDisconnect(req: IncomingMessage, res: ServerResponse, onGone: Leave): () => void {
  const leave = (): void => {
    if (!res.writableFinished) onGone();
  };
  if (isGone(req, res)) {
    leave();
    return () => {};
  }
  // A connection of HTTP/2 outlives its requests, and a mock may have no socket at all.
  if (req.httpVersionMajor >= 2 || typeof req.socket?.once !== 'function') {
    res.once('close', leave);
    return () => res.off('close', leave);
  }
  const leaves = leavesOf(req.socket);
  leaves.add(leave);
  return () => leaves.delete(leave);
}

/** Whether the client has left before the response was sent. */
export function hasDisconnected(req: IncomingMessage, res: ServerResponse): boolean {
  return !res.writableFinished && isGone(req, res);
}

function isGone(req: IncomingMessage, res: ServerResponse): boolean {
  return res.destroyed || (req.httpVersionMajor < 2 && req.socket?.destroyed);
}

function leavesOf(socket: Socket): Set<Leave> {
  const known = watched.get(socket);
  if (known !== undefined) return known;
  const leaves = new Set<Leave>();
  watched.set(socket, leaves);
  socket.once('close', () => {
    for (const leave of leaves) leave();
    leaves.clear();
  });
  return leaves;
}

const LEFT = 'The client left before the answer was there';

/** Nobody reads the status; it is for logs, as nginx writes it, because to a framework an error without one is its own. */
const CLIENT_CLOSED_REQUEST = 499;

/** Frameworks log the stack of every error; that a client has left is worth one line at most. */
export function clientLeft(): DOMException {
  const error = new DOMException(LEFT, 'AbortError');
  return Object.defineProperties(error, {
    stack: { value: `AbortError: ${LEFT}` },
    status: { value: CLIENT_CLOSED_REQUEST },
    statusCode: { value: CLIENT_CLOSED_REQUEST },
    expose: { value: true },
  });
}

/** Whether an error says so. */
export function hasLeft(error: unknown): boolean {
  return error instanceof DOMException && error.message === LEFT;
}
