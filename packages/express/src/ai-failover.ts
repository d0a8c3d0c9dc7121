/** The adapter for Express 4.18+ and 5: gives each request its `ai`, and does nothing else. */
import {
  bind,
  checkEndpointOptions,
  createFailover,
  isFailover,
  reportIfBuiltInHandler,
  serveEndpoint,
  type ChatRequest,
  type EndpointOptions,
  type Failover,
  type FailoverOptions,
  type ModelName,
  type RequestAI,
  type RequestCallOptions,
} from '@ai-failover/core';
import type { NextFunction, Request, Response } from 'express';

declare global {
  namespace Express {
    interface Request {
      /** Answers from the pool of upstreams; see `aiFailover`. */
      ai: RequestAI;
    }
  }
}

/** The properties of `req` that hold a `RequestAI`: `ai`, and those that the application declares likewise. */
export type AIProperty = {
  [Name in keyof Express.Request]-?: Express.Request[Name] extends RequestAI ? Name : never;
}[keyof Express.Request];

export interface AdapterOptions {
  /** The property of `req`, where an application has several engines. @default 'ai' */
  readonly as?: AIProperty | undefined;
}

type Middleware = (req: Request, res: Response, next: NextFunction) => void;

/** What a route made of `respond` sends to the pool. */
type RequestOf<Name extends string> = (req: Request, res: Response) => ChatRequest<Name> | Promise<ChatRequest<Name>>;

export interface AIFailoverMiddleware<Model extends string, Chain extends string> extends Middleware {
  /** The engine: status, events, hands-on control, `close()`. */
  readonly failover: Failover<Model, Chain>;
  /** The same engine with other options for the calls of these routes. */
  with(options: RequestCallOptions<Chain>): Middleware;
  /** A route that answers by itself; its errors reach `next`, in Express 4 too. */
  respond(request: RequestOf<Model | Chain>, options?: RequestCallOptions<Chain>): Middleware;
  /**
   * An OpenAI-compatible endpoint under its mount: `POST /chat/completions`, `GET /models`. Open to everybody without `authorize`.
   *
   * @throws ConfigError
   * @example
   * app.use('/v1', ai.endpoint({ authorize: (req) => req.get('authorization') === `Bearer ${SECRET}` }));
   */
  endpoint(options?: EndpointOptions<Chain, Request>): Middleware;
}

/**
 * Middleware that gives every request `req.ai`.
 *
 * @throws ConfigError with every fault of the options
 * @example
 * const ai = aiFailover({ upstreams: […], cannedReply: 'We will be back in a moment.' });
 * app.use(ai);
 * app.post('/support', async (req, res) => res.json(await req.ai.chat({ messages: req.body.messages })));
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
  const failover = isFailover(given) ? given : reportIfBuiltInHandler(createFailover(given), /\bLayer\.handle/);

  function aiOf(req: Request, res: Response, options: RequestCallOptions): RequestAI {
    // A mount nearer to the route adds to what an outer one of the same engine has set.
    const outer: RequestAI | undefined = req[as];
    return outer?.failover === failover ? outer.with(options) : bind(failover, req, res, options);
  }

  function withOptions(options: RequestCallOptions): Middleware {
    failover.checkCallOptions(options);
    return function aiFailoverMiddleware(req, res, next) {
      req[as] = aiOf(req, res, options);
      next();
    };
  }

  function respond(request: RequestOf<string>, options: RequestCallOptions = {}): Middleware {
    failover.checkCallOptions(options);
    async function answer(req: Request, res: Response): Promise<void> {
      await aiOf(req, res, options).respond(await request(req, res));
    }
    return function aiFailoverRoute(req, res, next) {
      answer(req, res).catch(next);
    };
  }

  function endpoint(options: EndpointOptions<string, Request> = {}): Middleware {
    checkEndpointOptions(failover, options);
    return function aiFailoverEndpoint(req, res, next) {
      const call = aiOf(req, res, options.call ?? {}).options;
      serveEndpoint(failover, req, res, { ...options, call }).then((served) => served || next(), next);
    };
  }

  return Object.assign(withOptions({}), { failover, with: withOptions, respond, endpoint });
}
