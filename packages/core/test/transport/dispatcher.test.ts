/** An application's own dispatcher instead of our pool: used, and not closed. */
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Agent, MockAgent, ProxyAgent, type Dispatcher } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answer, close, hang } from '../../../testing/src/index.ts';
import { connected, createTransport, nextTurn, Noted, startUpstream } from './exchange.ts';

/** Tunnels what asks for it, and notes to where. */
async function startProxy(): Promise<{ readonly url: string; readonly tunnels: readonly string[] }> {
  const tunnels: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (head) => {
      const [, host = '', port = ''] = /^CONNECT ([\d.]+):(\d+) HTTP/.exec(head.toString()) ?? [];
      tunnels.push(`${host}:${port}`);
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels };
}

function closedAfterTest<Kind extends Dispatcher>(dispatcher: Kind): Kind {
  onTestFinished(() => dispatcher.close());
  return dispatcher;
}

describe("the application's dispatcher", () => {
  it('may be a MockAgent, which answers without a socket and stays open', async () => {
    const agent = closedAfterTest(new MockAgent());
    agent.disableNetConnect();
    const reply = { choices: [] };
    const sent: unknown[] = [];
    const given = { path: '/v1/chat/completions', method: 'POST' };
    agent
      .get('https://mocked.example')
      .intercept({ ...given, headers: { 'x-team': 'shop' }, body: (body) => sent.push(body) > 0 })
      .reply(200, reply, { headers: { 'content-type': 'application/json' } })
      .times(2);
    const baseUrl = 'https://mocked.example/v1';
    const transport = createTransport(baseUrl, { dispatcher: agent });
    const sending = { body: '{"a":1}', headers: { 'x-team': 'shop' } };
    const { told, text } = await new Noted(transport, baseUrl, sending).over;
    expect(told).toEqual(['connection', 'head', 'data', 'end']);
    expect(JSON.parse(text)).toEqual(reply);
    expect(sent).toContain('{"a":1}');

    await transport.close();
    const other = createTransport(baseUrl, { dispatcher: agent });
    expect((await new Noted(other, baseUrl, sending).over).told.at(-1)).toBe('end');
  });

  it('may be an Agent, whose connections are its own, also after we have closed', async () => {
    const agent = closedAfterTest(new Agent());
    const { upstream, transport, send } = await connected(undefined, { dispatcher: agent });
    await send().over;
    await transport.close();
    await nextTurn();
    expect(upstream.connections).toBe(1);
    await send().over;
    expect(upstream.connectionsMade).toBe(1);
  });

  it('may be a ProxyAgent', async () => {
    const proxy = await startProxy();
    const { upstream, send } = await connected(answer('through the proxy'), {
      dispatcher: closedAfterTest(new ProxyAgent(proxy.url)),
    });
    const { told, text } = await send().over;
    expect(told.at(-1)).toBe('end');
    expect(text).toContain('through the proxy');
    expect(proxy.tunnels).toEqual([`127.0.0.1:${upstream.port}`]);
  });

  it('is aborted like our own', async () => {
    const { upstream, send } = await connected(hang(), { dispatcher: closedAfterTest(new Agent()) });
    const noted = send();
    const request = await upstream.waitForRequest();
    noted.exchange.abort();
    expect(await request.settled).toBe('aborted');
    expect(noted.told).toEqual(['connection']);
  });

  it('reports stale connections by what undici says of the socket', async () => {
    const { send } = await connected([answer().thenStale(), answer()], { dispatcher: closedAfterTest(new Agent()) });
    await send().over;
    await nextTurn();
    expect((await send().over).error).toMatchObject({ kind: 'socket', connecting: false, reused: true });
    expect((await send({ fresh: true }).over).told.at(-1)).toBe('end');
  });

  it('whose fresh connection dies was not reused', async () => {
    const { send } = await connected(close(), { dispatcher: closedAfterTest(new Agent()) });
    expect((await send().over).error).toMatchObject({ kind: 'socket', reused: false });
  });

  it('that is closed is an error, not a crash', async () => {
    const agent = new Agent();
    const { send } = await connected(undefined, { dispatcher: agent });
    await agent.destroy();
    const { told, error } = await send().over;
    expect([told, error?.kind]).toEqual([['error'], 'socket']);
  });

  it.each([
    ['an error', new Error('not today')],
    ['anything', 'not today'],
  ])('that throws %s is an error, too', async (_, thrown) => {
    const upstream = await startUpstream();
    const dispatcher = {
      dispatch: () => {
        throw thrown;
      },
    } as unknown as Dispatcher;
    const transport = createTransport(upstream.baseUrl, { dispatcher });
    const { told, error } = await new Noted(transport, upstream.baseUrl).over;
    expect(told).toEqual(['error']);
    expect(error).toMatchObject({ kind: 'socket', connecting: true, error: { message: 'not today' } });
  });

  it('that never begins is given up after the times for a free connection and for a new one', async () => {
    const dispatcher = { dispatch: () => true } as unknown as Dispatcher;
    const upstream = await startUpstream();
    const timeouts = { pool: 20, connect: 30 };
    const transport = createTransport(upstream.baseUrl, { dispatcher, timeouts });
    const { told, error } = await new Noted(transport, upstream.baseUrl).over;
    expect(told).toEqual(['error']);
    expect(error).toEqual({ kind: 'timeout', phase: 'connect', limit: 50 });
  });
});
