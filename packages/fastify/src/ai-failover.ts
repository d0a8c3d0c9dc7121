/** The adapter for Fastify 5: a plugin that gives each request its `ai`, and does nothing else. */
import {
  bind,
  checkEndpointOptions,
  createFailover,
  serveEndpoint,
  type Authorization,
  type ChatRequest,
  type EndpointOptions,
  type Failover,
  type FailoverOptions,
  type RequestAI,
  type RequestCallOptions,
} from '@ai-failover/core';
import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  RouteHandlerMethod,
} from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** The pool of upstreams, and routes made of it; see `aiFailover`. */
    ai: FastifyAI;
  }
  interface FastifyRequest {
    /** Answers from the pool of upstreams; see `aiFailover`. */
    ai: RequestAI;
  }
  interface FastifyContextConfig {
    /** Options for the calls of this route; they win over those of its scopes. */
    ai?: RequestCallOptions;
  }
}

/** The properties that hold an AI: `ai`, and those that the application declares likewise in the same three interfaces. */
export type AIProperty = keyof FastifyInstance & keyof FastifyRequest & keyof FastifyContextConfig;

/** Options for an engine of this application, or an engine that is closed by whoever made it. */
export type AIFailoverPluginOptions = (FailoverOptions | { readonly failover: Failover }) & {
  /** The property of the application, its requests and the `config` of routes, where there are several engines. @default 'ai' */
  readonly as?: AIProperty | undefined;
};

/** What a route made of `respond` sends to the pool. */
type RequestOf<Name extends string> = (
  request: FastifyRequest,
  reply: FastifyReply,
) => ChatRequest<Name> | Promise<ChatRequest<Name>>;

/** As in core, but who asks is told by Fastify's request. */
export interface FastifyEndpointOptions<Chain extends string = string> extends Omit<
  EndpointOptions<Chain>,
  'authorize'
> {
  authorize?: ((request: FastifyRequest) => Authorization<Chain> | Promise<Authorization<Chain>>) | undefined;
}

/** What the application has as `ai`. */
export interface FastifyAI<Model extends string = string, Chain extends string = string> {
  /** The engine: status, events, hands-on control. */
  readonly failover: Failover<Model, Chain>;
  /** A hook that gives a scope or a route other options for its calls: `scope.addHook('onRequest', app.ai.with({ chain }))`. */
  with(options: RequestCallOptions<Chain>): onRequestHookHandler;
  /** A route that answers by itself, as JSON or as server-sent events; its errors reach Fastify. */
  respond(request: RequestOf<Model | Chain>, options?: RequestCallOptions<Chain>): RouteHandlerMethod;
  /**
   * An OpenAI-compatible endpoint, as a plugin: `POST /chat/completions`, `GET /models`. Open to everybody without `authorize`.
   *
   * @throws ConfigError
   * @example
   * const authorize = (request) => request.headers.authorization === `Bearer ${SECRET}`;
   * app.register(app.ai.endpoint({ authorize }), { prefix: '/v1' });
   */
  endpoint(options?: FastifyEndpointOptions<Chain>): FastifyPluginAsync;
}

/** Without `OPTIONS`: preflights are answered by whoever knows the rules of CORS. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Gives every request `request.ai`, and the application `app.ai`.
 *
 * @throws ConfigError with every fault of the options, when it is loaded
 * @example
 * await app.register(aiFailover, { upstreams: […], cannedReply: 'We will be back in a moment.' });
 * app.post('/support', async (request) => request.ai.chat({ messages: request.body.messages }));
 * app.post('/faq', { config: { ai: { chain: 'cheap' } } }, app.ai.respond((request) => request.body));
 */
const plugin: FastifyPluginAsync<AIFailoverPluginOptions> = async (app, { as = 'ai', ...given }) => {
  app.decorateRequest(as);
  const failover = 'failover' in given ? given.failover : createFailover(given);
  const ofRoute = (request: FastifyRequest): RequestCallOptions => request.routeOptions.config[as] ?? {};

  function withOptions(options: RequestCallOptions): onRequestHookHandler {
    failover.checkCallOptions(options);
    return function aiFailoverHook(request, _reply, next) {
      // What the route itself says is nearer than its scopes, though their hooks run later.
      request[as] = request[as].with(options).with(ofRoute(request));
      next();
    };
  }

  function respond(requestOf: RequestOf<string>, options: RequestCallOptions = {}): RouteHandlerMethod {
    failover.checkCallOptions(options);
    return async function aiFailoverRoute(request, reply) {
      await request[as].respond(await requestOf(request, reply), options);
    };
  }

  function endpoint(options: FastifyEndpointOptions = {}): FastifyPluginAsync {
    checkEndpointOptions(failover, options);
    const { authorize } = options;
    async function answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const { options: call } = request[as].with(options.call ?? {});
      const settings = { ...options, call, authorize: authorize && (() => authorize(request)) };
      const served = await serveEndpoint(failover, request.raw, reply.raw, settings, {
        takeOver: () => takeOver(reply),
      });
      if (!served) reply.callNotFound();
    }
    return async function aiFailoverEndpoint(scope) {
      // Core reads the body, and says in OpenAI's words what is wrong with it.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
      scope.route({ method: METHODS, url: '/*', handler: answer });
    };
  }

  app.decorate(as, { failover, with: withOptions, respond, endpoint });
  app.addHook('onRoute', ({ config }) => failover.checkCallOptions(config?.[as] ?? {}));
  app.addHook('onRequest', (request, reply, next) => {
    request[as] = bind(failover, request.raw, reply.raw, ofRoute(request), () => takeOver(reply));
    next();
  });
  if (!('failover' in given)) app.addHook('onClose', () => failover.close());
};

/** For all scopes of the application; the same as wrapping it by the package fastify-plugin. */
export const aiFailover = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@ai-failover/fastify',
  [Symbol.for('plugin-meta')]: { name: '@ai-failover/fastify', fastify: '5.x' },
});

/** The response is no longer Fastify's, which has kept to itself what plugins have set. */
function takeOver(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.hijack();
}
