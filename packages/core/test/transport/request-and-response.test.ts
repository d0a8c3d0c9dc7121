/** What goes over the wire, and how it can fail. */
import { describe, expect, it } from 'vitest';
import { answer, fail, huge, raw, refuseBody } from '../../../testing/src/index.ts';
import { connected, expectSockets, nextTurn } from './exchange.ts';

const LARGE = 'x'.repeat(20 * 1024 * 1024);

describe('the request', () => {
  it('is sent as it is: method, path, headers, body', async () => {
    const { upstream, send } = await connected();
    await send({ body: '{"a":"ü"}', headers: { 'x-team': 'shop', authorization: 'Bearer k' } }).over;
    const [request] = upstream.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions', body: '{"a":"ü"}' });
    expect(request?.headers).toMatchObject({ 'x-team': 'shop', authorization: 'Bearer k', 'content-length': '10' });
    expect(request?.headers['user-agent']).toBeUndefined();
    expect(request?.headers['accept-encoding']).toBeUndefined();
  });

  it('is sent whole when it is large', async () => {
    const { upstream, send } = await connected();
    const body = JSON.stringify({ text: 'aü€😀'.repeat(500_000) });
    await send({ body }).over;
    expect(upstream.requests[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(upstream.requests[0]?.headers['transfer-encoding']).toBeUndefined();
    expect(upstream.requests[0]?.body === body).toBe(true);
  });

  it('that is not taken within the write timeout is given up', async () => {
    const { upstream, send } = await connected(refuseBody(), { timeouts: { write: 60 } });
    const { told, error } = await send({ body: LARGE }).over;
    expect(told).toEqual(['connection', 'error']);
    expect(error).toEqual({ kind: 'timeout', phase: 'write', limit: 60 });
    expect(upstream.requests[0]?.readAt).toBeUndefined();
    await expectSockets(0);
  });

  it('that was taken is no longer timed, however long the answer takes', async () => {
    const { send } = await connected(answer().after(150), { timeouts: { write: 100 } });
    expect((await send({ body: 'x'.repeat(100_000) }).over).told.at(-1)).toBe('end');
  });

  it('that is refused before it was taken: the answer arrives', async () => {
    const { send } = await connected(refuseBody(fail(413)), { timeouts: { write: 5_000 } });
    const noted = await send({ body: LARGE }).until('head');
    expect(noted.status).toBe(413);
    noted.exchange.abort();
    await expectSockets(0);
  });
});

describe('the response', () => {
  it('does not show interim answers', async () => {
    const { send } = await connected(answer().interim(102).interim(103, { link: '</a>' }));
    const { told, status, headers } = await send().over;
    expect([told, status, headers['link']]).toEqual([['connection', 'head', 'data', 'end'], 200, undefined]);
  });

  it('can be paused, which holds the upstream up, and resumed', async () => {
    const { upstream, send } = await connected(huge(30_000_000, { declared: false }));
    const noted = send();
    const onHead = noted.onHead.bind(noted);
    noted.onHead = (...given) => {
      onHead(...given);
      noted.exchange.pause();
    };
    const request = await upstream.waitForRequest();
    await noted.until('head');
    const winner = await Promise.race([request.settled, new Promise((resolve) => setTimeout(resolve, 150, 'held up'))]);
    expect(winner).toBe('held up');
    noted.exchange.resume();
    await noted.over;
    expect([noted.told.at(-1), noted.text.length]).toEqual(['end', 30_000_000]);
  });

  it('that nobody reads holds its connection until it is given up', async () => {
    const { upstream, send } = await connected([huge(10_000_000), answer()], { connections: 1 });
    const first = send();
    const onHead = first.onHead.bind(first);
    first.onHead = (...given) => {
      onHead(...given);
      first.exchange.pause();
    };
    await first.until('head');
    const second = send();
    await nextTurn();
    expect([second.told, upstream.requests.length]).toEqual([[], 1]);
    first.exchange.abort();
    expect((await second.over).told.at(-1)).toBe('end');
  });

  it('that is cut, its end marked only by the connection, ends cleanly: only its content tells', async () => {
    const { send } = await connected(answer('a long text').withoutLength().closeAfter({ bytes: 30 }));
    const { told, text } = await send().over;
    expect([told.at(-1), text.length]).toEqual(['end', 30]);
  });

  it.each([
    ['shorter than its length', answer('a').overstateLength(10), 'UND_ERR_SOCKET'],
    ['cut between chunks', huge(50_000, { declared: false }).closeAfter({ bytes: 20_000 }), 'UND_ERR_SOCKET'],
    ['reset', huge(50_000).resetAfter({ bytes: 20_000 }), 'ECONNRESET'],
    ['not HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n'), 'HPE_INVALID'],
    ['headed by too many headers', answer({ headers: { 'x-many': 'x'.repeat(20_000) } }), 'UND_ERR_HEADERS_OVERFLOW'],
  ] as const)('that is %s is an error with a code', async (_, script, code) => {
    const { send } = await connected(script);
    const { error } = await send().over;
    expect(error).toMatchObject({ kind: 'socket', connecting: false, reused: false, error: { code } });
  });
});
