/**
 * Connects without TLS, and reads little at once. Node reads 64 KB, all of which waits when a reader is slow, and makes room for as much
 * when there is little to read, as there nearly always is. Under TLS it reads records, of 16 KB at most.
 */
import { connect, type Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** Bytes. */
const READ_AT_ONCE = 8 * 1024;
const SIZES = { highWaterMark: READ_AT_ONCE };

/** Milliseconds. As undici does. */
const KEEP_ALIVE_DELAY = 60_000;

/** Returns its socket, as undici's own connector does. */
export const connectPlainly: buildConnector.connector = ({ hostname, port }, callback) => {
  const space = Buffer.allocUnsafeSlow(READ_AT_ONCE);
  const socket: Socket = connect({
    ...SIZES,
    host: hostname,
    port: port === '' ? 80 : Number(port),
    onread: { buffer: space, callback: (length) => socket.push(Buffer.from(space.subarray(0, length))) },
  });
  const onError = (error: Error): void => callback(error, null);
  socket.once('error', onError).once('connect', () => {
    socket.off('error', onError);
    callback(null, socket);
  });
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY).setNoDelay(true);
};
