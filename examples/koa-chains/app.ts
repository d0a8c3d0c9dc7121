/** A Koa service in which each route has its own idea of what an answer may cost and where it may come from. */
import type { Connection } from '@ai-failover-examples/upstreams';
import { aiFailover, type ChatReply, type Failover } from '@ai-failover/koa';
import { Router } from '@koa/router';
import Koa, { type Context } from 'koa';
import bodyParser from 'koa-bodyparser';

export interface Service {
  readonly app: Koa;
  /** The engine, for whoever has to close it. */
  readonly failover: Failover;
}

export function createService({ north, south }: Record<'north' | 'south', Connection>): Service {
  const ai = aiFailover({
    upstreams: [
      {
        name: 'north',
        provider: 'openai',
        ...north,
        models: ['gpt-4.1', 'gpt-4.1-mini'],
        priority: 1,
        tags: ['no-retention'],
      },
      { name: 'south', provider: 'openai', ...south, models: ['gpt-4.1', 'gpt-4.1-mini'], priority: 2 },
    ],
    chains: {
      default: ['gpt-4.1', 'gpt-4.1-mini'],
      cheap: ['gpt-4.1-mini'],
      strict: { steps: ['gpt-4.1'], require: { tags: ['no-retention'] } },
    },
    cannedReply: 'We are very busy right now. A colleague will answer you shortly.',
  });

  const router = new Router();
  // The chain `default`, for that is what it is called.
  router.post('/support', async (ctx) => {
    ctx.body = answerOf(await ctx.ai.chat({ messages: messagesOf(ctx) }));
  });
  // By route: another chain for whatever comes behind it.
  router.post('/faq', ai.with({ chain: 'cheap' }), async (ctx) => {
    ctx.body = answerOf(await ctx.ai.chat({ messages: messagesOf(ctx) }));
  });
  // By call: the application decides as it goes.
  router.post('/draft', async (ctx) => {
    const urgent = ctx.query['urgent'] !== undefined;
    const options = urgent ? { deadline: 5_000 } : ({ chain: 'cheap' } as const);
    ctx.body = answerOf(await ctx.ai.chat({ messages: messagesOf(ctx) }, options));
  });

  // By mount: contracts never go to an upstream that keeps them, not even in an outage; a canned reply would help nobody there.
  const contracts = new Router({ prefix: '/contracts' });
  contracts.use(ai.with({ chain: 'strict', cannedReply: false }));
  // Answers by itself, as a stream if the question asks for one.
  contracts.post(
    '/ask',
    ai.respond((ctx) => ({ messages: messagesOf(ctx), stream: ctx.query['stream'] !== undefined })),
  );

  const app = new Koa();
  app.use(bodyParser());
  app.use(ai);
  app.use(router.routes());
  app.use(contracts.routes());
  return { app, failover: ai.failover };
}

/** A question that is missing or no text is a 400 by the engine's own words. */
function messagesOf(ctx: Context) {
  const { question } = ctx.request.body as { readonly question: string };
  return [{ role: 'user', content: question }];
}

/** A real service would send the text alone; this one shows who wrote it. */
function answerOf({ text, failover: { deployment, degraded, attempts } }: ChatReply) {
  const trail = attempts.map((attempt) => `${attempt.deployment} ${attempt.status ?? attempt.outcome}`);
  return { text, deployment, degraded, trail };
}
