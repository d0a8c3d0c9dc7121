import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ChatReply } from '../../src/call/reply.js';
import { bind } from '../../src/http/bind.js';
import type { ChatStream } from '../../src/stream/chat-stream.js';
import { handMadeEngine } from './hand-made-engine.js';
import { framesAsTheyCame, HandMadeStream } from './hand-made-stream.js';
import { serve, visit } from './serve.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

function engine(reply: Promise<ChatReply>) {
  return handMadeEngine({ reply });
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

describe('A bound stream', () => {
  const never = new Promise<ChatStream>(() => {});

  it('is aborted when the client leaves before it has begun, and when it leaves while it is read', async () => {
    const before = exchange();
    const waiting = handMadeEngine({ stream: never });
    void bind(waiting.failover, before.req, before.res).stream(QUESTION);
    before.socket.emit('close');
    expect(waiting.abort).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: 'AbortError' }));

    const { socket, req, res } = exchange();
    const begun = handMadeEngine({ stream: Promise.resolve(new HandMadeStream()) });
    await bind(begun.failover, req, res).stream(QUESTION);
    expect(begun.abort).not.toHaveBeenCalled();
    socket.emit('close');
    expect(begun.abort).toHaveBeenCalledTimes(1);
  });

  it('is left alone when it has ended or could not begin', async () => {
    const { socket, req, res } = exchange();
    const stream = new HandMadeStream();
    const ended = handMadeEngine({ stream: Promise.resolve(stream) });
    expect(await bind(ended.failover, req, res).stream(QUESTION)).toBe(stream);
    stream.end();
    await stream.finished;
    const failed = handMadeEngine({ stream: Promise.reject(new Error('no answer')) });
    await expect(bind(failed.failover, req, res).stream(QUESTION)).rejects.toThrow('no answer');
    socket.emit('close');
    expect([ended.abort.mock.calls, failed.abort.mock.calls]).toEqual([[], []]);
  });

  it('goes on when it is detached, and begins for nobody unless it is', async () => {
    const { socket, req, res } = exchange();
    const { failover, abort, startStream } = handMadeEngine({ stream: Promise.resolve(new HandMadeStream()) });
    const ai = bind(failover, req, res);
    await ai.stream(QUESTION, { detached: true });
    socket.emit('close');
    socket.destroyed = true;
    await ai.stream(QUESTION, { detached: true });
    await expect(ai.stream(QUESTION)).rejects.toMatchObject({ name: 'AbortError' });
    expect([abort, startStream].map(({ mock }) => mock.calls.length)).toEqual([0, 2]);
  });

  it('has the options of its mount and what the headers say', async () => {
    const { req, res } = exchange({ 'x-stainless-retry-count': '1' });
    const { failover, startStream } = handMadeEngine({ stream: Promise.resolve(new HandMadeStream()) });
    await bind(failover, req, res, { chain: 'cheap' }).stream(QUESTION, { deadline: 5 });
    expect(startStream.mock.calls[0]?.[1]).toMatchObject({ chain: 'cheap', deadline: 5, callerRetries: true });
  });
});

describe('respond', () => {
  /** Answers every request by itself; `outcome` is how that ended. */
  async function responding(engineOf: ReturnType<typeof handMadeEngine>, request: unknown, options = {}) {
    let settle: (outcome: unknown) => void = () => {};
    const outcome = new Promise<unknown>((resolve) => (settle = resolve));
    const port = await serve((req, res) => {
      bind(engineOf.failover, req, res)
        .respond(request as typeof QUESTION, options)
        .then(
          () => settle('resolved'),
          (error: unknown) => {
            settle(error);
            res.writeHead(500).end('rendered by the framework');
          },
        );
    });
    return { client: visit(port, {}, ''), outcome };
  }

  it('answers with events exactly when the request asks for a stream', async () => {
    for (const stream of [true, false, null, undefined, 'true', 1]) {
      const played = new HandMadeStream();
      const asked = handMadeEngine({ stream: Promise.resolve(played) });
      const { client, outcome } = await responding(asked, { ...QUESTION, stream });
      await expect.poll(() => asked.start.mock.calls.length + asked.startStream.mock.calls.length).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      played.push(...framesAsTheyCame('Hello'));
      played.end();
      expect(await outcome).toBe('resolved');
      const { headers } = await client.answer;
      expect(headers['content-type']).toMatch(stream === true ? /^text\/event-stream/ : /^application\/json/);
      expect(headers['x-request-id']).toBe('call-1');
    }
  });

  it.each([undefined, null, 'text', []])(
    'hands a request that is none, %j, to the engine to refuse',
    async (request) => {
      const asked = handMadeEngine({ reply: Promise.reject(new Error('refused')) });
      const { client, outcome } = await responding(asked, request);
      expect(await outcome).toMatchObject({ message: 'refused' });
      await client.answer;
    },
  );

  it('rejects with nothing written while that is possible', async () => {
    const failing = handMadeEngine({ stream: Promise.reject(new Error('no answer')) });
    const { client, outcome } = await responding(failing, { ...QUESTION, stream: true });
    expect(await outcome).toMatchObject({ message: 'no answer' });
    const { status, headers, body } = await client.answer;
    expect([status, body]).toEqual([500, 'rendered by the framework']);
    expect(headers).not.toHaveProperty('content-type');
  });

  it('takes a detached answer to its end though the client has left', async () => {
    const stream = new HandMadeStream();
    const asked = handMadeEngine({ stream: Promise.resolve(stream) });
    const { client, outcome } = await responding(asked, { ...QUESTION, stream: true }, { detached: true });
    await expect.poll(() => asked.startStream).toHaveBeenCalledTimes(1);
    await new Promise((resolve) => setImmediate(resolve));
    stream.push(...framesAsTheyCame('Hel'));
    await client.head;
    client.request.destroy();
    await expect.poll(() => stream.resumes).toBe(1);
    expect(stream.push(...framesAsTheyCame('lo'))).toBe(true);
    stream.end();
    expect(await outcome).toBe('resolved');
    expect(asked.abort).not.toHaveBeenCalled();
  });

  it('resolves when the client has left, because nobody is there to be told', async () => {
    const stream = new HandMadeStream();
    const asked = handMadeEngine({ stream: Promise.resolve(stream) });
    asked.abort.mockImplementation(stream.abort);
    const { client, outcome } = await responding(asked, { ...QUESTION, stream: true });
    await expect.poll(() => asked.startStream).toHaveBeenCalledTimes(1);
    client.request.destroy();
    expect(await outcome).toBe('resolved');
    expect(stream.aborts[0]).toMatchObject({ name: 'AbortError' });
  });
});
