/** Express as the adapter contract wants it. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { aiFailover, type AIFailoverMiddleware, type RequestAI } from '@ai-failover/express';
import {
  isPieces,
  type ContractApplication,
  type ContractRoute,
  type ContractScope,
  type ContractSubject,
  type OwnRoute,
} from '@ai-failover/testing';
import compression from 'compression';
import type express from 'express';
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from 'express';
import { running } from './running.ts';

declare global {
  namespace Express {
    interface Request {
      assistant: RequestAI;
    }
  }
}

type Framework = typeof express;
type AI = AIFailoverMiddleware<string, string>;

export function expressSubject(framework: Framework): ContractSubject {
  return {
    compresses: true,
    async start(application) {
      const app = framework();
      app.use((_req, res, next) => {
        for (const [name, value] of Object.entries(application.headers)) res.setHeader(name, value);
        next();
      });
      if (application.compresses) app.use(compression({ threshold: 0 }));
      if (application.parsesBodies) app.use(framework.json({ limit: '10mb' }));
      const ai = aiFailover(application.failover);
      app.use(ai);
      if (application.assistant !== undefined) app.use(aiFailover(application.assistant, { as: 'assistant' }));
      for (const scope of application.scopes) app.use(scope.prefix || '/', ...routerOf(framework, scope, ai));
      if (application.answerError !== undefined) app.use(errorsBy(application.answerError));
      return running(app.listen(0, '127.0.0.1'));
    },
  };
}

function routerOf(framework: Framework, { options, endpoint, routes = [] }: ContractScope, ai: AI): RequestHandler[] {
  const router: Router = framework.Router();
  if (options !== undefined) router.use(ai.with(options));
  if (endpoint !== undefined) {
    const { authorize, ...others } = endpoint;
    router.use(ai.endpoint({ ...others, ...(authorize && { authorize: ({ headers }) => authorize(headers) }) }));
  }
  for (const route of routes) router.post(route.path, ...handlersOf(route, ai));
  return [router];
}

function handlersOf(route: ContractRoute, ai: AI): RequestHandler[] {
  const { options } = route;
  if (route.kind === 'respond') return [ai.respond((req) => route.request(req.body), options)];
  return [...(options === undefined ? [] : [ai.with(options)]), own(route)];
}

function own(route: OwnRoute): RequestHandler {
  return (req, res, next) => {
    send(route, req, res).catch(next);
  };
}

async function send(route: OwnRoute, req: Request, res: Response): Promise<void> {
  const answer = await route.answer({ ai: req.ai, assistant: req.assistant, body: req.body });
  if (isPieces(answer)) await pipeline(Readable.from(answer), res.type('text'));
  else if (answer !== undefined) res.json(answer);
}

function errorsBy(answerError: NonNullable<ContractApplication['answerError']>): ErrorRequestHandler {
  return (error, _req, res, _next) => {
    const { status, text } = answerError(error);
    res.status(status).type('text').send(text);
  };
}
