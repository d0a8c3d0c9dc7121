import {
  answer,
  close,
  fail,
  hang,
  headersThenHang,
  raw,
  refuseBody,
  reset,
  resetOnConnect,
  stream,
} from '@ai-failover/testing';
import type { Reply } from '@ai-failover/testing';
import { describe, expect, it } from 'vitest';
import { chatRequest, exchange, RawClient } from './raw-client.ts';
import { startUpstream } from './start-upstream.ts';

const events = (text: string): number => text.match(/^data: /gm)?.length ?? 0;

describe('silence', () => {
  it('hangs without a byte until the client gives up', async () => {
    const upstream = await startUpstream([hang(), answer()]);
    const client = new RawClient(upstream).send(chatRequest());
    const request = await upstream.waitForRequest();
    await exchange(upstream);
    expect([client.pieces.length, request.outcome]).toEqual([0, undefined]);
    client.socket.destroy();
    expect(await request.settled).toBe('aborted');
  });

  it('sends headers and hangs', async () => {
    const upstream = await startUpstream(headersThenHang());
    const client = new RawClient(upstream).send(chatRequest());
    const { text } = await client.until(/\r\n\r\n/);
    expect(text).toContain('text/event-stream');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
    client.socket.destroy();
  });

  it.each([
    ['request', /^$/],
    ['head', /\r\n\r\n$/],
    [{ bytes: 0 }, /\r\n\r\n$/],
    [{ bytes: 5 }, /\r\n\r\n\{"id"$/],
  ] as const)('stalls an answer at %j', async (point, pattern) => {
    const upstream = await startUpstream(answer().stallAfter(point));
    const client = new RawClient(upstream).send(chatRequest());
    await upstream.waitForRequest();
    const { text } = await client.until(pattern);
    expect(text).toMatch(pattern);
    expect(upstream.requests[0]?.outcome).toBeUndefined();
    client.socket.destroy();
  });

  it.each([0, 1, 3])('stalls a stream after %i events', async (count) => {
    const upstream = await startUpstream([stream('a b c d').stallAfter({ events: count }), answer()]);
    const client = new RawClient(upstream).send(chatRequest());
    await client.until(/\r\n\r\n/);
    await exchange(upstream);
    expect(events(client.reply().text)).toBe(count);
    client.socket.destroy();
  });
});

describe('connections that end', () => {
  it.each([
    ['close', (reply: Reply) => reply.closeAfter({ bytes: 20 }), 'end'],
    ['reset', (reply: Reply) => reply.resetAfter({ bytes: 20 }), 'ECONNRESET'],
  ])('%s in the middle of a body, after exactly so many bytes', async (_name, fault, ending) => {
    const upstream = await startUpstream(fault(answer()));
    const got = await exchange(upstream);
    expect([got.body.length, got.ending]).toEqual([20, ending]);
    expect(Number(/content-length: (\d+)/.exec(got.head)?.[1])).toBeGreaterThan(20);
    expect(upstream.requests[0]?.outcome).toBe('broken');
  });

  it.each([
    ['close', (reply: Reply) => reply.closeAfter({ events: 2 }), 'end'],
    ['reset', (reply: Reply) => reply.resetAfter({ events: 2 }), 'ECONNRESET'],
  ])('%s in the middle of a stream, without the last chunk', async (_name, fault, ending) => {
    const upstream = await startUpstream(fault(stream('one two three')));
    const got = await exchange(upstream);
    expect([events(got.text), got.text.endsWith('0\r\n\r\n'), got.ending]).toEqual([2, false, ending]);
  });

  it('close without a byte', async () => {
    const upstream = await startUpstream([close(), answer().closeAfter('request')]);
    for (let count = 0; count < 2; count += 1) {
      expect(await exchange(upstream)).toMatchObject({ text: '', ending: 'end' });
    }
  });

  it('reset once the request has been read', async () => {
    const upstream = await startUpstream(reset());
    expect(await exchange(upstream)).toMatchObject({ text: '', ending: 'ECONNRESET' });
    expect(upstream.requests[0]?.json()).toMatchObject({ model: 'gpt-4.1' });
  });

  it('reset as soon as they are made, and use up one step of the script', async () => {
    const upstream = await startUpstream([resetOnConnect(), answer()]);
    expect((await new RawClient(upstream).closed).ending).toBe('ECONNRESET');
    expect(upstream.requests).toHaveLength(0);
    expect((await exchange(upstream)).head).toContain('200');
  });

  it('reset when they were kept from before', async () => {
    const upstream = await startUpstream(answer());
    const client = new RawClient(upstream).send(chatRequest());
    await client.until(/total_tokens.*}$/);
    upstream.script(resetOnConnect());
    expect((await client.send(chatRequest()).closed).ending).toBe('ECONNRESET');
  });

  it('close inside a character', async () => {
    const upstream = await startUpstream([
      answer('Grüße').cutInsideCharacter(),
      stream('Grüße').cutInsideCharacter('reset'),
    ]);
    const unary = await exchange(upstream);
    expect(unary.bytes.subarray(-3)).toEqual(Buffer.concat([Buffer.from('Gr'), Buffer.from([0xc3])]));
    const streamed = await exchange(upstream);
    expect([streamed.bytes.includes(0xc3), streamed.bytes.includes(0xbc)]).toEqual([true, false]);
    expect(streamed.ending).toBe('ECONNRESET');
  });
});

