/**
 * What blocks of the docs take for granted, by the name in the comment in front of them: the lines that a reader has written before. The
 * pool is the one of the first block of the README.
 */

const MESSAGES = `const messages = [{ role: 'user', content: 'Where is my parcel?' }];`;

export const GIVEN: Readonly<Record<string, string>> = {
  express: `
    import { aiFailover, CallError, type RequestAI } from '@ai-failover/express';
    import express, { type ErrorRequestHandler } from 'express';
    import { pool } from './pool.ts';
    ${MESSAGES}
    const others = pool;
    const page = (words: string): unknown => words;
    export const ai = aiFailover(pool);
    export const app = express();
    app.use(express.json(), ai);
    app.post('/support', async (req, res) => res.json(await req.ai.chat({ messages: req.body.messages })));`,

  koa: `
    import { Router } from '@koa/router';
    import { aiFailover, type RequestAI } from '@ai-failover/koa';
    import Koa from 'koa';
    import { pool } from './pool.ts';
    ${MESSAGES}
    const others = pool;
    export const ai = aiFailover(pool);
    export const router = new Router();
    export const app = new Koa();
    app.use(ai).use(router.routes());`,

  fastify: `
    import { aiFailover, type FastifyAI } from '@ai-failover/fastify';
    import type { RequestAI, RequestCallOptions } from '@ai-failover/fastify';
    import { fastify } from 'fastify';
    import { pool } from './pool.ts';
    ${MESSAGES}
    const others = pool;
    export const app = fastify();
    await app.register(aiFailover, pool);`,

  failover: `
    import { createServer } from 'node:http';
    import { bind, CallError, createFailover, serveEndpoint, type FailoverOptions } from '@ai-failover/core';
    import { pool } from './pool.ts';
    ${MESSAGES}
    export const failover = createFailover(pool);`,

  test: `
    import { aiFailover } from '@ai-failover/express';
    import { createTestFailover } from '@ai-failover/testing';
    import express, { type Express, type RequestHandler } from 'express';
    import request from 'supertest';
    import { expect } from 'vitest';
    ${MESSAGES}
    function createApp(ai: RequestHandler): Express {
      return express()
        .use(express.json(), ai)
        .post('/support', async (req, res) => {
          res.json({ text: (await req.ai.chat({ messages: req.body.messages })).text });
        });
    }`,

  scripted: `
    import type { UpstreamOptions } from '@ai-failover/core';
    import { aiFailover } from '@ai-failover/express';
    import { answerWith, continueWith, createTestFailover, failWith, streamWith } from '@ai-failover/testing';
    import express from 'express';
    ${MESSAGES}
    const app = express();
    function upstream(name: string, options: Partial<UpstreamOptions>): UpstreamOptions {
      return { name, provider: 'openai', keys: 'none', models: ['m'], ...options };
    }`,

  faulty: `
    import { answer, continueAnswer, createFaultyUpstream, fail, hang, html, stream } from '@ai-failover/testing';`,

  contract: `
    import { describeAdapterContract, type ContractSubject } from '@ai-failover/testing';
    declare const startHono: ContractSubject['start'];`,
};
