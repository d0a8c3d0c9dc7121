/**
 * What readers that do not keep up cost the application: a thousand of them on streams that do not end, from an upstream that sends as
 * fast as it may. They come over a Unix socket, because its buffers are about as small as those of a connection to a reader far away:
 * over the loopback interface the kernel takes 4 MB of each stream before it says that the reader is slow.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { kilobytes } from './figures.ts';
import { startPart, type Part } from './processes.ts';
import { StreamClient } from './stream-client.ts';

const READERS = 1_000;
const ROUTES = { plain: 'plain', respond: 'respond' } as const;

/** Milliseconds in which what can move has come to rest. */
const SETTLING = 3_000;

/** So many times each reader takes what its connection holds at that moment, 64 KB at most, and so many milliseconds apart. */
const SIPS = 8;
const SIP_EVERY = 1_000;

type Memory = Pick<NodeJS.MemoryUsage, 'heapUsed' | 'external' | 'rss'>;

export async function benchSlowReaders(server: string): Promise<void> {
  console.log(`\nMemory of the application for each of ${READERS} slow readers, over ${server}`);
  console.log('route    readers             heap used      external   heap + external      resident');
  for (const [name, path] of Object.entries(ROUTES)) {
    const upstream = await startPart('./stream-upstream.ts');
    const socket = join(tmpdir(), `ai-failover-bench-${process.pid}-${name}.sock`);
    const app = await startPart('./stream-app.ts', { UPSTREAM_URL: upstream.url, SERVER: server, SOCKET: socket });
    try {
      await holdReaders(app, path, (readers, memory) => report(name, readers, memory));
    } finally {
      app.stop();
      upstream.stop();
    }
  }
}

async function holdReaders(app: Part, path: string, tell: (readers: string, memory: Memory) => void): Promise<void> {
  await readSome(app);
  const before = await memoryOf(app);
  const clients: StreamClient[] = [];
  const each = async (): Promise<Memory> => {
    const { heapUsed, external, rss } = await memoryOf(app);
    return {
      heapUsed: (heapUsed - before.heapUsed) / READERS,
      external: (external - before.external) / READERS,
      rss: (rss - before.rss) / READERS,
    };
  };
  try {
    // One after the other: a Unix socket refuses what its queue cannot hold.
    while (clients.length < READERS) {
      const client = new StreamClient(app.url, `/endless/${path}`);
      clients.push(client);
      await headOf(client);
    }
    await setTimeout(SETTLING);
    tell('take the head', await each());
    for (let sip = 0; sip < SIPS; sip += 1) {
      for (const { socket } of clients) socket.resume();
      await setTimeout(SIP_EVERY);
    }
    await setTimeout(SETTLING);
    tell('take little', await each());
  } finally {
    for (const client of clients) client.close();
  }
}

async function memoryOf(app: Part): Promise<Memory> {
  return (await app.ask('memory')) as Memory;
}

/** What is compiled and cached once is not to be counted. */
async function readSome(app: Part): Promise<void> {
  for (const path of Object.values(ROUTES)) {
    const clients = Array.from({ length: 20 }, () => new StreamClient(app.url, `/batched/${path}`));
    for (let time = 0; time < 20; time += 1) await Promise.all(clients.map((client) => client.ask()));
    for (const client of clients) client.close();
  }
}

/** Reads what comes first; from then on one piece whenever the socket is resumed. */
async function headOf(client: StreamClient): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.onPiece = () => {
      client.socket.pause();
      resolve();
    };
    client.ask().catch(reject);
  });
}

function report(name: string, readers: string, { heapUsed, external, rss }: Memory): void {
  const figures = [heapUsed, external, heapUsed + external, rss];
  const shown = figures.map((figure, index) => kilobytes(figure).padStart([12, 12, 16, 12][index] ?? 0));
  console.log([name.padEnd(7), readers.padEnd(15), ...shown].join('  '));
}
