/** What the adapter for Koa does beyond the contract of all adapters. */
import { createRequire } from 'node:module';
import { json } from 'node:stream/consumers';
import { aiFailover, type AIProperty, type EventName, type Failover, type RequestAI } from '@ai-failover/koa';
import { createTestFailover, failWith, neverAnswer, streamWith } from '@ai-failover/testing';
import Koa3, { type Context, type Middleware } from 'koa';
import request from 'supertest';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { running } from './running.ts';

const koa2 = createRequire(import.meta.url)('koa2') as typeof Koa3;
const FRAMEWORKS = [
  { name: 'Koa 2', Koa: koa2 },
  { name: 'Koa 3', Koa: Koa3 },
];

const QUESTION = { messages: [{ role: 'user' as const, content: 'Where is my parcel?' }] };
const STREAMED = { ...QUESTION, stream: true };

describe.each(FRAMEWORKS)('In $name', ({ Koa }) => {
  async function serve(...all: Middleware[]): Promise<string> {
    const app = new Koa();
    for (const one of all) app.use(one);
    const { url, close } = await running(app.listen(0, '127.0.0.1'));
    onTestFinished(close);
    return url;
  }

  /** A route that has its answer written by the adapter. */
  const responding = (failover: Failover, asked: typeof QUESTION): Middleware =>
    aiFailover(failover).respond(() => asked);

  it.each([QUESTION, STREAMED])('middleware in front goes on when all has been written: %o', async (asked) => {
    const seen: unknown[] = [];
    const front: Middleware = async (ctx, next) => {
      await next();
      seen.push(ctx.status, ctx.res.writableEnded, ctx.respond);
    };
    const failover = createTestFailover({ reply: 'In the van' });
    const { status, text } = await request(await serve(front, responding(failover, asked))).post('/');
    expect([status, seen]).toEqual([200, [200, true, false]]);
    expect(text).toContain('van');
  });

  it.each([201, 404])('a status that the application has chosen stays: %i', async (chosen) => {
    const front: Middleware = (ctx, next) => {
      ctx.status = chosen;
      return next();
    };
    const url = await serve(front, responding(createTestFailover({ reply: 'In the van' }), QUESTION));
    expect((await request(url).post('/')).status).toBe(chosen);
  });

  it('what nobody answers is still 404', async () => {
    const ai = aiFailover(createTestFailover({ reply: 'never' }));
    const { status, text } = await request(await serve(ai, ai.endpoint())).get('/nowhere');
    expect([status, text]).toEqual([404, 'Not Found']);
  });

  it('the endpoint takes a body that was left with the request of Node', async () => {
    const failover = createTestFailover({ reply: 'In the van' });
    const parser: Middleware = async (ctx, next) => {
      Object.assign(ctx.req, { body: await json(ctx.req) });
      await next();
    };
    const { status } = await request(await serve(parser, aiFailover(failover).endpoint()))
      .post('/v1/chat/completions')
      .send(QUESTION);
    expect([status, failover.requests.length]).toEqual([200, 1]);
  });

  describe('middleware in front that gives up waiting', () => {
    /** When this has happened. */
    function limit(failover: Failover, event: EventName): Middleware {
      return async (ctx, next) => {
        const over = new Promise<'over'>((resolve) => failover.on(event, () => setImmediate(resolve, 'over')));
        if ((await Promise.race([next(), over])) !== 'over') return;
        ctx.status = 503;
        ctx.body = 'too late';
      };
    }

    it('answers as long as nothing has been written', async () => {
      const failover = createTestFailover({ reply: neverAnswer() });
      const front = limit(failover, 'attempt-started');
      const { status, text } = await request(await serve(front, responding(failover, QUESTION))).post('/');
      expect([status, text]).toEqual([503, 'too late']);
      await failover.close({ timeout: 0 });
    });

    it('does not write into a stream', async () => {
      const failover = createTestFailover({ reply: streamWith(['In', { wait: 100 }, ' the van']) });
      const front = limit(failover, 'first-content');
      const { status, text } = await request(await serve(front, responding(failover, STREAMED))).post('/');
      expect(status).toBe(200);
      expect(text).not.toContain('too late');
      expect(text).toMatch(/data: \[DONE\]\n\n$/);
    });
  });

  it('an error takes headers along that middleware in front gives it, as CORS does', async () => {
    const cors: Middleware = async (ctx, next) => {
      ctx.set('access-control-allow-origin', '*');
      try {
        await next();
      } catch (error) {
        if (error instanceof Error && 'headers' in error)
          error.headers = { ...Object(error.headers), ...ctx.response.headers };
        throw error;
      }
    };
    const url = await serve(cors, responding(createTestFailover({ reply: failWith(500) }), QUESTION));
    const { status, headers } = await request(url).post('/');
    expect(status).toBe(502);
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'x-should-retry': 'false' });
  });

  it('an engine built inside a handler is reported, one built at the start is not', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => {
      warn.mockRestore();
    });
    const options = { upstreams: [{ name: 'north', provider: 'openai', keys: 'none', models: ['m'] }] } as const;
    await request(await serve(aiFailover(options))).get('/');
    expect(warn).not.toHaveBeenCalled();
    await request(await serve((ctx, next) => aiFailover(options)(ctx, next))).get('/');
    expect(warn.mock.calls).toEqual([
      [
        expect.stringContaining('Call it once, when the application starts'),
        { type: 'AIFailoverWarning', code: 'AIF_MISUSE_ENGINE_IN_HANDLER' },
      ],
    ]);
  });

  it('only names that the context declares can be given to an engine', () => {
    expectTypeOf<Context['ai']>().toEqualTypeOf<RequestAI>();
    expectTypeOf<AIProperty>().toEqualTypeOf<'ai' | 'assistant'>();
    const failover = createTestFailover({ reply: 'never' });
    // @ts-expect-error -- nobody has declared it
    expect(typeof aiFailover(failover, { as: 'butler' })).toBe('function');
  });
});
