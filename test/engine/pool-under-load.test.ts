/** Calls on real sockets while upstreams come, go and change: none of them is lost. */
import { createFailover, type Failover, type FailoverOptions } from '@ai-failover/core';
import { answer, createFaultyUpstream, stream, type FaultyUpstream } from '@ai-failover/testing';
import { expect, it, onTestFinished } from 'vitest';

const CALLERS = 16;
const CHANGES = 60;

async function start(): Promise<FaultyUpstream> {
  const upstream = await createFaultyUpstream({
    script: (request) =>
      request.json()['stream'] === true
        ? stream('streamed in several pieces', { interval: 3 })
        : answer('whole').after(Math.random() * 10),
  });
  onTestFinished(() => upstream.close());
  return upstream;
}

it('answers every call, whole and streamed, while the pool changes', async () => {
  const [north, south, east] = await Promise.all([start(), start(), start()]);
  const options = (name: string, { baseUrl }: FaultyUpstream): FailoverOptions['upstreams'][number] => ({
    name,
    provider: 'openai',
    baseUrl,
    keys: 'none',
    models: ['m'],
  });
  const failover: Failover = createFailover<string, string, string>({
    upstreams: [options('north', north), options('south', south)],
  });
  const going = { on: true };
  let answered = 0;

  async function caller(number: number): Promise<void> {
    const messages = [{ role: 'user', content: 'Hello' }] as const;
    while (going.on) {
      if (number % 2 === 0) {
        const reply = await failover.chat({ messages });
        expect(reply.text).toBe('whole');
      } else {
        const answers = await failover.stream({ messages });
        let text = '';
        for await (const { choices } of answers) text += choices[0]?.delta.content ?? '';
        expect(text).toBe('streamed in several pieces');
        expect(await answers.finished).toMatchObject({ status: 'done' });
      }
      answered += 1;
    }
  }

  async function change(): Promise<void> {
    const gone: Promise<void>[] = [];
    for (let number = 0; number < CHANGES; number += 1) {
      const { pool } = failover;
      await pool.add(options('east', east));
      gone.push(pool.remove('north'));
      gone.push(pool.update('south', { weight: 1 + (number % 3), connections: 4 + (number % 2) }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      await pool.add(options('north', north));
      gone.push(pool.update('south', { baseUrl: [south, east][number % 2]?.baseUrl }));
      gone.push(pool.remove('east'));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    going.on = false;
    await Promise.all(gone);
  }

  await Promise.all([change(), ...Array.from({ length: CALLERS }, (_, number) => caller(number))]);
  expect(answered).toBeGreaterThan(CHANGES);
  const { calls, deployments } = failover.status();
  expect(calls).toMatchObject({ answered, inFlight: 0, canned: 0, failed: 0 });
  expect(deployments.map(({ id }) => id)).toEqual(['m@south', 'm@north']);
  await failover.close();
  // Nothing of those who have left is open any more.
  for (const upstream of [north, south, east]) await expect.poll(() => upstream.connections).toBe(0);
});