describe('stale connections', () => {
  it.each([
    ['close', 'end'],
    ['reset', 'ECONNRESET'],
  ] as const)('die by %s when the next request comes, and not before', async (how, ending) => {
    const upstream = await startUpstream([answer('first').thenStale(how), answer('second')]);
    const client = new RawClient(upstream).send(chatRequest());
    const { bytes } = await client.until(/total_tokens.*}$/);
    await exchange(upstream).then(({ body }) => expect(body).toContain('second'));
    expect(client.socket.readyState).toBe('open');
    const after = await client.send(chatRequest()).closed;
    expect([after.ending, after.bytes.length]).toEqual([ending, bytes.length]);
    expect([upstream.lostToStaleSockets, upstream.requests.length]).toEqual([1, 2]);
  });
});

describe('bodies that lie', () => {
  it('declare more than they send', async () => {
    const upstream = await startUpstream(answer({ body: 'abc' }).overstateLength(7));
    const { head, body } = await exchange(upstream);
    expect(head).toContain('content-length: 10');
    expect(body).toBe('abc');
  });

  it.each([
    ['an answer', answer({ body: 'abc' }), 'abc'],
    ['a stream', stream('a', { done: true }), '[DONE]\n\n'],
  ])('end with the connection only: %s', async (_name, script, end) => {
    const upstream = await startUpstream(script.withoutLength());
    const { head, body, ending } = await new RawClient(upstream).send(chatRequest()).closed;
    expect(head).not.toMatch(/content-length|transfer-encoding/);
    expect(head).toContain('connection: close');
    expect([body.endsWith(end), ending]).toEqual([true, 'end']);
    expect(upstream.requests[0]?.outcome).toBe('answered');
  });

  it('leave out the end of a body without length', async () => {
    const upstream = await startUpstream(stream('a b').withoutLength().closeAfter({ events: 2 }));
    const { body, ending } = await exchange(upstream);
    expect([events(body), ending]).toEqual([2, 'end']);
  });
});

