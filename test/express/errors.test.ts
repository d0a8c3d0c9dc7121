/** What reaches Express's error handling, and through it the client. */
import { aiFailover, CallError } from '@ai-failover/express';
import { createTestFailover, failWith, type TestReply } from '@ai-failover/testing';
import type { ErrorRequestHandler } from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { FRAMEWORKS, type Application } from './frameworks.ts';

const PROMPT = 'a prompt that is nobody else’s business';
const QUESTION = { messages: [{ role: 'user', content: PROMPT }] };
const KEYS = ['sk-north-0123456789abcd', 'sk-north-abcd0123456789'];

function failing(reply: TestReply) {
  return createTestFailover({
    reply,
    options: {
      upstreams: [
        { name: 'reseller-north', provider: 'openai', baseUrl: 'https://n.example/v1', keys: KEYS, models: ['large'] },
      ],
      retry: { maxHintWait: 0 },
    },
  });
}

/** The same call as a route of its own and inside a handler: their errors are to be the same. */
const ROUTES = ['/respond', '/chat'] as const;

describe.each(FRAMEWORKS)('An error in $name', ({ express }) => {
  function application(failover: ReturnType<typeof failing>): Application {
    const app = express();
    const ai = aiFailover(failover);
    app.use(express.json(), ai);
    app.post(
      '/respond',
      ai.respond((req) => req.body),
    );
    app.post('/chat', (req, res, next) => {
      req.ai.chat(req.body).then((reply) => res.json(reply), next);
    });
    return app;
  }

  it.each(ROUTES)("of the request carries the provider's words and 400, from %s", async (path) => {
    const message = "Invalid schema for function 'find': 'number' is not of type 'object'.";
    const app = application(failing(failWith(400, { message, code: 'invalid_function_parameters' })));
    const { status, headers, text } = await request(app).post(path).send(QUESTION);
    expect(status).toBe(400);
    expect(headers['x-should-retry']).toBe('false');
    expect(headers).not.toHaveProperty('retry-after');
    expect(text).toContain('Invalid schema for function');
  });

  it.each(ROUTES)('that our check finds says which field is wrong, from %s', async (path) => {
    const failover = failing('never');
    const body = { messages: [{ role: 'usher', content: PROMPT }] };
    const { status, headers, text } = await request(application(failover)).post(path).send(body);
    expect(status).toBe(400);
    expect(headers['x-should-retry']).toBe('false');
    expect(text).toContain('messages[0].role');
    expect(text).not.toContain(PROMPT);
    expect(failover.requests).toHaveLength(0);
  });

  it.each(ROUTES)('of an unknown model names the nearest, from %s', async (path) => {
    const { status, text } = await request(application(failing('never')))
      .post(path)
      .send({ ...QUESTION, model: 'larg' });
    expect(status).toBe(400);
    expect(text).toContain('Did you mean &quot;large&quot;?');
  });

  it.each(ROUTES)('of an exhausted pool is 502 and says nothing of it, from %s', async (path) => {
    const quoting = failWith(500, { message: `${KEYS[0]} said ${PROMPT}` });
    const { status, headers, text } = await request(application(failing(quoting)))
      .post(path)
      .send(QUESTION);
    expect(status).toBe(502);
    expect(headers['x-should-retry']).toBe('false');
    expect(text).toContain('The AI service could not answer');
    for (const secret of [...KEYS, 'reseller-north', 'large', PROMPT]) expect(text).not.toContain(secret);
  });

  it.each(ROUTES)('says when to come back as a whole number of seconds, from %s', async (path) => {
    const failover = failing(failWith(429, { headers: { 'retry-after-ms': '29500' } }));
    const first = await request(application(failover)).post(path).send(QUESTION);
    expect([first.status, first.headers['retry-after'], first.headers['x-should-retry']]).toEqual([429, '30', 'false']);
    const later = await request(application(failover)).post(path).send(QUESTION);
    expect([later.status, later.headers['retry-after']]).toEqual([429, '30']);
    expect(failover.requests).toHaveLength(KEYS.length);
  });

  it.each(ROUTES)('of a closed engine is 503, from %s', async (path) => {
    const failover = failing('never');
    const app = application(failover);
    await failover.close();
    const { status, headers, text } = await request(app).post(path).send(QUESTION);
    expect([status, headers['x-should-retry']]).toEqual([503, 'false']);
    expect(text).toContain('shutting down');
  });

  it.each(ROUTES)('keeps what happened for the logs of the application, from %s', async (path) => {
    const app = application(failing(failWith(500)));
    const errors: unknown[] = [];
    const keep: ErrorRequestHandler = (error, _req, _res, next) => {
      errors.push(error);
      next(error);
    };
    app.use(keep);
    app.use(((error: CallError, _req, res, _next) => {
      res
        .status(error.status)
        .set(error.headers)
        .json({ error: { message: error.message, code: error.code } });
    }) satisfies ErrorRequestHandler);
    const { status, body } = await request(app).post(path).send(QUESTION);
    expect(status).toBe(502);
    expect(body).toEqual({
      error: { message: 'The AI service could not answer. Please try again later.', code: 'AIF_EXHAUSTED' },
    });
    expect(errors).toEqual([expect.any(CallError)]);
    const [error] = errors as [CallError];
    expect(JSON.stringify(error)).not.toMatch(/reseller-north|sk-north/);
    expect(error.attempts.map(({ deployment, outcome }) => `${deployment} ${outcome}`)).toEqual([
      'large@reseller-north server',
      'large@reseller-north server',
    ]);
    expect(error.cause).toMatchObject({ code: 'AIF_ATTEMPT_SERVER' });
  });

  it('leaves nothing half written, so that an error handler can answer by itself', async () => {
    const app = application(failing(failWith(500)));
    const handler: ErrorRequestHandler = (_error, _req, res, _next) => {
      res.status(200).type('text').send('Call us: 0800 123');
    };
    app.use(handler);
    const { status, headers, text } = await request(app).post('/respond').send(QUESTION);
    expect([status, text]).toEqual([200, 'Call us: 0800 123']);
    expect(headers).not.toHaveProperty('x-should-retry');
  });
});
