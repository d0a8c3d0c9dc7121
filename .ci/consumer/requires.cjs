const assert = require('node:assert/strict');
const { aiFailover: forExpress } = require('@ai-failover/express');
const { aiFailover: forFastify } = require('@ai-failover/fastify');
const { aiFailover: forKoa } = require('@ai-failover/koa');
const { createTestFailover } = require('@ai-failover/testing');

for (const adapter of [forExpress, forFastify, forKoa]) assert.equal(typeof adapter, 'function');
createTestFailover({ reply: 'required' })
  .chat({ messages: [{ role: 'user', content: 'Hello' }] })
  .then((reply) => assert.equal(reply.text, 'required'));
