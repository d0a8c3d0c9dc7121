import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { CallError, ConfigError } from '../../src/errors.js';
import { serveEndpoint } from '../../src/http/endpoint.js';
import { checkEndpointOptions, type EndpointOptions } from '../../src/http/endpoint-options.js';
import { handMadeEngine, hello } from './hand-made-engine.js';
import { framesAsTheyCame, HandMadeStream } from './hand-made-stream.js';
import { serve, visit, type Answer } from './serve.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello?' }] };
const NAMES = { models: ['m', 'lab/large'], chains: ['default', 'm', 'cheap'] };

type Engine = ReturnType<typeof handMadeEngine>;

interface Scene {
  readonly engine?: Engine;
  readonly options?: EndpointOptions;
  /** What other middleware does before. */
  readonly prepare?: (res: ServerResponse, req: IncomingMessage) => void;
}

/** A server that has nothing but the endpoint; what is not for it is answered with 299. */
async function endpoint({ engine = handMadeEngine({ names: NAMES }), options, prepare }: Scene = {}) {
  const port = await serve((req, res) => {
    prepare?.(res, req);
    void serveEndpoint(engine.failover, req, res, options).then((served) => served || res.writeHead(299).end());
  });
  const ask = (body: unknown, more: RequestOptions = {}): Promise<Answer> =>
    visit(port, { method: 'POST', path: '/v1/chat/completions', ...more }, JSON.stringify(body)).answer;
  const get = (path: string, method = 'GET'): Promise<Answer> => visit(port, { method, path }, '').answer;
  return { ...engine, port, ask, get };
}

function errorOf({ body }: Answer): unknown {
  return JSON.parse(body).error;
}

describe('A chat completion', () => {
  it('is answered as JSON, and names its call', async () => {
    const { ask, start } = await endpoint({ options: { call: { chain: 'cheap', metadata: { shop: 1 } } } });
    const { status, headers, body } = await ask(QUESTION, { headers: { 'x-stainless-retry-count': '1' } });
    expect([status, headers['content-type'], headers['x-request-id']]).toEqual([
      200,
      'application/json; charset=utf-8',
      'call-1',
    ]);
    expect(body).toBe(JSON.stringify(hello()));
    const [[request, options] = []] = start.mock.calls;
    expect(request).toEqual(QUESTION);
    expect(options).toMatchObject({ chain: 'cheap', metadata: { shop: 1 }, callerRetries: true });
  });

  it('is answered with events when it asks for them', async () => {
    const stream = new HandMadeStream();
    const engine = handMadeEngine({ stream: Promise.resolve(stream) });
    const { ask, startStream, start } = await endpoint({ engine });
    const answer = ask({ ...QUESTION, stream: true });
    await expect.poll(() => startStream).toHaveBeenCalledTimes(1);
    await new Promise((resolve) => setImmediate(resolve));
    stream.push(...framesAsTheyCame('Hello'));
    stream.end();
    const { headers, body } = await answer;
    expect([headers['content-type'], headers['x-request-id']]).toEqual(['text/event-stream; charset=utf-8', 'call-1']);
    expect(body).toMatch(/^data: .*Hello.*\r\n\r\ndata: \[DONE\]\n\n$/s);
    expect(start).not.toHaveBeenCalled();
  });

  it.each([
    ['wrong', { kind: 'bad-request', param: 'messages', message: 'messages is missing.' }, 400],
    ['of an unknown model', { kind: 'bad-request', param: 'model', message: 'model "x" is unknown.' }, 404],
    ['that nobody can answer', { kind: 'rate-limited', message: 'Too much to do.', retryAfter: 3_000 }, 429],
  ] as const)('%s is refused in the form that clients know', async (_what, details, status) => {
    const rejection = Promise.reject(new CallError(details));
    const { ask } = await endpoint({ engine: handMadeEngine({ reply: rejection, stream: rejection }) });
    for (const stream of [false, true]) {
      const answer = await ask({ ...QUESTION, stream });
      expect(answer.status).toBe(status);
      expect(errorOf(answer)).toMatchObject({ message: details.message });
      expect(answer.headers).toMatchObject({ 'x-should-retry': 'false', 'x-request-id': 'call-1' });
      expect(answer.headers['retry-after']).toBe(status === 429 ? '3' : undefined);
    }
  });

  it('whose answer fails for a reason of ours says nothing of it', async () => {
    const rejection = Promise.reject(new TypeError('secret of undefined'));
    const { ask } = await endpoint({ engine: handMadeEngine({ reply: rejection }) });
    const answer = await ask(QUESTION);
    expect(answer.status).toBe(500);
    expect(errorOf(answer)).toEqual({ message: 'Internal error', type: 'server_error', param: null, code: null });
  });

  it('is aborted when the client leaves', async () => {
    const never = new Promise<never>(() => {});
    const { port, start, startStream, abort } = await endpoint({
      engine: handMadeEngine({ reply: never, stream: never }),
    });
    for (const [begun, stream] of [
      [start, false],
      [startStream, true],
    ] as const) {
      abort.mockClear();
      const body = JSON.stringify({ ...QUESTION, stream });
      const { request } = visit(port, { method: 'POST', path: '/chat/completions' }, body);
      await expect.poll(() => begun).toHaveBeenCalledTimes(1);
      request.destroy();
      await expect.poll(() => abort).toHaveBeenCalledWith(expect.objectContaining({ name: 'AbortError' }));
    }
  });

  it('is not begun for a client that has left while it was read', async () => {
    let arrive: () => void = () => {};
    let leave: () => void = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const left = new Promise<void>((resolve) => (leave = resolve));
    const { port, start } = await endpoint({
      prepare: (res) => {
        res.once('close', leave);
        arrive();
      },
    });
    const headers = { 'content-length': '100' };
    const { request } = visit(port, { method: 'POST', path: '/chat/completions', headers });
    request.write('{');
    await arrived;
    request.destroy();
    await left;
    expect(start).not.toHaveBeenCalled();
  });
});

