/** What the ways of balancing add to a call: the engine without sockets, over tiers of one and of several members. */
import { createFailover, type BalanceOption, type CreateTransport, type Failover } from '@ai-failover/core';
import { median } from './figures.ts';

const CALLS = 4_000;
const SIZES = [1, 4, 16] as const;
type Way = Extract<BalanceOption, string>;

const WAYS: readonly Way[] = ['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'];

export async function benchBalance({ rounds }: { rounds: number }): Promise<void> {
  const times = new Map<string, number[]>();
  for (let round = -1; round < rounds; round += 1) {
    for (const size of SIZES) {
      for (const way of WAYS) {
        const time = await timePerCall(way, size);
        const name = nameOf(way, size);
        // The first round only warms up.
        if (round >= 0) times.set(name, [...(times.get(name) ?? []), time]);
      }
    }
  }
  console.log(
    `\nMicroseconds of CPU per call without a socket, medians of ${rounds} rounds of ${CALLS}, by members of the tier`,
  );
  console.log(['way'.padEnd(18), ...SIZES.map((size) => String(size).padStart(7))].join(''));
  for (const way of WAYS) {
    const row = SIZES.map((size) =>
      median(times.get(nameOf(way, size)) ?? [])
        .toFixed(1)
        .padStart(7),
    );
    console.log([way.padEnd(18), ...row].join(''));
  }
}

function nameOf(way: Way, size: number): string {
  return `${way} ${size}`;
}

async function timePerCall(balance: Way, size: number): Promise<number> {
  const upstreams = Array.from({ length: size }, (_, index) => ({
    name: `bench-${index}`,
    provider: 'openai' as const,
    keys: 'none' as const,
    models: { m: { price: { input: 1 + (index % 2), output: 2 } } },
  }));
  const failover = createFailover({ upstreams, balance }, { createTransport: ready });
  try {
    await ask(failover, CALLS / 8);
    const before = process.cpuUsage();
    await ask(failover, CALLS);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / CALLS;
  } finally {
    await failover.close();
  }
}

async function ask(failover: Failover<'m', 'default'>, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    await failover.chat({ messages: [{ role: 'user', content: 'Where is my order 4711?' }] }, { user: `user-${call}` });
  }
}

const BODY = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ready' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  }),
);

/** Answers at once, and keeps no record. */
const ready: CreateTransport = () => ({
  send(_wire, sink) {
    sink.onConnection();
    queueMicrotask(() => {
      sink.onHead(200, { 'content-type': 'application/json' });
      sink.onData(BODY);
      sink.onEnd();
    });
    return { abort() {}, pause() {}, resume() {} };
  },
  async close() {},
});
