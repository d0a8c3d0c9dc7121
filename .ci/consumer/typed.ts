// Names complete and typing mistakes do not compile, without a cast, in each framework; as CommonJS under NodeNext. Checked, not run.
import { aiFailover as forExpress } from '@ai-failover/express';
import { aiFailover as forFastify } from '@ai-failover/fastify';
import { aiFailover as forKoa } from '@ai-failover/koa';
import { createTestFailover } from '@ai-failover/testing';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';

const options = {
  upstreams: [{ name: 'north', provider: 'openai', keys: ['sk-typed-0001'], models: ['gpt-4.1', 'gpt-4o'] }],
  chains: { default: ['gpt-4.1'], cheap: ['gpt-4o'] },
} as const;
const question = { messages: [{ role: 'user', content: 'Hello' }] } as const;

const ai = forExpress(options);
express()
  .use(ai, ai.with({ chain: 'cheap' }))
  .use('/v1', ai.endpoint())
  .post('/', async (req, res) => {
    const reply = await req.ai.chat(question);
    res.json({ text: reply.text.toUpperCase(), by: reply.failover.deployment });
  });
// @ts-expect-error: there is no such chain
ai.with({ chain: 'dear' });

const koa = forKoa(options);
new Koa().use(koa).use(async (ctx) => {
  ctx.body = (await ctx.ai.chat(question)).text;
});
// @ts-expect-error: there is no such chain
koa.with({ chain: 'dear' });

const app = fastify();
app.register(forFastify, options);
app.post('/', { config: { ai: { chain: 'cheap' } } }, async (request) => {
  for await (const { choices } of await request.ai.stream(question)) console.log(choices[0]?.delta.content);
  return (await request.ai.chat(question)).text;
});

createTestFailover({ reply: 'Hello' }).stream(question);
