import { Agent, request as httpRequest } from 'node:http';
import { answer, createFaultyUpstream, fail, hang, proxyTo, reply, stream } from '@ai-failover/testing';
import type { ReceivedRequest } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { chatRequest, exchange, RawClient } from './raw-client.ts';
import { startUpstream } from './start-upstream.ts';

const statusOf = async (upstream: { readonly port: number }): Promise<string | undefined> =>
  (await exchange(upstream)).head.split(' ')[1];

describe('the script', () => {
  it('is a healthy upstream when there is none', async () => {
    const upstream = await startUpstream();
    expect(JSON.parse((await exchange(upstream)).body)).toMatchObject({ object: 'chat.completion' });
    expect((await exchange(upstream, { stream: true })).body).toContain('data: [DONE]');
  });

  it('repeats a single behaviour', async () => {
    const upstream = await startUpstream(fail(503));
    expect([await statusOf(upstream), await statusOf(upstream)]).toEqual(['503', '503']);
  });

  it('takes a list one after another and stays with the last', async () => {
    const upstream = await startUpstream([fail(503), fail(429), answer()]);
    const statuses = [];
    for (let count = 0; count < 4; count += 1) statuses.push(await statusOf(upstream));
    expect(statuses).toEqual(['503', '429', '200', '200']);
  });

  it('asks a function, which may take its time, once the request has been read', async () => {
    const upstream = await startUpstream(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return answer(`you asked ${String(request.json()['question'])}`);
    });
    expect((await exchange(upstream, { question: 'why' })).body).toContain('you asked why');
  });

  it('can be replaced from the next request on', async () => {
    const upstream = await startUpstream(answer());
    expect(await statusOf(upstream)).toBe('200');
    upstream.script(fail(500));
    expect(await statusOf(upstream)).toBe('500');
  });

  it('lets single behaviours go before it', async () => {
    const upstream = await startUpstream(answer());
    upstream.next(fail(500), fail(502));
    expect([await statusOf(upstream), await statusOf(upstream), await statusOf(upstream)]).toEqual([
      '500',
      '502',
      '200',
    ]);
  });

  it('is not used up by requests for the models', async () => {
    const upstream = await startUpstream([fail(503), answer()]);
    const list = () => new RawClient(upstream).send('GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n').closed;
    expect(JSON.parse((await list()).body)).toEqual({ object: 'list', data: [] });
    expect(await statusOf(upstream)).toBe('503');
    // Those that it has been asked for.
    expect(JSON.parse((await list()).body)).toMatchObject({ object: 'list', data: [{ id: 'gpt-4.1' }] });
    expect([upstream.requests.length, upstream.modelRequests.length]).toEqual([1, 2]);
    upstream.scriptModels(fail(404));
    expect((await list()).head).toContain('404');
  });

  it.each([
    ['throws', () => Promise.reject(new Error('mistake in the script')), 'mistake in the script'],
    ['cuts where the reply never comes to', stream('one two').closeAfter({ events: 50 }), 'over before 50 events'],
    ['cuts a character that is not there', answer('ascii').cutInsideCharacter(), 'beyond ASCII'],
    ['overstates the length of chunks', stream('a').overstateLength(), 'declares its length'],
    ['garbles an event that is not there', stream('a').garbleAfter({ events: 9 }), 'no event after 9'],
  ])('breaks the connection and fails close() when it %s', async (_name, script, message) => {
    const upstream = await createFaultyUpstream({ script });
    await exchange(upstream);
    expect(upstream.requests[0]?.outcome).toBe('broken');
    await expect(upstream.close()).rejects.toThrow(message);
  });

  it('must not be empty', async () => {
    await expect(createFaultyUpstream({ script: [] })).rejects.toThrow('at least one');
  });
});

