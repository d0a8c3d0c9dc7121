/** In real time, because a virtual clock cannot show that a lease comes when it is due. */
import { createFailover } from '@ai-failover/core';
import { answerWith, createScriptedTransport } from '@ai-failover/testing';
import { expect, it } from 'vitest';

const PER_MINUTE = 600;
const SECONDS = 30;

it('uses at least 98 % of 600 requests a minute under 30 seconds of overload, and never more than it may', async () => {
  const transport = createScriptedTransport(() => answerWith('served'));
  const failover = createFailover(
    {
      upstreams: [
        { name: 'P', provider: 'openai', keys: 'none', models: ['m'], limits: { requestsPerMinute: PER_MINUTE } },
      ],
      cannedReply: 'busy',
    },
    { createTransport: transport.createTransport },
  );
  const start = performance.now();
  const calls: Promise<unknown>[] = [];
  // Half as much again as may pass.
  while (performance.now() - start < SECONDS * 1000) {
    calls.push(failover.chat({ messages: [{ role: 'user', content: 'Hello' }] }));
    await new Promise((resolve) => setTimeout(resolve, (60_000 / PER_MINUTE) * (2 / 3)));
  }
  const served = transport.requests.map(({ at }) => at - start).filter((at) => at <= SECONDS * 1000);
  await Promise.all(calls);
  await failover.close();

  const capacity = PER_MINUTE / 6;
  const allowed = (milliseconds: number): number => capacity + (PER_MINUTE * milliseconds) / 60_000;
  for (const [index, from] of served.entries()) {
    for (let to = index; to < served.length; to += 1) {
      expect(to - index + 1).toBeLessThanOrEqual(allowed((served[to] ?? 0) - from) + 1);
    }
  }
  expect(served.length).toBeGreaterThanOrEqual(0.98 * allowed(SECONDS * 1000));
}, 60_000);