describe('streams that go wrong', () => {
  it('hold one unreadable event among readable ones', async () => {
    const upstream = await startUpstream(stream('a b').garbleAfter({ events: 1 }).withoutLength());
    const frames = (await exchange(upstream)).body.split('\n\n').filter(Boolean);
    const readable = frames.map((frame) => {
      try {
        return frame === 'data: [DONE]' || Boolean(JSON.parse(frame.slice(6)));
      } catch {
        return false;
      }
    });
    expect(readable).toEqual([true, false, true, true, true]);
    expect(frames[1]).toMatch(/^data: \{"id"/);
  });

  it('end in an error frame, orderly for HTTP', async () => {
    const fault = stream('a b').errorAfter({ events: 2, code: 'insufficient_quota', type: 't', message: 'm' });
    const upstream = await startUpstream(fault);
    const { text } = await exchange(upstream);
    expect(events(text)).toBe(3);
    expect(text).toContain('{"error":{"message":"m","type":"t","param":null,"code":"insufficient_quota"}}');
    expect(text).not.toContain('[DONE]');
    expect(text.endsWith('0\r\n\r\n')).toBe(true);
  });

  it('take any error frame', async () => {
    const upstream = await startUpstream(stream('a').errorAfter({ events: 0, data: { type: 'error' } }));
    expect((await exchange(upstream)).text).toContain('data: {"type":"error"}');
  });
});

describe('pace', () => {
  it('waits before the first byte', async () => {
    const upstream = await startUpstream([answer('late').after(30), answer('soon')]);
    const client = new RawClient(upstream).send(chatRequest());
    await upstream.waitForRequest();
    await exchange(upstream);
    expect(client.pieces).toHaveLength(0);
    await client.until(/late/);
    client.socket.destroy();
  });

  it('sends every byte by itself', async () => {
    const upstream = await startUpstream(answer({ body: 'abcdef' }).byteByByte());
    const { pieces, body } = await exchange(upstream);
    expect(body).toBe('abcdef');
    expect(pieces.slice(-6).map(String)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('keeps to a rate, and the bytes are the same', async () => {
    const upstream = await startUpstream([answer(), answer().slow({ bytesPerSecond: 10_000 })]);
    const [fast, slow] = [await exchange(upstream), await exchange(upstream)];
    expect(slow.text).toBe(fast.text.replace('chatcmpl-0', 'chatcmpl-1'));
    expect(slow.pieces.length).toBeGreaterThan(fast.pieces.length);
  });

  it('combines with faults in the order in which they are written', async () => {
    const upstream = await startUpstream(stream('a b').closeAfter({ events: 2 }).after(1).byteByByte());
    expect(events((await exchange(upstream)).text)).toBe(2);
  });

  it('leaves a reply that is varied as it was', async () => {
    const plain = answer('whole');
    const upstream = await startUpstream([plain.closeAfter('head'), plain]);
    expect((await exchange(upstream)).body).toBe('');
    expect((await exchange(upstream)).body).toContain('whole');
  });
});

describe('interim responses', () => {
  it('come before the reply', async () => {
    const script = answer().interim(103, { link: '</a>; rel=preload' }).interim(100);
    const { text } = await exchange(await startUpstream(script));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 103', 'HTTP/1.1 200']);
    expect(text).toContain('link: </a>; rel=preload');
  });
});

describe('bodies that are not read', () => {
  const body = { text: 'x'.repeat(30 * 1024 * 1024) };

  it('block the client', async () => {
    const upstream = await startUpstream([refuseBody(), answer()]);
    const client = new RawClient(upstream).send(chatRequest(body));
    const request = await upstream.waitForRequest();
    await exchange(upstream);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect([request.readAt, request.body, request.outcome]).toEqual([undefined, '', undefined]);
    client.socket.destroy();
  });

  it('can be answered all the same; the connection is closed', async () => {
    const upstream = await startUpstream(refuseBody(fail(413)));
    const client = new RawClient(upstream).send(chatRequest(body));
    const { head } = await client.until(/code/);
    expect(head).toMatch(/413 Payload Too Large[^]*connection: close/);
    await client.closed;
    expect(upstream.requests[0]?.outcome).toBe('answered');
  });
});

describe('bytes that are not HTTP', () => {
  it('can leave the connection open', async () => {
    const upstream = await startUpstream([raw('HTTP/1.1 200 O', 'stall'), answer()]);
    const client = new RawClient(upstream).send(chatRequest());
    await client.until(/200 O/);
    await exchange(upstream);
    expect(client.reply().text).toBe('HTTP/1.1 200 O');
    client.socket.destroy();
  });
});
