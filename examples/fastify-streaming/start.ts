/** Starts the service, at the port that the environment names, and lets its page break the emulated upstreams. */
import { openUpstreams, tellFailovers } from '@ai-failover-examples/upstreams';
import { createApp } from './app.ts';

const upstreams = await openUpstreams();
const app = await createApp(upstreams);
tellFailovers(app.ai.failover);

app.get('/upstreams', async () => upstreams.emulated.map(({ name, broken }) => ({ name, broken })));
for (const upstream of upstreams.emulated) {
  for (const action of ['break', 'mend'] as const) {
    app.post(`/upstreams/${upstream.name}/${action}`, async (_request, reply) => {
      upstream[action]();
      return reply.code(204).send();
    });
  }
}

const url = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? '8080') });
console.log(`The page is at ${url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());

async function close(): Promise<void> {
  await app.close(); // With it the engine: calls under way end.
  await upstreams.close();
}
