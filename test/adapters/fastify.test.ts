/** What the adapter for Fastify does beyond the contract of all adapters. */
import {
  aiFailover,
  type AIProperty,
  type FastifyAI,
  type RequestAI,
  type RequestCallOptions,
} from '@ai-failover/fastify';
import { createTestFailover, failWith, neverAnswer, streamWith } from '@ai-failover/testing';
import {
  fastify,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  type RouteShorthandOptions,
} from 'fastify';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';

const QUESTION = { messages: [{ role: 'user' as const, content: 'Where is my parcel?' }] };
const STREAMED = { ...QUESTION, stream: true };

const POOL = {
  options: {
    upstreams: [{ name: 'north', provider: 'openai', keys: 'none', models: ['large', 'small'] }],
    chains: { default: ['large'], cheap: ['small'] },
  },
} as const;

/** An application, and the levels and messages of what it logs as warnings and errors. */
function application(options: FastifyServerOptions = {}): { app: FastifyInstance; logged: string[] } {
  const logged: string[] = [];
  const write = (line: string): void => {
    logged.push(String(JSON.parse(line).msg));
  };
  const app = fastify({ ...options, logger: { level: 'warn', stream: { write } } });
  onTestFinished(() => app.close());
  return { app, logged };
}

const post = { method: 'POST', url: '/', payload: QUESTION } as const;

describe('aiFailover in Fastify', () => {
  it('reaches routes that stand before it is loaded, and what their config says', async () => {
    const failover = createTestFailover({ reply: ({ model }) => model, ...POOL });
    const { app } = application();
    void app.register(aiFailover, { failover });
    app.post('/', async (request) => request.ai.chat(QUESTION));
    app.post('/faq', { config: { ai: { chain: 'cheap' } } }, async (request) => request.ai.chat(QUESTION));
    await app.inject(post);
    await app.inject({ ...post, url: '/faq' });
    expect(failover.requests.map(({ model }) => model)).toEqual(['large', 'small']);
  });

  it('reaches scopes within scopes, and not those beside its own', async () => {
    const { app } = application();
    await app.register(async (scope) => {
      await scope.register(aiFailover, { failover: createTestFailover({ reply: 'In the van' }) });
      await scope.register(async (inner) => {
        inner.post('/inner', async (request) => request.ai.chat(QUESTION));
      });
    });
    await app.register(async (scope) => {
      scope.post('/beside', async (request) => ({ ai: typeof request.ai }));
    });
    expect((await app.inject({ ...post, url: '/inner' })).json()).toMatchObject({ object: 'chat.completion' });
    expect((await app.inject({ ...post, url: '/beside' })).json()).toEqual({ ai: 'undefined' });
  });

  it('gives a scope its chain by a hook, unless the route says otherwise', async () => {
    const failover = createTestFailover({ reply: ({ model }) => model, ...POOL });
    const { app } = application();
    await app.register(aiFailover, { failover });
    await app.register(async (scope) => {
      scope.addHook('onRequest', scope.ai.with({ chain: 'cheap', metadata: { area: 'faq' } }));
      scope.post('/scope', async (request) => request.ai.chat(QUESTION));
      scope.post('/route', { config: { ai: { chain: 'default' } } }, async (request) => ({
        ...request.ai.options,
        model: (await request.ai.chat(QUESTION)).model,
      }));
    });
    await app.inject({ ...post, url: '/scope' });
    const { chain, metadata } = (await app.inject({ ...post, url: '/route' })).json();
    expect({ chain, metadata }).toEqual({ chain: 'default', metadata: { area: 'faq' } });
    expect(failover.requests.map(({ model }) => model)).toEqual(['small', 'large']);
  });

  it('knows requests that no route is there for', async () => {
    const { app } = application();
    await app.register(aiFailover, { failover: createTestFailover({ reply: 'Lost?' }) });
    app.setNotFoundHandler(async (request, reply) => reply.code(404).send((await request.ai.chat(QUESTION)).text));
    const { statusCode, payload } = await app.inject('/nowhere');
    expect([statusCode, payload]).toEqual([404, 'Lost?']);
  });

  it('refuses two engines of one name, before the second is made', async () => {
    const { app } = application();
    await app.register(aiFailover, { failover: createTestFailover({ reply: 'first' }) });
    const again = Promise.resolve(app.register(aiFailover, { upstreams: [] }));
    await expect(again).rejects.toMatchObject({ code: 'FST_ERR_DEC_ALREADY_PRESENT' });
  });

  it('tells the faults of its options when it is loaded', async () => {
    const { app } = application();
    const loaded = Promise.resolve(app.register(aiFailover, { upstreams: [] }));
    await expect(loaded).rejects.toMatchObject({ code: 'AIF_CONFIG' });
  });
});

describe('The types of Fastify', () => {
  it('know ai of the application, the request and the config of a route', () => {
    expectTypeOf<FastifyInstance['ai']>().toEqualTypeOf<FastifyAI>();
    expectTypeOf<FastifyRequest['ai']>().toEqualTypeOf<RequestAI>();
    expectTypeOf<RouteShorthandOptions>().toExtend<{ config?: { ai?: RequestCallOptions } }>();
  });

  it('take only names for an engine that all three declare', () => {
    expectTypeOf<AIProperty>().toEqualTypeOf<'ai' | 'assistant'>();
  });
});

