/** What the writer does while nothing happens, by a clock that the tests move. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallError } from '../../src/errors.js';
import { play, playReluctantly } from './event-stream-stage.js';
import { DONE, framesAsTheyCame, HandMadeStream, largeFrame } from './hand-made-stream.js';

const KEEP_ALIVE = ': keep-alive\n\n';
/** More than the buffers of a connection within this machine take. */
const A_LOT = 32 * 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  // Nothing may tick on when a response is over.
  const timers = vi.getTimerCount();
  vi.useRealTimers();
  expect(timers).toBe(0);
});

/** Lets the sockets have their turn. */
async function breathe(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function bodyOf(frames: ReturnType<typeof framesAsTheyCame>): string {
  return frames.map(({ source, start, end }) => source?.toString('utf8', start, end) ?? '').join('');
}

describe('While there is nothing to write, the reader', () => {
  it('is sent the head and a comment after 10 seconds, and a comment after each 10 more', async () => {
    const { res, events, stream, client } = await play();
    vi.advanceTimersByTime(9_999);
    expect(res.headersSent).toBe(false);
    vi.advanceTimersByTime(1);
    const { statusCode, headers } = await client.head;
    expect([statusCode, headers['content-type'], headers['x-request-id']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'call-1',
    ]);
    vi.advanceTimersByTime(25_000);
    events.deliver(stream);
    const frames = framesAsTheyCame('Hello');
    stream.push(...frames);
    stream.end();
    expect((await client.answer).body).toBe(`${KEEP_ALIVE.repeat(3)}${bodyOf(frames)}data: [DONE]\n\n`);
  });

  it('is sent none while something comes now and then, and one when nothing does, in the midst of the answer too', async () => {
    const { events, stream, client } = await play();
    events.deliver(stream);
    const frames = framesAsTheyCame('a', 'b', 'c', 'd', 'e');
    for (const frame of frames) {
      vi.advanceTimersByTime(9_000);
      stream.push(frame);
    }
    vi.advanceTimersByTime(9_999);
    const last = framesAsTheyCame('f');
    vi.advanceTimersByTime(1);
    stream.push(...last);
    vi.advanceTimersByTime(9_999);
    stream.end();
    expect((await client.answer).body).toBe(`${bodyOf(frames)}${KEEP_ALIVE}${bodyOf(last)}data: [DONE]\n\n`);
  });

  it('learns of an error as the last event, because the status has gone', async () => {
    const { events, client } = await play();
    vi.advanceTimersByTime(10_000);
    expect(events.fail(new CallError({ kind: 'exhausted', message: 'Sorry.' }))).toBe(true);
    await events.ended;
    const error = '{"error":{"message":"Sorry.","type":"server_error","param":null,"code":"AIF_EXHAUSTED"}}';
    const { status, body } = await client.answer;
    expect([status, body]).toEqual([200, `${KEEP_ALIVE}data: ${error}\n\n`]);
  });

  it('learns in the first chunk what the headers could not say any more', async () => {
    const stream = new HandMadeStream({ degraded: 'canned', deployment: undefined, model: undefined });
    const { events, client } = await play({ stream });
    vi.advanceTimersByTime(10_000);
    events.deliver(stream);
    const frames = framesAsTheyCame('Hel', 'lo');
    stream.push(...frames);
    stream.end();
    const { headers, body } = await client.answer;
    expect(headers).not.toHaveProperty('x-ai-failover-degraded');
    const [, first = '', ...others] = body.split(/(?<=\n\n)/);
    expect(JSON.parse(first.slice('data: '.length))).toEqual({
      ...frames[0]?.chunk,
      ai_failover: { degraded: 'canned' },
    });
    expect(others.join('')).toBe(`${bodyOf(frames.slice(1))}data: [DONE]\n\n`);
  });

  it('learns there who has answered, if it may', async () => {
    const attempt = { deployment: 'm@nörth', model: 'm', upstream: 'nörth', key: 1, startedAfter: 0, duration: 1 };
    const stream = new HandMadeStream({ attempts: [{ ...attempt, outcome: 'ok' }] });
    const { events, client } = await play({ stream, expose: true });
    vi.advanceTimersByTime(10_000);
    events.deliver(stream);
    stream.push(...framesAsTheyCame('Hello'));
    stream.end();
    const [, first = ''] = (await client.answer).body.split(/(?<=\n\n)/);
    expect(JSON.parse(first.slice('data: '.length))).toMatchObject({
      choices: [{ delta: { content: 'Hello' } }],
      ai_failover: { deployment: 'm@north', model: 'm', attempts: 1, trail: 'm@nörth ok' },
    });
  });

  it('who has left is sent nothing', async () => {
    const { res, stream, client } = await play();
    const closed = new Promise((resolve) => res.once('close', resolve));
    client.request.destroy();
    await closed;
    const write = vi.spyOn(res, 'write');
    vi.advanceTimersByTime(60_000);
    expect(write).not.toHaveBeenCalled();
    expect(stream.aborts).toHaveLength(1);
  });

  it('is left to somebody else who has answered', async () => {
    const { res, stream, client } = await play();
    res.writeHead(503).write('took');
    vi.advanceTimersByTime(10_000);
    expect(stream.aborts).toHaveLength(1);
    res.end(' too long');
    expect(await client.answer).toMatchObject({ status: 503, body: 'took too long' });
  });
});

describe('A reader that takes nothing', () => {
  it('is given up after a minute: the call is aborted, the connection closed', async () => {
    const { res, events, stream, socket } = await playReluctantly();
    events.deliver(stream);
    expect(stream.push(largeFrame(A_LOT))).toBe(false);
    await breathe();
    vi.advanceTimersByTime(59_000);
    expect([res.destroyed, stream.aborts]).toEqual([false, []]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    vi.advanceTimersByTime(30_000);
    expect(res.destroyed).toBe(true);
    await events.ended;
    expect(stream.aborts).toEqual([expect.objectContaining({ name: 'AbortError' })]);
    socket.resume();
    await closed;
  });

  it('is sent no signs of life, which would only pile up', async () => {
    const { res, events, stream } = await playReluctantly();
    events.deliver(stream);
    stream.push(largeFrame(A_LOT));
    await breathe();
    const write = vi.spyOn(res, 'write');
    vi.advanceTimersByTime(59_000);
    expect(write).not.toHaveBeenCalled();
    stream.abort();
    res.destroy();
    await breathe();
  });

  it('is given up after the end of the answer as well, and the call has ended well', async () => {
    const { res, events, stream } = await playReluctantly();
    events.deliver(stream);
    stream.push(largeFrame(A_LOT));
    stream.end();
    await events.ended;
    await breathe();
    vi.advanceTimersByTime(59_000);
    expect(res.destroyed).toBe(false);
    vi.advanceTimersByTime(30_000);
    expect(res.destroyed).toBe(true);
    expect(stream.aborts).toEqual([]);
    await breathe();
  });

  it('does not end a call that goes on without a reader', async () => {
    const { res, events, stream } = await playReluctantly({ abort: undefined });
    events.deliver(stream);
    expect(stream.push(largeFrame(A_LOT))).toBe(false);
    const resumed = stream.resumed();
    await breathe();
    vi.advanceTimersByTime(90_000);
    await resumed;
    expect(res.destroyed).toBe(true);
    expect(stream.push(...framesAsTheyCame('for the archive'))).toBe(true);
    stream.end(DONE);
    await events.ended;
  });
});

describe('A reader that is only slow', () => {
  it('lives for as long as it takes something now and then, and misses nothing', async () => {
    const { res, events, stream, socket } = await playReluctantly();
    let received = 0;
    socket.on('data', (piece: Buffer) => {
      received += piece.length;
      if (received >= allowed) socket.pause();
    });
    let allowed = 0;
    events.deliver(stream);
    expect(stream.push(largeFrame(A_LOT))).toBe(false);
    stream.end();
    while (!res.writableFinished && !res.destroyed) {
      allowed += 2 * 1024 * 1024;
      socket.resume();
      await breathe();
      vi.advanceTimersByTime(50_000);
    }
    expect(allowed).toBeGreaterThan(10 * 1024 * 1024);
    allowed = Infinity;
    socket.resume();
    await new Promise((resolve) => socket.once('end', resolve));
    expect(received).toBeGreaterThan(A_LOT);
    expect(stream.aborts).toEqual([]);
  });
});
