import { answer, createFaultyUpstream, refuseField, sse, stream } from '@ai-failover/testing';
import type { Script } from '@ai-failover/testing';
import { describe, expect, it } from 'vitest';
import { chatRequest, exchange, RawClient } from './raw-client.ts';
import { contentIn, dataIn } from './sse-data.ts';
import { startUpstream } from './start-upstream.ts';

/** The bytes of a body, without chunks around them. */
async function bodyOf(script: Script): Promise<string> {
  const upstream = await startUpstream(script);
  const response = await fetch(upstream.baseUrl, { method: 'POST', body: '{}' });
  return Buffer.from(await response.arrayBuffer()).toString();
}

describe('lines of events', () => {
  it.each(['\r\n', '\r'] as const)('can end with %j, and say the same', async (end) => {
    const parts = [{ comment: 'ping' }, { event: 'e', data: 'two\nlines' }, { data: 'größe' }];
    const [plain, other] = [await bodyOf(sse(parts)), await bodyOf(sse(parts).endLinesWith(end))];
    expect(other).toBe(plain.replaceAll('\n', end));
  });

  it('end so in unreadable events and errors, too', async () => {
    const script = stream('a b').garbleAfter({ events: 1 }).errorAfter({ events: 2 }).endLinesWith('\r');
    expect(await bodyOf(script)).not.toContain('\n');
  });
});

describe('a byte order mark', () => {
  it('stands once, at the begin of the body', async () => {
    const body = await bodyOf(stream('a b').withByteOrderMark());
    expect(body.lastIndexOf('\uFEFF')).toBe(0);
    expect(body.slice(1)).toBe(await bodyOf(stream('a b')));
  });

  it('would make the declared length of an answer wrong', async () => {
    const upstream = await createFaultyUpstream({ script: answer().withByteOrderMark() });
    await exchange(upstream);
    await expect(upstream.close()).rejects.toThrow('declares no length');
  });
});

describe('characters', () => {
  it('can be torn apart on their way, and lose nothing', async () => {
    const upstream = await startUpstream(stream('Grüße \u{1F600}!').splitCharacters());
    const { pieces, bytes } = await exchange(upstream);
    const leads = pieces.map((piece) => piece.findIndex((byte) => byte >= 0xc2));
    const torn = pieces.filter((piece, index) => leads[index] === piece.length - 1);
    expect([torn.length, leads.filter((lead) => lead >= 0).length]).toEqual([3, 3]);
    expect(bytes.toString()).toContain('Grüße');
    expect(bytes.toString()).toContain('\u{1F600}!');
  });
});

describe('the end of a body', () => {
  it.each([
    ['close', 'end'],
    ['reset', 'ECONNRESET'],
  ] as const)('%s after all of it, before HTTP is told', async (how, ending) => {
    const whole = stream('a b');
    const upstream = await startUpstream(how === 'close' ? whole.closeAfter('end') : whole.resetAfter('end'));
    const got = await exchange(upstream);
    expect([got.text.endsWith('data: [DONE]\n\n\r\n'), got.ending]).toEqual([true, ending]);
    expect(upstream.requests[0]?.outcome).toBe('broken');
  });

  it('stalls after all of it', async () => {
    const upstream = await startUpstream(stream('a b', { done: false }).stallAfter('end'));
    const client = new RawClient(upstream).send(chatRequest());
    const { text } = await client.until(/"finish_reason":"stop"\}\]\}\s+$/);
    expect([text.includes('[DONE]'), upstream.requests[0]?.outcome]).toEqual([false, undefined]);
    client.socket.destroy();
  });
});

describe('refuseField', () => {
  it('refuses requests that have the field, and names it', async () => {
    const upstream = await startUpstream(refuseField('stream_options', stream('fine').withoutLength()));
    const refused = await exchange(upstream, { stream: true, stream_options: { include_usage: true } });
    expect(refused.head).toContain('400 Bad Request');
    expect(JSON.parse(refused.body)).toEqual({
      error: {
        message: "Unknown parameter: 'stream_options'.",
        type: 'invalid_request_error',
        param: 'stream_options',
        code: 'unknown_parameter',
      },
    });
    for (const options of [undefined, null]) {
      const taken = await exchange(upstream, { stream: true, stream_options: options });
      expect(contentIn(dataIn(taken.body))).toBe('fine');
    }
  });

  it('takes a field that asks for nothing, and other words', async () => {
    const words = { message: 'Streaming is not supported', code: null };
    const upstream = await startUpstream(refuseField('stream', answer('in one piece'), words));
    expect(JSON.parse((await exchange(upstream, { stream: true })).body)).toMatchObject({
      error: { ...words, param: 'stream' },
    });
    for (const body of [{ stream: false }, {}]) {
      expect((await exchange(upstream, body)).body).toContain('in one piece');
    }
  });
});
