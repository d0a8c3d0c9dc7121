const assert = require('node:assert/strict');
const { aiFailover: forExpress, createFailover } = require('@ai-failover/express');
const { aiFailover: forFastify } = require('@ai-failover/fastify');
const { aiFailover: forKoa } = require('@ai-failover/koa');
const { createFaultyUpstream, fail, reply } = require('@ai-failover/testing');

for (const adapter of [forExpress, forFastify, forKoa]) assert.equal(typeof adapter, 'function');

async function callModel() {
  const upstream = await createFaultyUpstream({ script: [fail(503), reply('required')] });
  const failover = createFailover({
    upstreams: [
      { name: 'faulty', provider: 'openai', baseUrl: upstream.baseUrl, keys: ['sk-packed-required'], models: ['m'] },
    ],
  });
  const { text } = await failover.chat({ messages: [{ role: 'user', content: 'Hello' }] });
  assert.deepEqual([text, upstream.requests.length], ['required', 2]);
  await failover.close();
  await upstream.close();
}

void callModel();