describe('the record', () => {
  it('holds what was sent, and when', async () => {
    const upstream = await startUpstream();
    const before = performance.now();
    await exchange(upstream, { text: 'größe' });
    const [request] = upstream.requests;
    expect(request).toMatchObject({ index: 0, connection: 0, method: 'POST', path: '/v1/chat/completions' });
    expect(request?.headers['host']).toBe('test');
    expect(request?.json()).toMatchObject({ model: 'gpt-4.1', text: 'größe' });
    expect(request?.body).toContain('größe');
    expect(request?.outcome).toBe('answered');
    const { at = 0, readAt = 0, endedAt = 0 } = request ?? {};
    expect([before, at, readAt, endedAt].toSorted((a, b) => a - b)).toEqual([before, at, readAt, endedAt]);
  });

  it('says so when the client leaves a request that is not answered', async () => {
    const upstream = await startUpstream(hang());
    const client = new RawClient(upstream).send(chatRequest());
    const request = await upstream.waitForRequest();
    expect(request.outcome).toBeUndefined();
    client.socket.destroy();
    expect(await request.settled).toBe('aborted');
    expect(request.endedAt).toBeGreaterThan(request.at);
  });

  it('says so when the client resets in the middle of a stream', async () => {
    const upstream = await startUpstream(stream('one two').stallAfter({ events: 2 }));
    const client = new RawClient(upstream).send(chatRequest());
    await client.until(/one/);
    client.socket.resetAndDestroy();
    expect(await upstream.requests[0]?.settled).toBe('aborted');
  });

  it('says so when the client leaves in the middle of its own body', async () => {
    const upstream = await startUpstream();
    const client = new RawClient(upstream).send('POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf');
    await new Promise((resolve) => client.socket.once('connect', resolve));
    client.socket.end();
    const request = await upstream.waitForRequest();
    expect([await request.settled, request.readAt]).toEqual(['aborted', undefined]);
  });

  it('does not call it an abort when the client closes after the whole reply', async () => {
    const upstream = await startUpstream();
    const client = new RawClient(upstream).send(chatRequest());
    await client.until(/total_tokens.*}$/);
    client.socket.destroy();
    await client.closed;
    expect(upstream.requests[0]?.outcome).toBe('answered');
  });

  it('lets a test wait for a request that has not come', async () => {
    const upstream = await startUpstream();
    const second = upstream.waitForRequest(1);
    await exchange(upstream, { n: 1 });
    await exchange(upstream, { n: 2 });
    expect((await second).json()).toMatchObject({ n: 2 });
    expect((await upstream.waitForRequest()).json()).toMatchObject({ n: 1 });
  });

  it('lets nobody wait for a request that will not come', async () => {
    const upstream = await startUpstream();
    const [waiting] = await Promise.allSettled([upstream.waitForRequest(), upstream.close()]);
    expect(waiting).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('request 0') } });
  });

  it('can be forgotten', async () => {
    const upstream = await startUpstream();
    await exchange(upstream);
    upstream.forget();
    await exchange(upstream);
    expect(upstream.requests.map(({ index }) => index)).toEqual([0]);
  });
});

describe('the connections', () => {
  it('carry one request after another', async () => {
    const upstream = await startUpstream();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let count = 0; count < 3; count += 1) {
      await new Promise((resolve, reject) => {
        const outgoing = httpRequest(upstream.baseUrl, { method: 'POST', agent }, (response) => {
          response.resume().on('end', resolve);
        });
        outgoing.on('error', reject).end('{}');
      });
    }
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
    expect([upstream.connections, upstream.connectionsMade]).toEqual([1, 1]);
  });

  it('answer pipelined requests in their order', async () => {
    const upstream = await startUpstream((request) => {
      const { n } = request.json();
      return n === 1 ? answer('first').after(10) : answer('second');
    });
    const client = new RawClient(upstream).send(chatRequest({ n: 1 }) + chatRequest({ n: 2 }, 'connection: close\r\n'));
    const { text } = await client.closed;
    expect(text.indexOf('first')).toBeGreaterThan(0);
    expect(text.indexOf('second')).toBeGreaterThan(text.indexOf('first'));
  });

  it('read a request of which every byte comes by itself', async () => {
    const upstream = await startUpstream();
    const client = new RawClient(upstream);
    for (const byte of Buffer.from(chatRequest({ text: 'é' }, 'connection: close\r\n'))) {
      client.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.closed).head).toContain('200 OK');
    expect(upstream.requests[0]?.json()).toMatchObject({ text: 'é' });
  });

  it('read a body of 20 MB, sized or in chunks', async () => {
    const upstream = await startUpstream();
    const body = Buffer.alloc(20 * 1024 * 1024, 'x');
    for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
      const status = await new Promise((resolve, reject) => {
        const options = { method: 'POST', agent: false, headers };
        const outgoing = httpRequest(upstream.url, options, (response) => resolve(response.resume().statusCode));
        outgoing.on('error', reject).end(body);
      });
      expect(status).toBe(200);
    }
    expect(upstream.requests.map(({ bytes }) => bytes.equals(body))).toEqual([true, true]);
  });

  it('tell a client that waits for it to go on with its body', async () => {
    const upstream = await startUpstream();
    const [head = '', body = ''] = chatRequest({}, 'expect: 100-continue\r\nconnection: close\r\n').split('\r\n\r\n');
    const client = new RawClient(upstream).send(`${head}\r\n\r\n`);
    await client.until(/100 Continue/);
    expect((await client.send(body).closed).text).toContain('200 OK');
  });

  it('answer 400 to what is not HTTP, and close', async () => {
    const upstream = await startUpstream();
    const { head, body, ending } = await new RawClient(upstream).send('nonsense\r\n\r\n').closed;
    expect([head.split('\r\n')[0], ending]).toEqual(['HTTP/1.1 400 Bad Request', 'end']);
    expect(body).toContain('not a request line');
  });

  it('close after a reply to HTTP/1.0, which has no chunks', async () => {
    const upstream = await startUpstream(stream('hi'));
    const { head, body } = await new RawClient(upstream).send('POST / HTTP/1.0\r\n\r\n').closed;
    expect(head).not.toContain('chunked');
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('send no body to HEAD', async () => {
    const upstream = await startUpstream(reply());
    const { body } = await new RawClient(upstream).send('HEAD / HTTP/1.1\r\nconnection: close\r\n\r\n').closed;
    expect(body).toBe('');
  });

  it.each([
    ['close', 'end'],
    ['reset', 'ECONNRESET'],
  ] as const)('can all be cut at once by a %s', async (how, ending) => {
    const upstream = await startUpstream(hang());
    const client = new RawClient(upstream).send(chatRequest());
    const request = await upstream.waitForRequest();
    upstream.disconnect(how);
    expect([await request.settled, (await client.closed).ending]).toEqual(['closed', ending]);
  });
});

