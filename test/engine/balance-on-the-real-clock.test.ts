/** Fake timers stand still while a call is planned. The real clock goes on, and must change nothing. */
import { createTestFailover } from '@ai-failover/testing';
import { expect, it } from 'vitest';

const north = (name: string, weight: number) => ({
  name,
  provider: 'openai' as const,
  keys: 'none' as const,
  models: ['m'],
  weight,
});

it('shares the traffic by weight while the clock goes on', async () => {
  const options = { upstreams: [north('a', 3), north('b', 2), north('c', 1)] };
  const failover = createTestFailover({ reply: 'yes', options });
  const counts: Record<string, number> = {};
  for (let call = 0; call < 60; call += 1) {
    const { failover: report } = await failover.chat({ messages: [{ role: 'user', content: 'Hello' }] });
    const { deployment = 'nobody' } = report;
    counts[deployment] = (counts[deployment] ?? 0) + 1;
  }
  expect(counts).toEqual({ 'm@a': 30, 'm@b': 20, 'm@c': 10 });
  await failover.close();
});
