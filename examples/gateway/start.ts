/** An OpenAI-compatible gateway: clients in any language point at it, and what they ask fails over. */
import { openUpstreams, tellFailovers } from '@ai-failover-examples/upstreams';
import { aiFailover } from '@ai-failover/express';
import express from 'express';

const { GATEWAY_KEY = 'key-of-the-gateway', PORT = '8080' } = process.env;
const upstreams = await openUpstreams();

const ai = aiFailover({
  upstreams: [
    { name: 'north', provider: 'openai', ...upstreams.north, models: ['gpt-4.1', 'gpt-4.1-mini'], priority: 1 },
    { name: 'south', provider: 'openai', ...upstreams.south, models: ['gpt-4.1', 'gpt-4.1-mini'], priority: 2 },
  ],
  chains: { default: ['gpt-4.1', 'gpt-4.1-mini'], cheap: ['gpt-4.1-mini'] },
});
tellFailovers(ai.failover);

const app = express();
app.use('/v1', ai.endpoint({ authorize: (req) => req.get('authorization') === `Bearer ${GATEWAY_KEY}` }));

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object')
    console.log(`The gateway is at http://127.0.0.1:${address?.port}/v1, its key is ${GATEWAY_KEY}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());

async function close(): Promise<void> {
  server.close(); // No new requests; those under way end.
  await ai.failover.close();
  await upstreams.close();
}
