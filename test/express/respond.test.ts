/** `ai.respond`: a route that answers by itself. */
import { aiFailover, type Failover } from '@ai-failover/express';
import { answer, createFaultyUpstream, createTestFailover, failWith } from '@ai-failover/testing';
import type { ErrorRequestHandler } from 'express';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRAMEWORKS } from './frameworks.ts';
import { upstream } from './upstream.ts';

const QUESTION = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };

/** The first upstream fails with 503, the second answers. */
function limping(options: { readonly expose?: boolean } = {}) {
  return createTestFailover({
    reply: ({ upstream: name }) => (name === 'north' ? failWith(503) : 'answered'),
    options: { upstreams: [upstream('north', ['m']), upstream('south', ['m'], { priority: 2 })], ...options },
    random: () => 0.5,
  });
}

describe.each(FRAMEWORKS)('ai.respond in $name', ({ express }) => {
  it("passes the upstream's own bytes on, as JSON", async () => {
    const bytes =
      '{ "id":"x",\n "choices" : [{"message":{"role":"assistant","content":"\\u00e9 é €"}}], "extra": 1.50 }';
    const real = await createFaultyUpstream({
      script: answer({ body: bytes, headers: { 'x-request-id': 'theirs', 'set-cookie': 'a=b' } }),
    });
    const ai = aiFailover({
      upstreams: [{ name: 'real', provider: 'openai', baseUrl: real.baseUrl, keys: 'none', models: ['m'] }],
    });
    onTestFinished(async () => {
      await ai.failover.close();
      await real.close();
    });
    const app = express();
    app.post(
      '/faq',
      express.json(),
      ai.respond((req) => ({ messages: req.body.messages })),
    );
    const response = await request(app).post('/faq').send(QUESTION);
    expect(response.status).toBe(200);
    expect(response.text).toBe(bytes);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['content-length']).toBe(String(Buffer.byteLength(bytes)));
    expect(Object.keys(response.headers).filter((name) => /failover|cookie/.test(name))).toEqual([]);
    expect(response.headers['x-request-id']).not.toBe('theirs');
  });

  it('needs no `app.use(ai)`, and keeps the options of one', async () => {
    const failover = createTestFailover({
      reply: ({ model }) => model,
      options: {
        upstreams: [upstream('north', ['large', 'small'])],
        chains: { default: ['large'], cheap: ['small'] },
      },
    });
    const ai = aiFailover(failover);
    const app = express();
    app.use(express.json());
    app.post(
      '/alone',
      ai.respond((req) => req.body),
    );
    app.use(ai.with({ chain: 'cheap' }));
    app.post(
      '/mounted',
      ai.respond((req) => req.body),
    );
    app.post(
      '/own',
      ai.respond((req) => req.body, { chain: 'default' }),
    );
    for (const path of ['/alone', '/mounted', '/own']) await request(app).post(path).send(QUESTION).expect(200);
    expect(failover.requests.map(({ model }) => model)).toEqual(['large', 'small', 'large']);
  });

  it('leaves the headers of other middleware alone', async () => {
    const ai = aiFailover(limping());
    const app = express();
    app.use((_req, res, next) => {
      res.setHeader('x-request-id', 'ours');
      res.setHeader('cache-control', 'no-store');
      res.setHeader('set-cookie', ['session=1', 'seen=2']);
      next();
    });
    app.post(
      '/faq',
      express.json(),
      ai.respond((req) => req.body),
    );
    const { headers } = await request(app).post('/faq').send(QUESTION).expect(200);
    expect(headers).toMatchObject({ 'x-request-id': 'ours', 'cache-control': 'no-store' });
    expect(headers['set-cookie']).toEqual(['session=1', 'seen=2']);
  });

  it('says so when a reply is degraded, and nothing when it is not', async () => {
    const upstreams = [upstream('north', ['m']), upstream('south', ['spare'])];
    const chains = { default: ['m'] } as const;
    const cannedReply = 'We will be back soon.';
    const degraded = async (failover: Failover) => {
      const app = express();
      app.post(
        '/faq',
        express.json(),
        aiFailover(failover).respond((req) => req.body),
      );
      const { headers, body } = await request(app).post('/faq').send(QUESTION).expect(200);
      return [headers['x-ai-failover-degraded'], body.choices[0].message.content];
    };
    const all = createTestFailover({ reply: failWith(503), options: { upstreams, chains, cannedReply } });
    const first = createTestFailover({
      reply: ({ model }) => (model === 'm' ? failWith(503) : 'spare'),
      options: { upstreams, chains, cannedReply, lastResort: 'spare' },
    });
    expect(await degraded(all)).toEqual(['canned', 'We will be back soon.']);
    expect(await degraded(first)).toEqual(['downgraded', 'spare']);
    expect(await degraded(createTestFailover({ reply: 'whole' }))).toEqual([undefined, 'whole']);
    expect(await degraded(limping())).toEqual([undefined, 'answered']);
  });

  it('names who answered only when told to expose it', async () => {
    const headersOf = async (failover: ReturnType<typeof limping>) => {
      const app = express();
      app.post(
        '/faq',
        express.json(),
        aiFailover(failover).respond((req) => req.body),
      );
      const { headers } = await request(app).post('/faq').send(QUESTION).expect(200);
      return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-ai-failover')));
    };
    expect(await headersOf(limping())).toEqual({});
    expect(await headersOf(limping({ expose: true }))).toEqual({
      'x-ai-failover-deployment': 'm@south',
      'x-ai-failover-model': 'm',
      'x-ai-failover-attempts': '2',
      'x-ai-failover-trail': 'm@north overloaded, m@south ok',
    });
  });

  it('exposes names that no header could carry with question marks in their place', async () => {
    const failover = createTestFailover({
      reply: 'answered',
      options: { upstreams: [upstream('north', ['m'], { name: 'north-北' })], expose: true },
    });
    const app = express();
    app.post(
      '/faq',
      express.json(),
      aiFailover(failover).respond((req) => req.body),
    );
    const { headers } = await request(app).post('/faq').send(QUESTION).expect(200);
    expect(headers['x-ai-failover-deployment']).toBe('m@north-?');
  });

  it('hands what its function throws to `next`, also from a promise', async () => {
    const ai = aiFailover(createTestFailover({ reply: 'never' }));
    const app = express();
    app.post(
      '/sync',
      ai.respond(() => {
        throw Object.assign(new Error('not yours'), { status: 403 });
      }),
    );
    app.post(
      '/async',
      ai.respond(async () => {
        throw Object.assign(new Error('not there'), { status: 404 });
      }),
    );
    const seen: unknown[] = [];
    const handler: ErrorRequestHandler = (error: Error & { status: number }, _req, res, _next) => {
      seen.push(error.message);
      res.status(error.status).end();
    };
    app.use(handler);
    await request(app).post('/sync').expect(403);
    await request(app).post('/async').expect(404);
    expect(seen).toEqual(['not yours', 'not there']);
    expect(ai.failover.status().calls.total).toBe(0);
  });

  it('waits for a function that looks something up first', async () => {
    const failover = createTestFailover({ reply: 'found' });
    const app = express();
    app.get(
      '/order/:id',
      aiFailover(failover).respond(async (req) => {
        await Promise.resolve();
        return { messages: [{ role: 'user', content: `Where is order ${String(req.params['id'])}?` }] };
      }),
    );
    await request(app).get('/order/17').expect(200);
    expect(failover.requests[0]?.body['messages']).toEqual([{ role: 'user', content: 'Where is order 17?' }]);
  });

  it('can be asked of the request too, after work of the route', async () => {
    const app = express();
    app.use(express.json(), aiFailover(limping({ expose: true })));
    app.post('/faq', (req, res, next) => {
      res.setHeader('x-worked', 'yes');
      req.ai.respond(req.body).then(undefined, next);
    });
    const { headers, body } = await request(app).post('/faq').send(QUESTION).expect(200);
    expect(headers).toMatchObject({ 'x-worked': 'yes', 'x-ai-failover-deployment': 'm@south' });
    expect(body.choices[0].message.content).toBe('answered');
  });
});
