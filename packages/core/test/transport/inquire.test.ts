import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { inquire, type Inquiry } from '../../src/transport/inquire.ts';
import { fail, hang, modelList, type Script } from '../../../testing/src/index.ts';
import { createTransport, expectSockets, startUpstream } from './exchange.ts';

async function asked(models: Script, inquiry: Partial<Inquiry> = {}) {
  const upstream = await startUpstream();
  upstream.scriptModels(models);
  const transport = createTransport(upstream.baseUrl);
  const url = `${upstream.baseUrl}/models`;
  return { upstream, way: inquire(transport, { method: 'GET', url, headers: {}, timeout: 5_000, ...inquiry }) };
}

describe('an inquiry', () => {
  it('resolves to the whole answer, and sends no body', async () => {
    const { upstream, way } = await asked(modelList(['m']), { headers: { authorization: 'Bearer k' } });
    const end = await way.over;
    expect(end).toMatchObject({ ok: true, status: 200 });
    expect(JSON.parse(end.ok ? end.body : '')).toMatchObject({ object: 'list', data: [{ id: 'm' }] });
    const [request] = upstream.modelRequests;
    expect(request).toMatchObject({ method: 'GET', path: '/v1/models', body: '' });
    expect(request?.headers).toMatchObject({ authorization: 'Bearer k' });
    expect(request?.headers).not.toHaveProperty('content-length');
    expect(request?.headers).not.toHaveProperty('transfer-encoding');
  });

  it('may ask for the head alone', async () => {
    const { upstream, way } = await asked(modelList(), { method: 'HEAD' });
    expect(await way.over).toMatchObject({ ok: true, status: 200, body: '' });
    expect(upstream.modelRequests[0]?.method).toBe('HEAD');
  });

  it('tells of an error with the beginning of its body', async () => {
    const { way } = await asked(fail(403, { message: 'no such scope' }));
    expect(await way.over).toMatchObject({
      ok: false,
      failure: { kind: 'status', status: 403, body: expect.stringContaining('no such scope') },
    });
  });

  it('fails when the answer is too long, and leaves no socket', async () => {
    const { way } = await asked(modelList(['a-long-name-of-a-model']), { maxBytes: 20 });
    expect(await way.over).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    await expectSockets(0);
  });

  it('reads no more than is enough where somebody says so, and leaves no socket', async () => {
    const { way } = await asked(modelList(Array.from({ length: 5_000 }, (_, index) => `model-${index}`)), {
      enough: 100,
    });
    const end = await way.over;
    expect(end).toMatchObject({ ok: true, status: 200, body: expect.stringContaining('model-0') });
    expect(end.ok ? end.body : '').not.toContain('model-4999');
    await expectSockets(0);
  });

  it('fails by an error however much is enough', async () => {
    const { way } = await asked(fail(500), { enough: 1 });
    expect(await way.over).toMatchObject({ ok: false, failure: { kind: 'status', status: 500 } });
  });

  it('sends a body where it has one', async () => {
    const upstream = await startUpstream();
    const transport = createTransport(upstream.baseUrl);
    const url = `${upstream.baseUrl}/chat/completions`;
    const headers = { 'content-type': 'application/json' };
    const body = '{"model":"m","messages":[]}';
    expect(await inquire(transport, { method: 'POST', url, headers, body, timeout: 5_000 }).over).toMatchObject({
      ok: true,
    });
    expect(upstream.requests[0]).toMatchObject({ method: 'POST', body });
  });

  it('gives up after its time, and leaves no socket', async () => {
    const { way } = await asked(hang(), { timeout: 30 });
    expect(await way.over).toMatchObject({ ok: false, failure: { kind: 'timeout', phase: 'unary', received: false } });
    await expectSockets(0);
  });

  it('can be given up', async () => {
    const { way, upstream } = await asked(hang());
    await expect.poll(() => upstream.modelRequests.length).toBe(1);
    way.end();
    expect(await way.over).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
    await expectSockets(0);
  });

  it('tells of a refused connection', async () => {
    const upstream = await startUpstream();
    const transport = createTransport(upstream.baseUrl);
    await upstream.refuse();
    const way = inquire(transport, { method: 'GET', url: `${upstream.baseUrl}/models`, headers: {}, timeout: 5_000 });
    expect(await way.over).toMatchObject({ ok: false, failure: { kind: 'socket', connecting: true } });
  });

  it('tells of a connection that ends before the answer is whole', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const way = inquire(createTransport(url), { method: 'GET', url: `${url}/models`, headers: {}, timeout: 5_000 });
    expect(await way.over).toMatchObject({ ok: false, failure: { kind: 'socket', received: true } });
    await new Promise((resolve) => server.close(resolve));
  });
});
