/** Many keys, and keys that change, on real sockets. */
import { createFailover, type FailoverOptions } from '@ai-failover/core';
import { answer, createFaultyUpstream, fail, type ReceivedRequest, type Script } from '@ai-failover/testing';
import { expect, it, onTestFinished } from 'vitest';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] } as const;

const keyOf = ({ headers }: ReceivedRequest): string => String(headers['authorization']).slice('Bearer '.length);

async function engine(script: Script, keys: FailoverOptions['upstreams'][number]['keys']) {
  const P = await createFaultyUpstream({ script });
  const failover = createFailover({
    upstreams: [{ name: 'P', provider: 'openai', baseUrl: P.baseUrl, keys, models: ['m'] }],
  });
  const told: [string, unknown][] = [];
  failover.onAny((name: string, event: unknown) => told.push([name, event]));
  onTestFinished(async () => {
    await failover.close();
    await P.close();
  });
  const named = (name: string) => told.filter(([one]) => one === name).map(([, event]) => event);
  return { P, failover, named };
}

it('twenty keys that all meet 429 at once are one rest of their upstream, and all serve after it', async () => {
  let limited = true;
  const keys = Array.from({ length: 20 }, (_, index) => `sk-key-${index}-0123456789`);
  const { P, failover, named } = await engine(
    () => (limited ? fail(429, { headers: { 'retry-after-ms': '400' } }).after(20) : answer('yes')),
    keys,
  );
  const refused = Array.from({ length: 20 }, () => failover.chat(QUESTION, { maxAttempts: 1 }));
  const outcomes = await Promise.allSettled(refused);
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect(new Set(P.requests.map(keyOf)).size).toBe(20);
  expect(named('account-limited')).toHaveLength(1);
  const [upstream] = failover.status().upstreams;
  expect(upstream?.rest?.reason).toBe('rate-limited');
  expect(upstream?.keys.every(({ rest }) => rest === undefined)).toBe(true);
  const { lanes = [] } = failover.status().deployments[0] ?? {};
  expect(new Set(lanes.map(({ rest }) => rest?.remaining)).size).toBe(1);

  limited = false;
  P.forget();
  const replies = await Promise.all(Array.from({ length: 20 }, () => failover.chat(QUESTION)));
  expect(replies.every(({ text }) => text === 'yes')).toBe(true);
  expect(new Set(P.requests.map(keyOf)).size).toBe(20);
});

it('a token that is replaced in the middle of traffic fails no call, and its function is asked once for each', async () => {
  let good = 1;
  let asked = 0;
  const token = async () => {
    asked += 1;
    const now = good;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return `token-number-${now}`;
  };
  const { P, failover, named } = await engine(
    (request) => (keyOf(request) === `token-number-${good}` ? answer('yes').after(2) : fail(401)),
    [token],
  );
  const calls: Promise<{ text: string }>[] = [];
  for (let count = 0; count < 300; count += 1) {
    if (count === 150) good = 2;
    calls.push(failover.chat(QUESTION));
    if (count % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const replies = await Promise.all(calls);
  expect(replies.every(({ text }) => text === 'yes')).toBe(true);
  expect(asked).toBe(2);
  expect(named('credential-rejected')).toEqual([]);
  expect(new Set(P.requests.map(keyOf))).toEqual(new Set(['token-number-1', 'token-number-2']));
});
