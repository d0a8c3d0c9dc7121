/**
 * Stops the reading of a connection between two reads of its socket. undici's own pause stops in the middle of one, puts the rest back
 * and takes another at each resume, so that what waits for a slow reader grows with all that he takes (7.30).
 */
import type { Socket } from 'node:net';

export class ReadingHold {
  readonly #socket: Socket;
  /** Does nothing while the socket is being read anyway. */
  readonly #startReading: () => void;
  #held = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { read, _read: fetch } = socket;
    this.#startReading = () => fetch.call(socket, 0);
    // A read of nothing takes nothing, and notices the end.
    socket.read = (size) => (this.#held && size !== 0 ? null : read.call(socket, size));
  }

  /** What the last read has brought still comes. */
  begin(): void {
    if (this.#held) return;
    this.#held = true;
    stopReading(this.#socket);
  }

  end(): void {
    if (!this.#held) return;
    this.#held = false;
    // undici may be in the middle of what it has read.
    queueMicrotask(() => this.#goOn());
  }

  #goOn(): void {
    const socket = this.#socket;
    if (this.#held || socket.destroyed) return;
    this.#startReading();
    if (socket.readableLength > 0) socket.emit('readable');
  }
}

/** As `socket.pause` does where reads go to a buffer of one's own. Without it one more read would come, and wait. */
function stopReading(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  if (!('readStop' in handle) || typeof handle.readStop !== 'function') return;
  Reflect.set(handle, 'reading', false);
  handle.readStop();
}
