/** What an adapter adds to a request: the same route with `req.ai.chat` and with a call of the engine, in turn, without sockets. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createFailover, type CreateTransport, type Failover } from '@ai-failover/core';
import { aiFailover as forExpress } from '@ai-failover/express';
import { aiFailover as forFastify } from '@ai-failover/fastify';
import { aiFailover as forKoa } from '@ai-failover/koa';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { inject } from 'light-my-request';
import { median } from './figures.ts';

const QUESTION = { messages: [{ role: 'user', content: 'Where is my order 4711?' }] };
const ANSWER = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'At the depot.', refusal: null }, finish_reason: 'stop' },
    ],
  }),
);
const CALLS = 2_000;
const ROUNDS = 21;

/** Takes a request, as `node:http` calls it; what it returns is nobody's. */
type Dispatch = (req: IncomingMessage, res: ServerResponse) => unknown;

/** An application without the adapter, and one with it. */
interface Pair {
  readonly name: string;
  readonly direct: Dispatch;
  readonly adapted: Dispatch;
}

export async function benchAdapters(): Promise<void> {
  const failover: Failover = createFailover<string, string, string>(
    { upstreams: [{ name: 'bench', provider: 'openai', keys: ['sk-bench-0123456789'], models: ['m'] }] },
    { createTransport: answering },
  );
  console.log(
    `\nAdded by an adapter to a request, over calling the engine in the same route (${ROUNDS} rounds of ${CALLS}):`,
  );
  for (const { name, direct, adapted } of [ofExpress(failover), ofKoa(failover), await ofFastify(failover)]) {
    await time(direct);
    await time(adapted);
    const added: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const without = await time(direct);
      added.push((await time(adapted)) - without);
    }
    console.log(`  ${name.padEnd(8)} ${median(added).toFixed(1)} us`);
  }
  await failover.close();
}

/** Microseconds a request. */
async function time(dispatch: Dispatch): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < CALLS; call += 1) {
    const { statusCode } = await inject((req, res) => void dispatch(req, res), { method: 'POST', url: '/' });
    if (statusCode !== 200) throw new Error(`the route answered ${statusCode}`);
  }
  return ((performance.now() - start) / CALLS) * 1_000;
}

function ofExpress(failover: Failover): Pair {
  const direct = express().post('/', async (_req, res) => void res.json(await failover.chat(QUESTION)));
  const adapted = express().use(forExpress(failover));
  adapted.post('/', async (req, res) => void res.json(await req.ai.chat(QUESTION)));
  return { name: 'Express', direct, adapted };
}

function ofKoa(failover: Failover): Pair {
  const direct = new Koa().use(async (ctx) => void (ctx.body = await failover.chat(QUESTION)));
  const adapted = new Koa().use(forKoa(failover)).use(async (ctx) => void (ctx.body = await ctx.ai.chat(QUESTION)));
  return { name: 'Koa', direct: direct.callback(), adapted: adapted.callback() };
}

async function ofFastify(failover: Failover): Promise<Pair> {
  const direct = fastify();
  direct.post('/', () => failover.chat(QUESTION));
  const adapted = fastify();
  adapted.register(forFastify, { failover });
  adapted.post('/', (request) => request.ai.chat(QUESTION));
  await Promise.all([direct.ready(), adapted.ready()]);
  return { name: 'Fastify', direct: direct.routing, adapted: adapted.routing };
}

/** Answers at once, so that little else is measured. */
const answering: CreateTransport = () => ({
  send(_wire, sink) {
    sink.onConnection();
    sink.onHead(200, { 'content-type': 'application/json' });
    sink.onData(ANSWER);
    sink.onEnd();
    return { abort() {}, pause() {}, resume() {} };
  },
  async close() {},
});
