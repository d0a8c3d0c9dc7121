/** Exchanges that were given up while they waited for a connection. */
import { expect, it } from 'vitest';
import { answer } from '../../../testing/src/index.ts';
import { connected } from './exchange.ts';

it('cost no connection when their turn comes', async () => {
  let answerFirst: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    answerFirst = resolve;
  });
  const { upstream, send } = await connected(
    [
      async () => {
        await first;
        return answer();
      },
      answer(),
    ],
    { connections: 1, timeouts: { pool: 20 } },
  );
  const exchange = send();
  await upstream.waitForRequest();
  const waiting = await Promise.all(Array.from({ length: 20 }, () => send().over));
  for (const { error } of waiting) expect(error).toEqual({ kind: 'timeout', phase: 'pool', limit: 20 });
  answerFirst();
  expect((await exchange.over).told.at(-1)).toBe('end');
  expect((await send().over).told.at(-1)).toBe('end');
  expect(upstream.connectionsMade).toBe(1);
  expect(upstream.requests).toHaveLength(2);
});
