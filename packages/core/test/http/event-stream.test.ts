import { createServer as createHttp2Server, connect as connectHttp2 } from 'node:http2';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CallError, type AttemptRecord } from '../../src/errors.js';
import { EventStream } from '../../src/http/event-stream.js';
import { madeFrame, type Frame } from '../../src/stream/frame.js';
import { play, playReluctantly } from './event-stream-stage.js';
import { chunk, framesAsTheyCame, HandMadeStream, largeFrame } from './hand-made-stream.js';
import { listening } from './serve.js';

const ATTEMPT: AttemptRecord = {
  deployment: 'm@nörth',
  model: 'm',
  upstream: 'nörth',
  key: 1,
  outcome: 'server',
  startedAfter: 0,
  duration: 1,
};

function textOf(frames: readonly Frame[]): string {
  return frames.map(({ source, start, end }) => source?.toString('utf8', start, end) ?? '').join('');
}

describe('EventStream', () => {
  it("passes the upstream's own bytes on, and says when they are all", async () => {
    const { events, stream, client } = await play();
    events.deliver(stream);
    const frames = framesAsTheyCame('Hel', 'lo', '!');
    stream.push(...frames.slice(0, 2));
    stream.push(...frames.slice(2));
    stream.end();
    await events.ended;
    const { status, body } = await client.answer;
    expect([status, body]).toEqual([200, `${textOf(frames)}data: [DONE]\n\n`]);
  });

  it('writes once what has come at once', async () => {
    const { res, events, stream, client } = await play();
    const write = vi.spyOn(res, 'write');
    events.deliver(stream);
    stream.push(...framesAsTheyCame('a', 'b'), madeFrame(chunk('c')), ...framesAsTheyCame('d'));
    expect(write).toHaveBeenCalledTimes(1);
    stream.end();
    expect((await client.answer).body.match(/"content":"."/g)?.join()).toBe(
      ['a', 'b', 'c', 'd'].map((text) => `"content":"${text}"`).join(),
    );
  });

  it('has the headers of an event stream, and leaves those of others alone', async () => {
    const { events, stream, client } = await play({
      prepare: (res) => {
        res.setHeader('access-control-allow-origin', 'https://shop.example');
        res.setHeader('set-cookie', ['session=1', 'seen=2']);
        res.setHeader('content-type', 'application/json');
        res.setHeader('content-length', 5);
      },
    });
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Hello'));
    stream.end();
    const { headers } = await client.answer;
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': 'call-1',
      'access-control-allow-origin': 'https://shop.example',
      'set-cookie': ['session=1', 'seen=2'],
    });
    expect(headers).not.toHaveProperty('content-length');
    expect(Object.keys(headers).filter((name) => name.startsWith('x-ai-failover'))).toEqual([]);
  });

  it.each([
    ['no-store', 'no-store, no-transform'],
    ['private, No-Transform', 'private, No-Transform'],
    [['private', 'no-store'], 'private,no-store, no-transform'],
  ])("keeps the application's own word on caching, %j, and forbids to compress", async (given, sent) => {
    const { events, stream, client } = await play({ prepare: (res) => res.setHeader('cache-control', given) });
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Hello'));
    stream.end();
    expect((await client.head).headers['cache-control']).toBe(sent);
    await client.answer;
  });

  it("keeps the application's own request id", async () => {
    const { events, stream, client } = await play({ prepare: (res) => res.setHeader('x-request-id', 'ours') });
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Hello'));
    stream.end();
    expect((await client.answer).headers['x-request-id']).toBe('ours');
  });

  it('says in its headers how the answer came about, as far as it may be known', async () => {
    const headersOf = async (expose: boolean): Promise<Record<string, unknown>> => {
      const stream = new HandMadeStream({ degraded: 'downgraded', attempts: [ATTEMPT, { ...ATTEMPT, outcome: 'ok' }] });
      const { events, client } = await play({ stream, expose });
      events.deliver(stream);
      stream.push(...framesAsTheyCame('Hello'));
      stream.end();
      const { headers, body } = await client.answer;
      expect(body).not.toContain('ai_failover');
      return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-ai-failover')));
    };
    expect(await headersOf(false)).toEqual({ 'x-ai-failover-degraded': 'downgraded' });
    expect(await headersOf(true)).toEqual({
      'x-ai-failover-degraded': 'downgraded',
      'x-ai-failover-deployment': 'm@north',
      'x-ai-failover-model': 'm',
      'x-ai-failover-attempts': '2',
      'x-ai-failover-trail': 'm@n?rth server, m@n?rth ok',
    });
  });

  it('ends an answer that broke off with an error, and never as if it were whole', async () => {
    const { events, stream, client } = await play();
    events.deliver(stream);
    const frames = framesAsTheyCame('Half of');
    stream.push(...frames);
    stream.end({ status: 'failed', error: new CallError({ kind: 'interrupted', message: 'It broke off.' }) });
    await events.ended;
    const error = '{"error":{"message":"It broke off.","type":"server_error","param":null,"code":"AIF_INTERRUPTED"}}';
    expect((await client.answer).body).toBe(`${textOf(frames)}data: ${error}\n\n`);
  });

  it('tells a reader who is still there that the engine was closed', async () => {
    const { events, stream, client } = await play();
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Half of'));
    stream.end({ status: 'aborted', reason: new CallError({ kind: 'closed', message: 'Shutting down.' }) });
    const { body } = await client.answer;
    expect(body).toContain('"code":"AIF_CLOSED"');
    expect(body).not.toContain('[DONE]');
  });

  it('says nothing of why the application has aborted', async () => {
    const { events, stream, client } = await play();
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Half of'));
    stream.end({ status: 'aborted', reason: new Error('row 5 of table users is locked') });
    const { body } = await client.answer;
    expect(body).toContain('"message":"Internal error"');
    expect(body).not.toMatch(/users|\[DONE\]/);
  });

  it('leaves an error to others while nothing has been written', async () => {
    let before: number[] = [];
    const listeners = (on: ServerResponse): number[] =>
      ['close', 'finish', 'drain'].map((name) => on.listenerCount(name));
    const { res, events, client } = await play({ prepare: (on) => (before = listeners(on)) });
    expect(events.fail(new CallError({ kind: 'exhausted', message: 'Sorry.' }))).toBe(false);
    await events.ended;
    expect([res.headersSent, res.getHeaderNames(), listeners(res)]).toEqual([false, [], before]);
    res.writeHead(502).end('rendered by the framework');
    expect(await client.answer).toMatchObject({ status: 502, body: 'rendered by the framework' });
  });

  it('pauses the stream for a reader that is slower, resumes it, and loses nothing', async () => {
    const { events, stream, socket } = await playReluctantly();
    events.deliver(stream);
    const size = 8 * 1024 * 1024;
    let received = 0;
    const tail: Buffer[] = [];
    expect(stream.push(largeFrame(size))).toBe(false);
    const resumed = stream.resumed();
    socket.on('data', (piece: Buffer) => {
      received += piece.length;
      tail.splice(0, tail.length - 4, piece);
    });
    socket.resume();
    await resumed;
    const last = framesAsTheyCame('the end');
    stream.push(...last);
    stream.end();
    await expect.poll(() => Buffer.concat(tail).toString()).toContain('data: [DONE]\n\n');
    expect(Buffer.concat(tail).toString()).toContain(textOf(last));
    expect(received).toBeGreaterThan(size);
    expect(stream.aborts).toEqual([]);
  });

  it('aborts the call of a reader who leaves, and takes no more', async () => {
    const { events, stream, client, res } = await play();
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Hel'));
    await client.head;
    const closed = new Promise((resolve) => res.once('close', resolve));
    client.request.destroy();
    await closed;
    expect(stream.aborts).toEqual([expect.objectContaining({ name: 'AbortError' })]);
    await events.ended;
    const write = vi.spyOn(res, 'write');
    expect(stream.push(...framesAsTheyCame('lo'))).toBe(true);
    expect(write).not.toHaveBeenCalled();
  });

  it('lets a call that is to go on without a reader do so, even if it had been waiting for one', async () => {
    const { events, stream, socket } = await playReluctantly({ abort: undefined });
    events.deliver(stream);
    expect(stream.push(largeFrame(16 * 1024 * 1024))).toBe(false);
    const resumed = stream.resumed();
    socket.destroy();
    await resumed;
    expect(stream.push(largeFrame(1024))).toBe(true);
    stream.end();
    await events.ended;
    expect(stream.aborts).toEqual([]);
  });

  it('gives way to somebody else who answers meanwhile', async () => {
    const { res, events, stream, client } = await play();
    res.writeHead(503).end('took too long');
    events.deliver(stream);
    stream.push(...framesAsTheyCame('too late'));
    await events.ended;
    expect(await client.answer).toMatchObject({ status: 503, body: 'took too long' });
    expect(stream.aborts).toHaveLength(1);
  });

  it('gives way to somebody else who ends the response', async () => {
    const { res, events, stream, client } = await play();
    events.deliver(stream);
    const frames = framesAsTheyCame('Hel', 'lo');
    stream.push(...frames.slice(0, 1));
    res.end();
    expect(stream.push(...frames.slice(1))).toBe(true);
    expect((await client.answer).body).toBe(textOf(frames.slice(0, 1)));
    expect(stream.aborts).toHaveLength(1);
  });

  it('writes nothing for a client that had left before', async () => {
    const { res, client } = await play();
    const closed = new Promise((resolve) => res.once('close', resolve));
    client.request.destroy();
    await closed;
    const stream = new HandMadeStream();
    const events = new EventStream(res, { id: 'call-2', expose: false, abort: undefined });
    events.deliver(stream);
    expect(stream.push(...framesAsTheyCame('Hello'))).toBe(true);
    stream.end();
    await events.ended;
  });

  it('asks compressing middleware to let go of what was written', async () => {
    const flush = vi.fn<() => void>();
    const { events, stream, client } = await play({ prepare: (res) => Object.assign(res, { flush }) });
    events.deliver(stream);
    stream.push(...framesAsTheyCame('a'));
    stream.push(...framesAsTheyCame('b'));
    expect(flush).toHaveBeenCalledTimes(2);
    stream.end();
    await client.answer;
  });

  it('works over HTTP/2', async () => {
    const stream = new HandMadeStream();
    const server = createHttp2Server((_req, res) => {
      // Frameworks hand on the responses of HTTP/2 as if they were the older ones.
      const settings = { id: 'call-1', expose: false, abort: stream.abort };
      const events = new EventStream(res as unknown as ServerResponse, settings);
      events.deliver(stream);
      stream.push(...framesAsTheyCame('Hello'));
      if (_req.url === '/whole') stream.end();
    });
    const session = connectHttp2(`http://127.0.0.1:${await listening(server)}`);
    onTestFinished(async () => {
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const whole = session.request({ ':path': '/whole' });
    let body = '';
    for await (const piece of whole.setEncoding('utf8')) body += String(piece);
    expect(body).toBe(`${textOf(framesAsTheyCame('Hello'))}data: [DONE]\n\n`);
    const left = session.request({ ':path': '/left' });
    await new Promise((resolve) => left.once('data', resolve));
    left.close();
    await expect.poll(() => stream.aborts).toHaveLength(1);
  });
});