describe('A response that ai writes in Fastify', () => {
  it.each([QUESTION, STREAMED])('keeps status and hooks, and makes Fastify say nothing: %o', async (asked) => {
    const { app, logged } = application();
    const done: unknown[] = [];
    app.addHook('onResponse', async (_request, reply) => {
      done.push(reply.statusCode, reply.sent);
    });
    await app.register(aiFailover, { failover: createTestFailover({ reply: 'In the van' }) });
    app.post('/', async (request, reply) => {
      reply.code(201).header('x-worked', 'yes');
      await request.ai.respond(asked);
    });
    const { statusCode, headers, payload } = await app.inject(post);
    expect([statusCode, headers['x-worked']]).toEqual([201, 'yes']);
    expect(payload).toContain('van');
    await expect.poll(() => done).toEqual([201, true]);
    expect(logged).toEqual([]);
  });

  it('needs no async route, and may be returned', async () => {
    const { app, logged } = application();
    await app.register(aiFailover, { failover: createTestFailover({ reply: 'In the van' }) });
    app.post('/callback', (request, reply) => {
      request.ai.respond(QUESTION).catch((error: unknown) => reply.send(error));
    });
    app.post('/reply', async (request, reply) => {
      await request.ai.respond(QUESTION);
      return reply;
    });
    for (const url of ['/callback', '/reply']) {
      expect((await app.inject({ ...post, url })).json()).toMatchObject({ object: 'chat.completion' });
    }
    expect(logged).toEqual([]);
  });

  it('has no body where HEAD asks for the route of a GET', async () => {
    const { app } = application();
    await app.register(aiFailover, { failover: createTestFailover({ reply: 'In the van' }) });
    app.get(
      '/joke',
      app.ai.respond(() => QUESTION),
    );
    const { statusCode, headers, payload } = await app.inject({ method: 'HEAD', url: '/joke' });
    expect([statusCode, headers['content-type'], payload]).toEqual([200, 'application/json; charset=utf-8', '']);
  });

  it('answers HEAD by the endpoint, also where Fastify makes no such routes by itself', async () => {
    const { app } = application({ exposeHeadRoutes: false });
    await app.register(aiFailover, { failover: createTestFailover({ reply: 'never' }) });
    await app.register(app.ai.endpoint(), { prefix: '/v1' });
    const { statusCode, payload } = await app.inject({ method: 'HEAD', url: '/v1/models' });
    expect([statusCode, payload]).toEqual([200, '']);
  });

  it('is under the time limit of Fastify until something has been written, and not after', async () => {
    const { app } = application({ handlerTimeout: 400 });
    const failover = createTestFailover({
      reply: ({ body }) => (body['stream'] === true ? streamWith(['In', { wait: 600 }, ' the van']) : neverAnswer()),
    });
    await app.register(aiFailover, { failover });
    app.post('/', async (request) => request.ai.respond(request.body as typeof QUESTION));
    const streamed = await app.inject({ ...post, payload: STREAMED });
    expect(streamed.statusCode).toBe(200);
    expect(streamed.payload).toMatch(/data: \[DONE\]\n\n$/);
    const whole = await app.inject(post);
    expect([whole.statusCode, whole.json()]).toMatchObject([503, { code: 'FST_ERR_HANDLER_TIMEOUT' }]);
    await failover.close({ timeout: 0 });
  });
});

describe('An error in Fastify', () => {
  it('takes its status and headers along, and reaches the handler of the application whole', async () => {
    const { app } = application();
    const seen: unknown[] = [];
    await app.register(aiFailover, {
      failover: createTestFailover({ reply: failWith(429, { headers: { 'retry-after': '7' } }), ...POOL }),
    });
    app.post('/', async (request) => request.ai.chat(QUESTION, { retry: { maxHintWait: 0 } }));
    await app.register(async (scope) => {
      scope.setErrorHandler((error, _request, reply) => {
        seen.push(error);
        return reply.send(error);
      });
      scope.post('/own', async (request) => request.ai.chat(QUESTION, { retry: { maxHintWait: 0 } }));
    });
    for (const url of ['/', '/own']) {
      const { statusCode, headers } = await app.inject({ ...post, url });
      expect([statusCode, headers['retry-after'], headers['x-should-retry']]).toEqual([429, '7', 'false']);
    }
    expect(seen).toMatchObject([{ code: 'AIF_RATE_LIMITED', kind: 'rate-limited' }]);
  });
});

describe('Closing Fastify', () => {
  it('closes the engine that was made for it', async () => {
    const { app } = application();
    await app.register(aiFailover, POOL.options);
    await app.ready();
    const { failover } = app.ai;
    await app.close();
    await expect(failover.chat(QUESTION)).rejects.toMatchObject({ code: 'AIF_CLOSED' });
  });

  it('leaves an engine open that it was given', async () => {
    const failover = createTestFailover({ reply: 'In the van' });
    const { app } = application();
    await app.register(aiFailover, { failover });
    await app.ready();
    await app.close();
    expect((await failover.chat(QUESTION)).text).toBe('In the van');
  });

  it('waits for a stream that is under way', async () => {
    const failover = createTestFailover({ reply: streamWith(['In', { wait: 150 }, ' the van']) });
    const { app } = application();
    await app.register(aiFailover, { failover });
    app.post(
      '/',
      app.ai.respond(() => STREAMED),
    );
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const begun = new Promise<void>((resolve) => failover.on('first-content', () => resolve()));
    const response = fetch(url, { method: 'POST', headers: { connection: 'close' } });
    await begun;
    await app.close();
    expect(await (await response).text()).toMatch(/data: \[DONE\]\n\n$/);
  });
});
