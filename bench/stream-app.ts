/**
 * One application whose routes stream the same answers: plain undici piped unread, `req.ai.respond()`, and `ai.endpoint()`; in Express
 * or, with `SERVER=http`, over `node:http` alone. `/:way/…` names how the upstream is to send them.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bind, createFailover, serveEndpoint } from '@ai-failover/core';
import { aiFailover } from '@ai-failover/express';
import express from 'express';
import { Pool } from 'undici';
import { answerQuestions, reportAddress } from './processes.ts';
import { createProfiler } from './profile.ts';

const upstreamUrl = process.env['UPSTREAM_URL'] ?? '';
const pool = new Pool(upstreamUrl, { headersTimeout: 0, bodyTimeout: 0 });
const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench-0123456789' };

/** What a proxy would do that reads nothing: the upstream's bytes go out as they come. */
async function pipe(way: string, { messages }: { messages: unknown }, res: ServerResponse): Promise<void> {
  const body = JSON.stringify({ model: 'gpt-4.1', messages, stream: true });
  const path = `/${way}/v1/chat/completions`;
  const answer = await pool.request({ path, method: 'POST', headers, body });
  res.setHeader('content-type', 'text/event-stream; charset=utf-8');
  res.once('close', () => answer.body.destroy());
  answer.body.on('error', () => res.destroy()).pipe(res);
}

const WAYS = ['separate', 'batched', 'paced', 'late', 'endless'];
const limits = { requestsPerMinute: 100_000_000, tokensPerMinute: 100_000_000_000, concurrency: 100_000 };
const engines = new Map(
  WAYS.map((way) => {
    const engine = createFailover({
      upstreams: [
        {
          name: 'bench',
          provider: 'openai',
          baseUrl: `${upstreamUrl}/${way}/v1`,
          keys: ['sk-bench-0123456789'],
          models: ['gpt-4.1'],
          limits,
        },
      ],
      cannedReply: 'Please try again later.',
    });
    engine.onAny(() => {});
    return [way, engine] as const;
  }),
);

/** In `test`, Express does not log the requests that the end of a part cuts off. */
function expressApp(): Server {
  const app = express().set('env', 'test').disable('x-powered-by').use(express.json());
  app.post('/:way/plain', (req, res) => pipe(req.params['way'], req.body, res));
  for (const [way, engine] of engines) {
    const ai = aiFailover(engine);
    app.post(`/${way}/respond`, ai, async (req, res) => {
      await req.ai.respond({ messages: req.body.messages, stream: true });
      if (!res.writableEnded) throw new Error('an answer was not ended');
    });
    app.use(`/${way}`, ai.endpoint());
  }
  return createServer(app);
}

function plainServer(): Server {
  return createServer((req, res) => {
    void serve(req, res);
  });
}

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, way = '', route] = req.url?.split('/') ?? [];
  const engine = engines.get(way);
  if (engine === undefined) {
    res.writeHead(404).end();
  } else if (route === 'plain') {
    await pipe(way, JSON.parse(await textOf(req)), res);
  } else if (route === 'respond') {
    const { messages } = JSON.parse(await textOf(req));
    await bind(engine, req, res).respond({ messages, stream: true });
  } else {
    await serveEndpoint(engine, req, res);
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const profiler = createProfiler();
answerQuestions(async (question) => {
  switch (question) {
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case 'memory': {
      for (let turn = 0; turn < 3; turn += 1) {
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return process.memoryUsage();
    }
    case 'profile':
      await profiler.start();
      return 'started';
    case 'profiled':
      return profiler.stop();
    default:
      throw new Error(`nobody knows ${question}`);
  }
});
const server = process.env['SERVER'] === 'http' ? plainServer() : expressApp();
server.keepAliveTimeout = 60_000;
const socket = process.env['SOCKET'];
const where = socket === undefined ? { port: 0, host: '127.0.0.1' } : { path: socket };
server.listen(where, () => reportAddress(server));
