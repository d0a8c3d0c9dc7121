import { createServer } from 'node:http';
import { answer, fail, hang, proxyTo, stream } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chatRequest, exchange, RawClient } from './raw-client.ts';
import { startUpstream } from './start-upstream.ts';

const events = (text: string): number => text.match(/^data: /gm)?.length ?? 0;

describe('proxyTo', () => {
  it('passes the request on and the reply back', async () => {
    const target = await startUpstream(fail(429, { headers: { 'retry-after': '7' } }));
    const proxy = await startUpstream(proxyTo(target.url));
    const { head, body } = await exchange(proxy, { text: 'größe' });
    expect(head).toMatch(/429[^]*retry-after: 7/);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    expect(target.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(target.requests[0]?.json()).toMatchObject({ text: 'größe' });
  });

  it('appends the path to that of the target, whatever it looks like', async () => {
    const target = await startUpstream(answer());
    const proxy = await startUpstream(proxyTo(`${target.url}/prefix/`));
    for (const path of ['/v1?a=b', '//elsewhere/x']) {
      await new RawClient(proxy).send(`GET ${path} HTTP/1.1\r\nconnection: close\r\n\r\n`).closed;
    }
    expect(target.requests.map(({ path }) => path)).toEqual(['/prefix/v1?a=b', '/prefix//elsewhere/x']);
  });

  it('passes a stream on as it comes', async () => {
    const target = await startUpstream(stream('one two', { interval: 1 }));
    const proxy = await startUpstream(proxyTo(target.url));
    expect((await exchange(proxy)).text).toContain('[DONE]');
    const stalled = await startUpstream(stream('one two').stallAfter({ events: 2 }));
    proxy.script(proxyTo(stalled.url));
    const client = new RawClient(proxy).send(chatRequest());
    await client.until(/one/);
    client.socket.destroy();
    expect(await stalled.requests[0]?.settled).toBe('aborted');
  });

  it('puts faults on the way, counting whole events however they come', async () => {
    const target = await startUpstream(stream('one two three', { interval: 1 }).byteByByte());
    const proxy = await startUpstream(proxyTo(target.url).closeAfter({ events: 3 }));
    const { text, ending } = await exchange(proxy);
    expect([events(text), ending]).toEqual([3, 'end']);
    expect(text).not.toContain('three');
    expect(await target.requests[0]?.settled).toBe('aborted');
  });

  it('keeps the length that the target declared', async () => {
    const target = await startUpstream(answer({ body: 'abc' }));
    const proxy = await startUpstream([proxyTo(target.url), proxyTo(target.url).overstateLength(2)]);
    expect((await exchange(proxy)).head).toContain('content-length: 3');
    expect((await exchange(proxy)).head).toContain('content-length: 5');
  });

  it('resets when the target cuts its reply', async () => {
    const target = await startUpstream(answer().closeAfter({ bytes: 10 }));
    const proxy = await startUpstream(proxyTo(target.url));
    expect(await exchange(proxy)).toMatchObject({ body: '{"id":"cha', ending: 'ECONNRESET' });
  });

  it('answers 502 when the target cannot be reached', async () => {
    const target = await startUpstream();
    await target.close();
    const proxy = await startUpstream(proxyTo(target.url));
    const { head, body } = await exchange(proxy);
    expect(head).toContain('502 Bad Gateway');
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'bad_gateway' } });
  });

  it('leaves the target when the client leaves', async () => {
    const target = await startUpstream(hang());
    const proxy = await startUpstream(proxyTo(target.url));
    const client = new RawClient(proxy).send(chatRequest());
    const request = await target.waitForRequest();
    client.socket.destroy();
    expect(await request.settled).toBe('aborted');
  });

  it('works in front of an ordinary HTTP server', async () => {
    const server = createServer((request, response) => {
      void request.toArray().then((parts) => response.end(`got ${Buffer.concat(parts).length}`));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const proxy = await startUpstream(proxyTo(`http://127.0.0.1:${String(port)}`));
    const chunked = 'POST / HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    expect((await new RawClient(proxy).send(chunked).closed).text).toContain('got 3');
  });
});
