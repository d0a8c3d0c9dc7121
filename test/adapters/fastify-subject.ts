/** Fastify as the adapter contract wants it. */
import { Readable } from 'node:stream';
import { aiFailover, type FastifyAI, type RequestAI, type RequestCallOptions } from '@ai-failover/fastify';
import {
  isPieces,
  type ContractApplication,
  type ContractRoute,
  type ContractScope,
  type ContractSubject,
} from '@ai-failover/testing';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { running } from './running.ts';

declare module 'fastify' {
  interface FastifyInstance {
    assistant: FastifyAI;
  }
  interface FastifyRequest {
    assistant: RequestAI;
  }
  interface FastifyContextConfig {
    assistant?: RequestCallOptions;
  }
}

export const fastifySubject: ContractSubject = {
  // Those of Fastify see `reply.send` only, and leave alone what is written by others.
  compresses: false,
  async start(application) {
    const app = fastify({ bodyLimit: 10_000_000 });
    try {
      await compose(app, application);
      await app.listen({ host: '127.0.0.1', port: 0 });
    } catch (error) {
      await app.close();
      throw error;
    }
    const { url, close } = await running(app.server);
    return {
      url,
      async close() {
        await close();
        await app.close();
      },
    };
  },
};

async function compose(app: FastifyInstance, application: ContractApplication): Promise<void> {
  const { failover, assistant, answerError, parsesBodies, headers, scopes } = application;
  if (answerError !== undefined) {
    app.setErrorHandler((error, _request, reply) => {
      const { status, text } = answerError(error);
      return reply.code(status).send(text);
    });
  }
  if (!parsesBodies) {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
  }
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers);
  });
  await app.register(aiFailover, { failover });
  if (assistant !== undefined) await app.register(aiFailover, { failover: assistant, as: 'assistant' });
  for (const scope of scopes) await app.register(async (inside) => scopeOf(inside, scope), { prefix: scope.prefix });
}

async function scopeOf(scope: FastifyInstance, { options, endpoint, routes = [] }: ContractScope): Promise<void> {
  if (options !== undefined) scope.addHook('onRequest', scope.ai.with(options));
  if (endpoint !== undefined) {
    const { authorize, ...others } = endpoint;
    const mine = {
      ...others,
      ...(authorize && { authorize: (request: FastifyRequest) => authorize(request.headers) }),
    };
    await scope.register(scope.ai.endpoint(mine));
  }
  for (const route of routes) addRoute(scope, route);
}

function addRoute(scope: FastifyInstance, route: ContractRoute): void {
  const settings = { config: { ...(route.options !== undefined && { ai: route.options }) } };
  if (route.kind === 'respond') {
    scope.post(
      route.path,
      settings,
      scope.ai.respond(({ body }) => route.request(body)),
    );
    return;
  }
  scope.post(route.path, settings, async (request: FastifyRequest, reply: FastifyReply) => {
    const answer = await route.answer({ ai: request.ai, assistant: request.assistant, body: request.body });
    return isPieces(answer) ? reply.type('text/plain').send(Readable.from(answer)) : answer;
  });
}