describe('The endpoint', () => {
  it.each(['/', '/v1', '/v1/embeddings', '/v1/models/one/two'])('leaves %s to others, untouched', async (path) => {
    const { get } = await endpoint();
    const { status, headers } = await get(path);
    expect(status).toBe(299);
    expect(headers).not.toHaveProperty('x-request-id');
  });

  it('leaves preflights to others, and the headers of others alone', async () => {
    const { get, ask } = await endpoint({
      prepare: (res) => {
        res.setHeader('access-control-allow-origin', '*');
        res.setHeader('x-request-id', 'ours');
      },
    });
    const preflight = await get('/v1/chat/completions', 'OPTIONS');
    expect(preflight).toMatchObject({ status: 299, headers: { 'access-control-allow-origin': '*' } });
    for (const answer of [await ask(QUESTION), await get('/models'), await get('/models/none')]) {
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'x-request-id': 'ours' });
    }
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['HEAD', '/v1/chat/completions', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/v1/models/m', 'GET, HEAD'],
  ])('answers %s %s with 405, and with what is possible', async (method, path, allow) => {
    const { get, start } = await endpoint();
    const { status, headers } = await get(path, method);
    expect([status, headers.allow, headers['x-should-retry']]).toEqual([405, allow, 'false']);
    expect(headers['x-request-id']).toMatch(/./);
    expect(start).not.toHaveBeenCalled();
  });

  it('lists the models, then the chains, each name once', async () => {
    const { get } = await endpoint();
    const { status, body, headers } = await get('/v1/models');
    const { object, data } = JSON.parse(body);
    expect([status, object]).toEqual([200, 'list']);
    expect(data.map(({ id }: { id: string }) => id)).toEqual(['m', 'lab/large', 'default', 'cheap']);
    for (const one of data) {
      expect(one).toEqual({ id: one.id, object: 'model', created: expect.any(Number), owned_by: 'ai-failover' });
    }
    expect(headers['x-request-id']).toMatch(/./);
    expect(await get('/v1/models', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('knows each of them by itself, and no other', async () => {
    const { get } = await endpoint();
    for (const [path, id] of [
      ['m', 'm'],
      ['lab%2Flarge', 'lab/large'],
      ['cheap', 'cheap'],
    ]) {
      const { status, body } = await get(`/v1/models/${path}`);
      expect([status, JSON.parse(body).id]).toEqual([200, id]);
    }
    for (const path of ['other', '%E0%A4%A', '__proto__', 'x'.repeat(5_000)]) {
      const answer = await get(`/v1/models/${path}`);
      expect(answer.status).toBe(404);
      expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', param: 'model', code: 'model_not_found' });
      expect(answer.body.length).toBeLessThan(300);
      expect(answer.headers).toMatchObject({ 'x-should-retry': 'false', 'x-request-id': expect.any(String) });
    }
  });
});

describe('`authorize`', () => {
  it.each([false, undefined, null, 0, 'yes', []])('refuses whoever it says %j of', async (said) => {
    const { ask, get, start } = await endpoint({ options: { authorize: () => said as never } });
    for (const answer of [await ask(QUESTION), await get('/models'), await get('/models/m')]) {
      expect(answer.status).toBe(401);
      expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key' });
      expect(answer.headers).toMatchObject({
        'x-should-retry': 'false',
        'x-request-id': expect.any(String),
        'www-authenticate': 'Bearer',
      });
    }
    expect(start).not.toHaveBeenCalled();
  });

  it('may say that it takes its time, and more than yes', async () => {
    const authorize = async ({ headers }: IncomingMessage) => ({ metadata: { user: headers.authorization } });
    const options = { authorize, call: { chain: 'cheap', metadata: { shop: 1 } } };
    const { ask, start } = await endpoint({ options });
    const { status } = await ask(QUESTION, { headers: { authorization: 'Bearer ann' } });
    expect(status).toBe(200);
    expect(start.mock.calls[0]?.[1]).toMatchObject({
      chain: 'cheap',
      metadata: { shop: 1, user: 'Bearer ann' },
    });
  });

  it('says nothing of what it throws', async () => {
    const authorize = vi.fn<() => Promise<boolean>>(() => {
      throw Object.assign(new Error('users.db is locked'), { status: 418, expose: true });
    });
    const { ask } = await endpoint({ options: { authorize } });
    const answer = await ask(QUESTION);
    expect(answer.status).toBe(500);
    expect(errorOf(answer)).toEqual({ message: 'Internal error', type: 'server_error', param: null, code: null });
    authorize.mockRejectedValue(new Error('users.db is locked'));
    expect((await ask(QUESTION)).status).toBe(500);
  });

  it('is asked before the body is read', async () => {
    const { port } = await endpoint({ options: { authorize: () => false } });
    const headers = { 'content-length': '10000000' };
    const { head, answer, request } = visit(port, { method: 'POST', path: '/chat/completions', headers });
    request.flushHeaders();
    expect((await head).statusCode).toBe(401);
    expect((await answer).body).toContain('invalid_api_key');
    request.destroy();
  });
});

describe('The header that chooses a chain', () => {
  const choosing = (chain: string): RequestOptions => ({ headers: { 'x-ai-failover-chain': chain } });
  const chainOf = ({ start }: Engine): unknown => start.mock.calls.at(-1)?.[1].chain;

  it('means nothing unless it is allowed', async () => {
    const { ask, ...engine } = await endpoint();
    expect((await ask(QUESTION, choosing('cheap'))).status).toBe(200);
    expect(chainOf(engine)).toBeUndefined();
    await ask(QUESTION, choosing('none'));
    expect(chainOf(engine)).toBeUndefined();
  });

  it('goes before the chain of the endpoint, but not before the one that `authorize` gives', async () => {
    const options = { chainHeader: true, call: { chain: 'default' } };
    const { ask, ...engine } = await endpoint({ options });
    await ask(QUESTION, choosing('cheap'));
    expect(chainOf(engine)).toBe('cheap');
    await ask(QUESTION);
    expect(chainOf(engine)).toBe('default');
    const strict = await endpoint({ options: { ...options, authorize: () => ({ chain: 'm' }) } });
    await strict.ask(QUESTION, choosing('cheap'));
    expect(chainOf(strict)).toBe('m');
  });

  it.each(['none', 'lab/large', '', 'cheap, default', '__proto__'])('is refused when it says %j', async (chain) => {
    const { ask, start } = await endpoint({ options: { chainHeader: true } });
    const answer = await ask(QUESTION, choosing(chain));
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', param: 'x-ai-failover-chain' });
    expect(start).not.toHaveBeenCalled();
  });
});

describe('A body', () => {
  it('of 5 MB is taken', async () => {
    const { ask, start } = await endpoint();
    const messages = [{ role: 'user', content: 'x'.repeat(5 * 1024 * 1024) }];
    expect((await ask({ messages })).status).toBe(200);
    expect(start.mock.calls[0]?.[0]).toEqual({ messages });
  });

  it('larger than 10 MB is refused, unless the application allows it', async () => {
    const messages = [{ role: 'user', content: 'x'.repeat(10 * 1024 * 1024) }];
    const { ask } = await endpoint();
    const answer = await ask({ messages });
    expect(answer.status).toBe(413);
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error' });
    expect(answer.headers).toMatchObject({ 'x-should-retry': 'false', 'x-request-id': expect.any(String) });
    const generous = await endpoint({ options: { maxRequestBytes: 20_000_000 } });
    expect((await generous.ask({ messages })).status).toBe(200);
  });

  it('too large is refused while it is still being sent, and its connection closed when it has been or soon after', async () => {
    const { port } = await endpoint({ options: { maxRequestBytes: 1_000 } });
    for (const headers of [{ 'content-length': '100000000' }, { 'transfer-encoding': 'chunked' }]) {
      const { request, head } = visit(port, { method: 'POST', path: '/chat/completions', headers });
      request.write('x'.repeat(2_000));
      const { statusCode, headers: said } = await head;
      expect([statusCode, said.connection]).toEqual([413, 'close']);
      const closed = new Promise((resolve) => request.once('close', resolve));
      request.on('error', () => {}).write('x'.repeat(1_000_000));
      await closed;
    }
  });

  it('that the client ends although it is too large does not keep the connection', async () => {
    const { port } = await endpoint({ options: { maxRequestBytes: 1_000 } });
    const { request, answer } = visit(port, {
      method: 'POST',
      path: '/chat/completions',
      headers: { 'transfer-encoding': 'chunked' },
    });
    for (let piece = 0; piece < 50; piece += 1) request.write('x'.repeat(100_000));
    request.end();
    expect((await answer).status).toBe(413);
  });

  it('that is no JSON is refused in the same form', async () => {
    const { port } = await endpoint();
    const { answer } = visit(port, { method: 'POST', path: '/chat/completions' }, '{"messages": [');
    const { status, headers, body } = await answer;
    expect([status, headers['x-should-retry']]).toEqual([400, 'false']);
    expect(JSON.parse(body).error).toMatchObject({ type: 'invalid_request_error', code: null });
  });
});

describe('checkEndpointOptions', () => {
  const failover = {
    checkCallOptions: (options: object) => {
      if ('chian' in options) throw new ConfigError([{ path: 'chian', expected: 'one of chain' }]);
    },
  };

  it.each([
    {},
    { authorize: undefined, call: undefined },
    { authorize: () => true, chainHeader: true, maxRequestBytes: 1, call: { chain: 'cheap' } },
  ])('takes %j', (options) => {
    expect(() => checkEndpointOptions(failover, options)).not.toThrow();
  });

  it.each([
    [null, 'options: expected an object (found null)'],
    [{ authorise: () => true }, 'authorise: expected one of authorize'],
    [{ authorize: 'Bearer sk-1234567890' }, 'authorize: expected a function (found a string)'],
    [{ chainHeader: 'yes' }, 'chainHeader: expected true or false (found a string)'],
    [{ maxRequestBytes: 0 }, 'maxRequestBytes: expected a whole number of bytes above 0 (found 0)'],
    [{ maxRequestBytes: Infinity }, 'maxRequestBytes'],
    [{ maxRequestBytes: '1mb' }, 'maxRequestBytes'],
    [{ call: { chian: 'cheap' } }, 'chian: expected one of chain'],
  ])('refuses %j', (options, message) => {
    const check = (): void => checkEndpointOptions(failover, options as EndpointOptions);
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(message);
  });
});
