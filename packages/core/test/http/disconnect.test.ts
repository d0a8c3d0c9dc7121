import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { watchDisconnect } from '../../src/http/disconnect.js';

let left: number;

beforeEach(() => {
  left = 0;
});

function connection() {
  return Object.assign(new EventEmitter(), { destroyed: false });
}

/** A request on a connection, and its response. */
function exchange(socket: unknown, httpVersionMajor = 1) {
  const req = { socket, httpVersionMajor } as IncomingMessage;
  const res = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false });
  const watch = () => watchDisconnect(req, res as unknown as ServerResponse, () => (left += 1));
  return { req, res, watch };
}

describe('watchDisconnect', () => {
  it('calls once when the connection closes before the response has been sent', () => {
    const socket = connection();
    exchange(socket).watch();
    expect(left).toBe(0);
    socket.emit('close');
    socket.emit('close');
    expect(left).toBe(1);
  });

  it('does not call when the response had been sent', () => {
    const socket = connection();
    const { res, watch } = exchange(socket);
    watch();
    res.writableFinished = true;
    socket.emit('close');
    expect(left).toBe(0);
  });

  it('does not call after it was told to stop', () => {
    const socket = connection();
    const { watch } = exchange(socket);
    const stop = watch();
    const others = [watch(), watch()];
    stop();
    stop();
    socket.emit('close');
    expect(left).toBe(others.length);
  });

  it('listens once per connection, however many requests it carries and calls they make', () => {
    const socket = connection();
    for (let request = 0; request < 3; request += 1) {
      const { watch } = exchange(socket);
      watch();
      watch()();
    }
    expect(socket.listenerCount('close')).toBe(1);
    socket.emit('close');
    expect(left).toBe(3);
  });

  it('calls at once when the client has gone already', () => {
    exchange(Object.assign(connection(), { destroyed: true })).watch()();
    const { res, watch } = exchange(connection());
    res.destroyed = true;
    watch()();
    expect(left).toBe(2);
  });

  it('does not take a response that was sent for one whose client has gone', () => {
    const { res, watch } = exchange(Object.assign(connection(), { destroyed: true }));
    res.writableFinished = true;
    watch();
    expect(left).toBe(0);
  });

  it.each([
    ['of HTTP/2, whose connection outlives it', connection(), 2],
    ['without a socket, as mocks are', undefined, 1],
    ['with a socket that is no event emitter', {}, 1],
  ])('watches the response of a request %s', (_what, socket, version) => {
    const { res, watch } = exchange(socket, version);
    const stop = watch();
    watch();
    stop();
    expect(res.listenerCount('close')).toBe(1);
    res.emit('close');
    expect(left).toBe(1);
    expect(res.listenerCount('close')).toBe(0);
  });
});