describe('refusing and closing', () => {
  it('refuses connections until it listens again on the same port', async () => {
    const upstream = await startUpstream(hang());
    const client = new RawClient(upstream).send(chatRequest());
    await upstream.waitForRequest();
    const { port } = upstream;
    await upstream.refuse();
    expect((await client.closed).ending).toBe('end');
    expect((await exchange(upstream)).ending).toBe('ECONNREFUSED');
    await upstream.listen();
    upstream.script(answer());
    expect([await statusOf(upstream), upstream.port]).toEqual(['200', port]);
  });

  it('rejects when the port is taken', async () => {
    const upstream = await startUpstream();
    await expect(createFaultyUpstream({ port: upstream.port })).rejects.toThrow('EADDRINUSE');
  });

  it('does not listen again once it is closed', async () => {
    const upstream = await startUpstream();
    await upstream.close();
    await expect(upstream.listen()).rejects.toThrow('has been closed');
  });

  it('leaves no socket and no timer behind, whatever it was doing', async () => {
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const target = await createFaultyUpstream({ script: hang() });
    const never = new Promise<never>(() => {});
    const scripts = [
      hang(),
      answer().after(60_000),
      stream('a b c', { interval: 60_000 }),
      answer().slow({ bytesPerSecond: 1 }),
      () => never,
      proxyTo(target.url),
      answer(),
    ];
    const upstream = await createFaultyUpstream({ script: scripts });
    const clients: RawClient[] = [];
    for (let index = 0; index < scripts.length; index += 1) {
      clients.push(new RawClient(upstream).send(chatRequest()));
      await upstream.waitForRequest(index);
    }
    await target.waitForRequest();
    const settled: Promise<ReceivedRequest['outcome']>[] = upstream.requests.map((request) => request.settled);
    await Promise.all([upstream.close(), upstream.close()]);
    await target.close();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(await Promise.all(settled)).toEqual([...scripts.slice(1).map(() => 'closed'), 'answered']);
    expect(upstream.connections).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))).toEqual([]);
    const stopped = new Set(cleared.mock.calls.map(([timer]) => timer));
    const long = started.mock.results.filter((_timer, call) => started.mock.calls[call]?.[1] === 60_000);
    expect(long.map(({ value }) => stopped.has(value))).toEqual([true, true]);
  });

  it('closes by itself at the end of an `await using` block', async () => {
    let port: number;
    {
      await using upstream = await createFaultyUpstream();
      ({ port } = upstream);
    }
    expect((await new RawClient({ port }).closed).ending).toBe('ECONNREFUSED');
  });
});
