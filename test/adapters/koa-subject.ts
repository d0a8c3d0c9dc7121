/** Koa as the adapter contract wants it, with a router, a mount and a body parser that do what those of npm do. */
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { aiFailover, type AIFailoverMiddleware, type RequestAI } from '@ai-failover/koa';
import {
  isPieces,
  type ContractApplication,
  type ContractRoute,
  type ContractScope,
  type ContractSubject,
  type OwnRoute,
} from '@ai-failover/testing';
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import { running } from './running.ts';

declare module 'koa' {
  interface ExtendableContext {
    assistant: RequestAI;
  }
  interface Request {
    body?: unknown;
  }
}

type AI = AIFailoverMiddleware<string, string>;

export function koaSubject(framework: typeof Koa): ContractSubject {
  return {
    // Those of Koa see `ctx.body` only, and leave alone what is written by others.
    compresses: false,
    async start(application) {
      const app = new framework();
      // It would write to the console whatever is not meant for clients.
      app.silent = true;
      app.use(errorsBy(application.answerError));
      app.use((ctx, next) => {
        for (const [name, value] of Object.entries(application.headers)) ctx.set(name, value);
        return next();
      });
      if (application.parsesBodies) app.use(bodyParser);
      const ai = aiFailover(application.failover);
      app.use(ai);
      if (application.assistant !== undefined) app.use(aiFailover(application.assistant, { as: 'assistant' }));
      for (const scope of application.scopes) for (const one of middlewareOf(scope, ai)) app.use(one);
      return running(app.listen(0, '127.0.0.1'));
    },
  };
}

/** Like that of koa-bodyparser, it leaves the body with Koa's request. */
const bodyParser: Middleware = async (ctx, next) => {
  if (ctx.is('json')) ctx.request.body = await json(ctx.req);
  await next();
};

function middlewareOf({ prefix, options, endpoint, routes = [] }: ContractScope, ai: AI): Middleware[] {
  const inside: Middleware[] = [];
  if (options !== undefined) inside.push(ai.with(options));
  if (endpoint !== undefined) {
    const { authorize, ...others } = endpoint;
    inside.push(ai.endpoint({ ...others, ...(authorize && { authorize: ({ headers }) => authorize(headers) }) }));
  }
  for (const route of routes) inside.push(posted(route.path, chained(middlewareOfRoute(route, ai))));
  return [mounted(prefix, chained(inside))];
}

function middlewareOfRoute(route: ContractRoute, ai: AI): Middleware[] {
  const { options } = route;
  if (route.kind === 'respond') return [ai.respond((ctx) => route.request(ctx.request.body), options)];
  return [...(options === undefined ? [] : [ai.with(options)]), (ctx) => send(route, ctx)];
}

async function send(route: OwnRoute, ctx: Context): Promise<void> {
  const answer = await route.answer({ ai: ctx.ai, assistant: ctx.assistant, body: ctx.request.body });
  if (answer !== undefined) ctx.body = isPieces(answer) ? Readable.from(answer) : answer;
}

function posted(path: string, then: Middleware): Middleware {
  return (ctx, next) => (ctx.method === 'POST' && ctx.path === path ? then(ctx, next) : next());
}

function chained(all: readonly Middleware[]): Middleware {
  return async (ctx, next) => {
    const from = (index: number): Promise<unknown> =>
      Promise.resolve(all[index]?.(ctx, () => from(index + 1)) ?? next());
    await from(0);
  };
}

/** Like koa-mount, it hides the prefix from what it mounts. */
function mounted(prefix: string, then: Middleware): Middleware {
  return async (ctx, next) => {
    const { path } = ctx;
    if (!path.startsWith(`${prefix}/`)) return next();
    ctx.path = path.slice(prefix.length);
    await then(ctx, async () => {
      ctx.path = path;
      await next();
    });
    ctx.path = path;
  };
}

function errorsBy(answerError: ContractApplication['answerError']): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (answerError === undefined) throw error;
      const { status, text } = answerError(error);
      ctx.status = status;
      ctx.body = text;
    }
  };
}
