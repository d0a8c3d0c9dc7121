/** `ai.endpoint`: what any OpenAI client can point at, mounted in Express. */
import { request, type IncomingMessage } from 'node:http';
import { aiFailover, ConfigError } from '@ai-failover/express';
import { createFaultyUpstream, createTestFailover, fail, hang, reply, stream, type Script } from '@ai-failover/testing';
import compression from 'compression';
import cors from 'cors';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from 'openai';
import supertest from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRAMEWORKS, listen, post, type Application } from './frameworks.ts';
import { readEvents } from './read-events.ts';
import { upstream } from './upstream.ts';

const QUESTION = { messages: [{ role: 'user' as const, content: 'Where is my parcel?' }] };
const ANSWER = 'It left the warehouse on Tuesday';

/** A pool of one faulty upstream. */
async function pool(script: Script) {
  const faulty = await createFaultyUpstream({ script });
  const ai = aiFailover({
    upstreams: [{ name: 'real', provider: 'openai', baseUrl: faulty.baseUrl, keys: 'none', models: ['m'] }],
  });
  onTestFinished(async () => {
    await ai.failover.close();
    await faulty.close();
  });
  return { upstream: faulty, ai };
}

describe.each(FRAMEWORKS)('ai.endpoint in $name', ({ express }) => {
  /** An application of nothing but the endpoint under `/v1`, with what stands before it. */
  function application(endpoint: RequestHandler, before?: RequestHandler): Application {
    const app = express();
    if (before !== undefined) app.use(before);
    app.use('/v1', endpoint);
    return app;
  }

  async function clientOf(app: Application): Promise<OpenAI> {
    const baseURL = `http://127.0.0.1:${await listen(app)}/v1`;
    return new OpenAI({ baseURL, apiKey: 'sk-ann', defaultHeaders: { connection: 'close' } });
  }

  it.each(['without', 'behind'])('answers an official client, %s a body parser', async (parser) => {
    const { ai } = await pool(reply(ANSWER));
    const before = parser === 'behind' ? express.json() : undefined;
    const client = await clientOf(application(ai.endpoint(), before));
    const unstreamed = client.chat.completions.create({ ...QUESTION, model: 'm' });
    const { data: completion, request_id: id } = await unstreamed.withResponse();
    expect(completion.choices[0]?.message.content).toBe(ANSWER);
    expect(id).toMatch(/./);
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...QUESTION, model: 'default', stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(ANSWER);
    const models: string[] = [];
    for await (const model of client.models.list()) models.push(model.id);
    expect(models).toEqual(['m', 'default']);
    expect(await client.models.retrieve('m')).toMatchObject({ id: 'm', object: 'model' });
  });

  it('raises the errors that its clients know, after one request each', async () => {
    const { ai, upstream: faulty } = await pool(fail(429, { headers: { 'retry-after': '30' } }));
    const authorize = ({ headers }: IncomingMessage): boolean => headers.authorization === 'Bearer sk-ann';
    const client = await clientOf(application(ai.endpoint({ authorize })));
    const completions = client.chat.completions;
    const limited = completions.create({ ...QUESTION, model: 'm' });
    await expect(limited).rejects.toBeInstanceOf(RateLimitError);
    await expect(limited).rejects.toMatchObject({ code: 'rate_limit_exceeded', requestID: expect.any(String) });
    expect(faulty.requests).toHaveLength(1);
    await expect(completions.create({ ...QUESTION, model: 'none' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.models.retrieve('none')).rejects.toMatchObject({ code: 'model_not_found' });
    const stranger = client.withOptions({ apiKey: 'sk-eve' }).chat.completions;
    await expect(stranger.create({ ...QUESTION, model: 'm' })).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('leaves other paths to the application', async () => {
    const ai = aiFailover(createTestFailover({ reply: 'never' }));
    const app = application(ai.endpoint());
    app.get('/v1/status', (_req, res) => {
      res.send('fine');
    });
    await supertest(app).get('/v1/status').expect(200, 'fine');
    await supertest(app).get('/v1/embeddings').expect(404);
    const { headers } = await supertest(app).put('/v1/models').expect(405);
    expect(headers['allow']).toBe('GET, HEAD');
  });

  it('leaves preflights to the rules of CORS, whose headers are on every answer', async () => {
    const { ai } = await pool([reply(ANSWER), fail(400), stream(ANSWER)]);
    const app = express();
    app.use(cors({ origin: 'https://shop.example', exposedHeaders: ['x-request-id'] }), compression({ threshold: 0 }));
    app.use('/v1', ai.endpoint());
    const agent = supertest.agent(app).set('origin', 'https://shop.example').set('accept-encoding', 'gzip');
    const preflight = await agent
      .options('/v1/chat/completions')
      .set('access-control-request-method', 'POST')
      .expect(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://shop.example');
    const ask = (body: object) => agent.post('/v1/chat/completions').send(body);
    const answers = [
      await ask(QUESTION).expect(200),
      await ask(QUESTION).expect(400),
      await ask({ ...QUESTION, stream: true }).expect(200),
      await ask({ messages: 'none' }).expect(400),
      await agent.get('/v1/models/none').expect(404),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://shop.example',
        'access-control-expose-headers': 'x-request-id',
        'x-request-id': expect.any(String),
      });
    }
    expect(answers[0]?.body.choices[0].message.content).toBe(ANSWER);
    expect(answers[0]?.headers['content-encoding']).toBe('gzip');
    expect(readEvents(answers[2]?.text ?? '')).toMatchObject({ text: ANSWER, done: true });
    expect(answers[2]?.headers).not.toHaveProperty('content-encoding');
  });

  it('keeps the options of the mounts before it, and adds its own', async () => {
    const failover = createTestFailover({
      reply: ({ model }) => model,
      options: {
        upstreams: [upstream('north', ['large', 'small'], { tags: ['eu'] }), upstream('south', ['large', 'small'])],
        chains: { default: ['large'], cheap: ['small'] },
      },
    });
    const ai = aiFailover(failover);
    const app = express();
    app.use(ai.with({ require: { tags: ['eu'] } }));
    app.use('/cheap', ai.endpoint({ call: { chain: 'cheap' } }));
    app.use('/chosen', ai.endpoint({ chainHeader: true }));
    for (let call = 0; call < 4; call += 1) {
      await supertest(app).post('/cheap/chat/completions').send(QUESTION).expect(200);
    }
    await supertest(app)
      .post('/chosen/chat/completions')
      .set('x-ai-failover-chain', 'cheap')
      .send(QUESTION)
      .expect(200);
    await supertest(app).post('/chosen/chat/completions').send(QUESTION).expect(200);
    expect(failover.requests.map(({ upstream: name, model }) => `${model}@${name}`)).toEqual([
      ...Array.from({ length: 5 }, () => 'small@north'),
      'large@north',
    ]);
  });

  it("gives `authorize` the framework's own request, and its answer to the call", async () => {
    const failover = createTestFailover({ reply: 'yes' });
    const metadata: unknown[] = [];
    failover.on('call-started', (event) => metadata.push(event.metadata));
    const ai = aiFailover(failover);
    const endpoint = ai.endpoint({ authorize: (req) => ({ metadata: { user: req.get('x-user') } }) });
    const app = express();
    app.use('/v1', endpoint);
    await supertest(app).post('/v1/chat/completions').set('x-user', 'ann').send(QUESTION).expect(200);
    expect(metadata).toEqual([{ user: 'ann' }]);
  });

  it('refuses wrong options where it is mounted', () => {
    const ai = aiFailover(createTestFailover({ reply: 'never' }));
    expect(() => ai.endpoint({ call: { maxAttempts: 0 } })).toThrow(ConfigError);
    expect(() => ai.endpoint({ maxRequestBytes: -1 })).toThrow(ConfigError);
    expect(() => ai.endpoint({ authorise: () => true } as object)).toThrow('authorize');
  });

  it('refuses what no parser has left it, and says so', async () => {
    const ai = aiFailover(createTestFailover({ reply: 'never' }));
    const app = express();
    app.use((req, _res, next) => {
      req.on('end', next).resume();
    });
    app.use('/v1', ai.endpoint());
    const { body } = await supertest(app).post('/v1/chat/completions').send(QUESTION).expect(500);
    expect(body.error.message).toContain('`req.body`');
  });

  it('ends quietly when the client leaves, whenever that is', async () => {
    const { ai, upstream: faulty } = await pool(hang());
    const app = express();
    const arrivals: IncomingMessage[] = [];
    app.use((req, _res, next) => {
      arrivals.push(req);
      next();
    });
    app.use('/v1', ai.endpoint());
    const errors: unknown[] = [];
    app.use(((error: unknown, _req, _res, next) => {
      errors.push(error);
      next(error);
    }) satisfies ErrorRequestHandler);
    const url = `http://127.0.0.1:${await listen(app)}/v1/chat/completions`;

    const halfSent = request(url, { method: 'POST', agent: false, headers: { 'content-length': '500' } });
    halfSent.on('error', () => {}).write('{"messages":');
    await expect.poll(() => arrivals.length).toBe(1);
    halfSent.destroy();

    for (const streamed of [false, true]) {
      const client = post(url, { ...QUESTION, stream: streamed });
      const sent = await faulty.waitForRequest(streamed ? 1 : 0);
      client.request.destroy();
      expect(await sent.settled).toBe('aborted');
    }
    await expect.poll(() => ai.failover.status().calls.inFlight).toBe(0);
    expect(ai.failover.status().calls).toMatchObject({ total: 2, aborted: 2 });
    expect(errors).toEqual([]);
  });
});
