/** One Express application with the same route three times: plain undici, `req.ai.chat()`, and `ai.respond()`. */
import { aiFailover } from '@ai-failover/express';
import express from 'express';
import { Pool } from 'undici';
import { answerQuestions, reportAddress } from './processes.ts';
import { createProfiler } from './profile.ts';

const upstreamUrl = process.env['UPSTREAM_URL'] ?? '';
const pool = new Pool(upstreamUrl, { headersTimeout: 0, bodyTimeout: 0 });
const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench-0123456789' };

const ai = aiFailover({
  upstreams: [
    {
      name: 'bench',
      provider: 'openai',
      baseUrl: `${upstreamUrl}/v1`,
      keys: ['sk-bench-0123456789'],
      models: ['gpt-4.1'],
      limits: { requestsPerMinute: 100_000_000, tokensPerMinute: 100_000_000_000, concurrency: 100_000 },
    },
  ],
  cannedReply: 'Please try again later.',
});
let heard = 0;
ai.failover.onAny(() => {
  heard += 1;
});

// In `test`, Express does not log the requests that the end of a round cuts off.
const app = express().set('env', 'test').disable('x-powered-by').use(express.json());
app.post('/plain', async (req, res) => {
  const body = JSON.stringify({ model: 'gpt-4.1', messages: req.body.messages });
  const { body: answer } = await pool.request({ path: '/v1/chat/completions', method: 'POST', headers, body });
  res.json(await answer.json());
});
app.post('/chat', ai, async (req, res) => {
  res.json(await req.ai.chat({ messages: req.body.messages }));
});
app.post(
  '/respond',
  ai.respond((req) => ({ messages: req.body.messages })),
);

const profiler = createProfiler();
answerQuestions(async (question) => {
  switch (question) {
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case 'profile':
      await profiler.start();
      return 'started';
    case 'profiled':
      return profiler.stop();
    default:
      return heard;
  }
});
const server = app.listen(0, '127.0.0.1', () => reportAddress(server));
server.keepAliveTimeout = 60_000;
