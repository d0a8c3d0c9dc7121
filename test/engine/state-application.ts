/** An application as a process of its own, for `state-restart.test.ts`: `GET` tells the status, `POST` asks; a SIGTERM ends it. */
import { createFailover } from '@ai-failover/core';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const { NORTH = '', SOUTH = '', STATE = '', PROBED_EVERY = '' } = process.env;
const interval = Number(PROBED_EVERY);

const of = (name: string, baseUrl: string, priority: number) =>
  ({ name, provider: 'openai', baseUrl, keys: ['sk-test-0123456789'], models: ['m'], priority }) as const;

const failover = createFailover({
  upstreams: [of('north', NORTH, 1), of('south', SOUTH, 2)],
  breaker: { consecutiveFailures: 2, openFor: 120_000 },
  health: { interval, busyInterval: interval, idleInterval: interval },
  state: { file: STATE },
});

const server = createServer((req, res) => {
  const answer =
    req.method === 'GET'
      ? Promise.resolve(failover.status())
      : failover.chat({ messages: [{ role: 'user', content: 'Hello' }] }).then(({ text }) => ({ text }));
  void answer.then((body) => res.setHeader('connection', 'close').end(JSON.stringify(body)));
});

process.once('SIGTERM', () => {
  server.close();
  void failover.close();
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`at http://127.0.0.1:${port}\n`);
});
