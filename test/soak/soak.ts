/** Mixed faults and leaving clients over real sockets for a while: what came of every call, and what is left of it all. */
import { Agent, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFailover, type EventName } from '@ai-failover/core';
import { aiFailover } from '@ai-failover/express';
import express from 'express';
import { CANNED, CLIENTS, type Got } from './clients.ts';
import { createDice } from '../setup/dice.ts';
import { startUpstream } from './faults.ts';

/** Each call has exactly one of these; a degraded one counts where it is canned. */
const OUTCOMES: ReadonlySet<EventName> = new Set<EventName>(['call-answered', 'call-failed', 'call-aborted']);

const AT_ONCE = 24;

export interface SoakReport {
  readonly got: Readonly<Record<Got, number>>;
  readonly calls: number;
  /** Calls that ended more than once, or never. */
  readonly strange: readonly string[];
  readonly inFlight: {
    readonly calls: number;
    readonly attempts: number;
    readonly retries: number;
    readonly waiting: number;
  };
  /** Bytes after garbage collection: when the machinery was warm, and at the end. */
  readonly heap: { readonly warm: number; readonly end: number };
}

export async function soak({ seconds, seed }: { seconds: number; seed: number }): Promise<SoakReport> {
  const dice = createDice(seed);
  const upstreams = await Promise.all([0.3, 0.15, 0.15].map((faults) => startUpstream(dice, faults)));
  const failover = createFailover<string, string, string>({
    upstreams: upstreams.map(({ baseUrl }, index) => ({
      name: `U${index + 1}`,
      provider: 'openai',
      baseUrl,
      keys: [`sk-soak-${index}-a-0123456789`, `sk-soak-${index}-b-0123456789`],
      models: index === 2 ? { small: { prefill: true } } : { big: { prefill: true }, small: {} },
      priority: index + 1,
      limits: { concurrency: 20, requestsPerMinute: 600_000 },
    })),
    chains: { default: ['big', 'small'] },
    cannedReply: CANNED,
    timeouts: { firstContent: 300, betweenChunks: 200, unary: 300, unaryPerOutputToken: 0 },
    breaker: { openFor: 200, maxOpenFor: 500, consecutiveFailures: 8 },
    retry: { baseDelay: 5, overloadedBaseDelay: 10, maxDelay: 20 },
    raceAfter: 60,
    queueWait: 300,
  });
  const ends = countEnds(failover);
  const server = await serve(failover);
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  const surroundings = { failover, port, agent, dice };
  const got: Record<Got, number> = { whole: 0, canned: 0, refused: 0, left: 0 };
  let warm = 0;

  async function client(until: number): Promise<void> {
    while (performance.now() < until) {
      const ask = CLIENTS[Math.floor(dice() * CLIENTS.length)];
      if (ask !== undefined) got[await ask(surroundings)] += 1;
    }
  }
  const run = (for_: number): Promise<unknown> => {
    const until = performance.now() + for_ * 1_000;
    return Promise.all(Array.from({ length: AT_ONCE }, () => client(until)));
  };

  try {
    for (let second = 0; second < seconds; second += 5) {
      await run(Math.min(5, seconds - second));
      for (const upstream of upstreams) upstream.forget();
      ends.forgetEnded();
      if (second <= seconds / 4) warm = await heapAtRest();
    }
    const end = await heapAtRest();
    const { calls, retryBudget, waiting, deployments } = await idle(failover);
    const attempts = deployments.reduce((sum, { inFlight }) => sum + inFlight, 0);
    const inFlight = { calls: calls.inFlight, attempts, retries: retryBudget.inUse, waiting };
    return { got, calls: ends.calls(), strange: ends.strange(), inFlight, heap: { warm, end } };
  } finally {
    agent.destroy();
    await failover.close({ timeout: 1_000 });
    await new Promise((resolve) => server.close(resolve));
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  }
}

type Engine = ReturnType<typeof createFailover<string, string, string>>;

function countEnds(failover: Engine): { calls(): number; strange(): string[]; forgetEnded(): void } {
  const ended = new Map<string, number>();
  const strange: string[] = [];
  let calls = 0;
  failover.on('call-started', ({ callId }) => {
    calls += 1;
    ended.set(callId, 0);
  });
  const end = ({ callId }: { readonly callId: string }): void => void ended.set(callId, (ended.get(callId) ?? 1) + 1);
  for (const name of OUTCOMES) failover.on(name as 'call-aborted', end);
  failover.on('call-degraded', (event) => {
    if (event.degraded === 'canned') end(event);
  });
  return {
    calls: () => calls,
    strange: () => [
      ...strange,
      ...[...ended].filter(([, times]) => times !== 1).map(([id, times]) => `${id}: ${times}`),
    ],
    forgetEnded() {
      for (const [id, times] of ended) {
        if (times > 1) strange.push(`${id}: ${times}`);
        if (times > 0) ended.delete(id);
      }
    },
  };
}

async function serve(failover: Engine): Promise<Server> {
  const app = express();
  const ai = aiFailover(failover);
  app.use('/v1', ai.endpoint());
  app.use(express.json(), ai);
  app.post(
    '/respond',
    ai.respond((req) => req.body),
  );
  app.post('/chat', async (req, res) => void res.json(await req.ai.chat(req.body)));
  app.use((error: { status?: number }, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(error.status ?? 500).end();
  });
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** Trials that were overtaken may go on for a moment. */
async function idle(failover: Engine): Promise<ReturnType<Engine['status']>> {
  for (let tries = 0; ; tries += 1) {
    const status = failover.status();
    if (tries === 40 || status.deployments.every(({ inFlight }) => inFlight === 0)) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function heapAtRest(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  for (let times = 0; times < 3; times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (typeof collect === 'function') collect();
  }
  return process.memoryUsage().heapUsed;
}
