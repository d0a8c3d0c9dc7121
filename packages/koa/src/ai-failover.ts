/** The adapter for Koa 2.13+ and 3: gives each context its `ai`, and does nothing else. */
import {
  bind,
  checkEndpointOptions,
  createFailover,
  isFailover,
  reportIfBuiltInHandler,
  serveEndpoint,
  type Authorization,
  type ChatRequest,
  type EndpointOptions,
  type Failover,
  type FailoverOptions,
  type ModelName,
  type RequestAI,
  type RequestCallOptions,
} from '@ai-failover/core';
import type { Context, ExtendableContext, Next } from 'koa';

declare module 'koa' {
  interface ExtendableContext {
    /** Answers from the pool of upstreams; see `aiFailover`. */
    ai: RequestAI;
  }
}

/** The properties of `ctx` that hold a `RequestAI`: `ai`, and those that the application declares likewise. */
export type AIProperty = {
  [Name in keyof ExtendableContext]-?: ExtendableContext[Name] extends RequestAI ? Name : never;
}[keyof ExtendableContext];

export interface AdapterOptions {
  /** The property of `ctx`, where an application has several engines. @default 'ai' */
  readonly as?: AIProperty | undefined;
}

type Middleware = (ctx: Context, next: Next) => Promise<void>;

/** What a route made of `respond` sends to the pool. */
type RequestOf<Name extends string> = (ctx: Context) => ChatRequest<Name> | Promise<ChatRequest<Name>>;

/** As in core, but who asks is told by Koa's context. */
export interface KoaEndpointOptions<Chain extends string> extends Omit<EndpointOptions<Chain>, 'authorize'> {
  authorize?: ((ctx: Context) => Authorization<Chain> | Promise<Authorization<Chain>>) | undefined;
}

export interface AIFailoverMiddleware<Model extends string, Chain extends string> extends Middleware {
  /** The engine: status, events, hands-on control, `close()`. */
  readonly failover: Failover<Model, Chain>;
  /** The same engine with other options for the calls of these routes. */
  with(options: RequestCallOptions<Chain>): Middleware;
  /** A route that answers by itself, as JSON or as server-sent events; its errors reach Koa. */
  respond(request: RequestOf<Model | Chain>, options?: RequestCallOptions<Chain>): Middleware;
  /**
   * An OpenAI-compatible endpoint: `POST …/chat/completions`, `GET …/models`, by the end of the path. Open to everybody without
   * `authorize`.
   *
   * @throws ConfigError
   * @example
   * router.all('/v1/{*path}', ai.endpoint({ authorize: (ctx) => ctx.get('authorization') === `Bearer ${SECRET}` }));
   */
  endpoint(options?: KoaEndpointOptions<Chain>): Middleware;
}

/**
 * Middleware that gives every context `ctx.ai`.
 *
 * @throws ConfigError with every fault of the options
 * @example
 * const ai = aiFailover({ upstreams: […], cannedReply: 'We will be back in a moment.' });
 * app.use(ai);
 * router.post('/support', async (ctx) => { ctx.body = await ctx.ai.chat({ messages: ctx.request.body.messages }); });
 */
export function aiFailover<
  const Model extends string = never,
  const Chain extends string = never,
  const Configured extends PropertyKey = never,
>(
  options: FailoverOptions<Model, Chain, Configured>,
  adapterOptions?: AdapterOptions,
): AIFailoverMiddleware<ModelName<Model, Configured>, Chain | 'default'>;
export function aiFailover<Model extends string, Chain extends string>(
  engine: Failover<Model, Chain>,
  adapterOptions?: AdapterOptions,
): AIFailoverMiddleware<Model, Chain>;
export function aiFailover(
  given: FailoverOptions | Failover,
  { as = 'ai' }: AdapterOptions = {},
): AIFailoverMiddleware<string, string> {
  const failover = isFailover(given) ? given : reportIfBuiltInHandler(createFailover(given), /koa-compose/);

  function aiOf(ctx: Context, options: RequestCallOptions): RequestAI {
    // A mount nearer to the route adds to what an outer one of the same engine has set.
    const outer: RequestAI | undefined = ctx[as];
    return outer?.failover === failover
      ? outer.with(options)
      : bind(failover, ctx.req, ctx.res, options, () => takeOver(ctx));
  }

  function withOptions(options: RequestCallOptions): Middleware {
    failover.checkCallOptions(options);
    return function aiFailoverMiddleware(ctx, next) {
      ctx[as] = aiOf(ctx, options);
      return next();
    };
  }

  function respond(request: RequestOf<string>, options: RequestCallOptions = {}): Middleware {
    failover.checkCallOptions(options);
    return async function aiFailoverRoute(ctx) {
      await aiOf(ctx, options).respond(await request(ctx));
    };
  }

  function endpoint(options: KoaEndpointOptions<string> = {}): Middleware {
    checkEndpointOptions(failover, options);
    const { authorize } = options;
    return async function aiFailoverEndpoint(ctx, next) {
      const { options: call } = aiOf(ctx, options.call ?? {});
      const settings = { ...options, call, authorize: authorize && (() => authorize(ctx)) };
      // Body parsers of Koa leave the body with Koa's request.
      const place = { takeOver: () => takeOver(ctx), body: Reflect.get(ctx.request, 'body') };
      if (!(await serveEndpoint(failover, ctx.req, ctx.res, settings, place))) await next();
    };
  }

  return Object.assign(withOptions({}), { failover, with: withOptions, respond, endpoint });
}

/** The response is no longer Koa's. 404 is what Koa says until somebody has answered, unless the application has chosen it. */
function takeOver(ctx: Context): void {
  if (Reflect.get(ctx.response, '_explicitStatus') !== true) ctx.status = 200;
  ctx.respond = false;
}
