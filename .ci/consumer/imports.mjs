import assert from 'node:assert/strict';
import { aiFailover as forExpress } from '@ai-failover/express';
import { aiFailover as forFastify } from '@ai-failover/fastify';
import { aiFailover as forKoa } from '@ai-failover/koa';
import { createFaultyUpstream, fail, reply } from '@ai-failover/testing';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';

const TEXT = 'from a packed package';
const broken = await createFaultyUpstream({ script: fail(503) });
const healthy = await createFaultyUpstream({ script: reply(TEXT) });
const upstream = (name, { baseUrl }, priority) => ({
  name,
  provider: 'openai',
  baseUrl,
  keys: [`sk-packed-${name}`],
  models: ['m'],
  priority,
});
const options = { upstreams: [upstream('broken', broken, 1), upstream('healthy', healthy, 2)] };
const question = { messages: [{ role: 'user', content: 'Hello' }] };

async function textOf(stream) {
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}

async function post(port) {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' });
  return response.json();
}

const ai = forExpress(options);
const app = express().use(ai);
app.post('/', async (req, res) =>
  res.json({ whole: (await req.ai.chat(question)).text, streamed: await textOf(await req.ai.stream(question)) }),
);
const expressServer = await new Promise((resolve) => {
  const server = app.listen(0, '127.0.0.1', () => resolve(server));
});

const koaAI = forKoa(options);
const koa = new Koa().use(koaAI).use(async (ctx) => {
  ctx.body = { whole: (await ctx.ai.chat(question)).text, streamed: await textOf(await ctx.ai.stream(question)) };
});
const koaServer = await new Promise((resolve) => {
  const server = koa.listen(0, '127.0.0.1', () => resolve(server));
});

const fast = fastify();
fast.register(forFastify, options);
fast.post('/', async (request) => ({
  whole: (await request.ai.chat(question)).text,
  streamed: await textOf(await request.ai.stream(question)),
}));
await fast.listen({ host: '127.0.0.1', port: 0 });

for (const server of [expressServer, koaServer, fast.server]) {
  assert.deepEqual(await post(server.address().port), { whole: TEXT, streamed: TEXT });
}

for (const server of [expressServer, koaServer]) {
  server.close();
  server.closeAllConnections();
}
fast.server.closeAllConnections();
await Promise.all([fast.close(), ai.failover.close(), koaAI.failover.close()]);
await Promise.all([broken.close(), healthy.close()]);
