/** Starts the service, at the port that the environment names. */
import { openUpstreams, tellFailovers } from '@ai-failover-examples/upstreams';
import { createService } from './app.ts';

const upstreams = await openUpstreams();
const { app, failover } = createService(upstreams);
tellFailovers(failover);

const server = app.listen(Number(process.env['PORT'] ?? '8080'), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`The service is at http://127.0.0.1:${address?.port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());

async function close(): Promise<void> {
  server.close(); // No new requests; those under way end.
  await failover.close();
  await upstreams.close();
}
