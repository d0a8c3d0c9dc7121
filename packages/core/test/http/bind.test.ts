import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import type { CallOptions } from '../../src/call/call-options.js';
import type { ChatReply } from '../../src/call/reply.js';
import type { Failover } from '../../src/create-failover.js';
import { bind } from '../../src/http/bind.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

/** An engine that does nothing but remember what it was asked. */
function engine(reply: Promise<ChatReply>) {
  const abort = vi.fn<(reason: unknown) => void>();
  const start = vi.fn<(request: unknown, options: CallOptions) => object>(() => ({ reply, abort }));
  return { failover: { start } as unknown as Failover, start, abort };
}

function exchange(headers: Record<string, string> = {}) {
  const socket = Object.assign(new EventEmitter(), { destroyed: false });
  const req = { socket, headers, httpVersionMajor: 1 } as unknown as IncomingMessage;
  const res = { destroyed: false, writableFinished: false } as ServerResponse;
  return { socket, req, res };
}

const ANSWER = Promise.resolve({} as ChatReply);

describe('bind', () => {
  it('aborts the call when the connection closes, and leaves a call alone that is over', async () => {
    const { socket, req, res } = exchange();
    const over = engine(ANSWER);
    await bind(over.failover, req, res).chat(QUESTION);
    const under = engine(new Promise(() => {}));
    void bind(under.failover, req, res).chat(QUESTION);
    socket.emit('close');
    expect(over.abort).not.toHaveBeenCalled();
    expect(under.abort).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: 'AbortError' }));
  });

  it('begins nothing for a client that has left, unless it is detached or was answered already', async () => {
    const { socket, req, res } = exchange();
    socket.destroyed = true;
    const { failover, start } = engine(ANSWER);
    await expect(bind(failover, req, res).chat(QUESTION)).rejects.toMatchObject({ name: 'AbortError' });
    expect(start).not.toHaveBeenCalled();
    await bind(failover, req, res).chat(QUESTION, { detached: true });
    expect(start).toHaveBeenCalledTimes(1);
    Object.assign(res, { writableFinished: true });
    await bind(failover, req, res).chat(QUESTION);
    expect(start).toHaveBeenCalledTimes(2);
  });

  it.each([
    [undefined, false],
    ['0', false],
    ['00', false],
    ['1', true],
    ['12', true],
    ['-1', false],
    ['x', false],
    ['', false],
  ])('reads %j retries of the client as %s', async (count, retrying) => {
    const { req, res } = exchange(count === undefined ? {} : { 'x-stainless-retry-count': count });
    const { failover, start } = engine(ANSWER);
    await bind(failover, req, res).chat(QUESTION);
    expect(start.mock.calls[0]?.[1].callerRetries).toBe(retrying);
  });

  it("hands on the client's languages, unless the application knows better", async () => {
    const { req, res } = exchange({ 'accept-language': 'de, en;q=0.5' });
    const { failover, start } = engine(ANSWER);
    const ai = bind(failover, req, res);
    await ai.chat(QUESTION);
    await ai.chat(QUESTION, { locales: ['fr'] });
    const [own, given] = start.mock.calls.map(([, { locales }]) =>
      typeof locales === 'function' ? locales() : locales,
    );
    expect([own, given]).toEqual([['de', 'en'], ['fr']]);
  });
});
