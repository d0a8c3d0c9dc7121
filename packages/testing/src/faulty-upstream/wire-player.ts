import type { Socket } from 'node:net';
import type { WireAction, WireActions } from './wire-action.js';

/** The last action of a reply. */
export type End = Extract<WireAction, { kind: 'end' }>;

/**
 * How long bytes are given to be read before a reset follows them, in milliseconds. A client on libuv that finds both at
 * once reports an orderly end instead of ECONNRESET.
 */
const pauseBeforeReset = 20;

/**
 * Does on a socket what the actions say.
 *
 * @returns how it ended, or nothing when the signal was aborted first.
 */
export async function playOn(socket: Socket, actions: WireActions, signal: AbortSignal): Promise<End | undefined> {
  const sentBefore = socket.bytesWritten;
  for await (const action of actions) {
    if (signal.aborted) return undefined;
    if (action.kind === 'bytes') await write(socket, action.bytes, signal);
    else if (action.kind === 'wait') await wait(action.milliseconds, signal);
    else if (action.kind === 'end') {
      if (action.how === 'stall') await aborted(signal);
      if (action.how === 'reset' && socket.bytesWritten > sentBefore) await wait(pauseBeforeReset, signal);
      return signal.aborted ? undefined : action;
    }
  }
  return undefined;
}

/** Resolves when the bytes have left for the kernel: a reset that follows does not take them back. */
function write(socket: Socket, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return untilAborted(signal, (done) => {
    socket.write(bytes, (error) => {
      // The socket is closing: the abort comes in a moment, and until then nothing counts as sent. A write that was under way
      // when the socket was destroyed is reported by Node as a success.
      if (!error && !socket.destroyed) done();
    });
  });
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return untilAborted(signal, (done) => {
    if (milliseconds <= 0) {
      const immediate = setImmediate(done);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(done, milliseconds);
    return () => clearTimeout(timer);
  });
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return untilAborted(signal, () => undefined);
}

/** Starts something and waits until it is done or nobody wants it any more; then it is stopped. */
function untilAborted(signal: AbortSignal, start: (done: () => void) => (() => void) | void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      stop?.();
      resolve();
    };
    signal.addEventListener('abort', finish);
    const stop = start(finish);
  });
}
