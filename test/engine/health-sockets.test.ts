/** Probes on real sockets: what an upstream sees of them. */
import { createFailover, type Failover, type FailoverOptions } from '@ai-failover/core';
import { answer, createFaultyUpstream, fail, modelList, raw, type FaultyUpstream } from '@ai-failover/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

let failover: Failover | undefined;
let upstreams: FaultyUpstream[] = [];

afterEach(async () => {
  await failover?.close();
  await Promise.all(upstreams.map((one) => one.close()));
  failover = undefined;
  upstreams = [];
});

const FAST = { interval: 30, busyInterval: 30, idleInterval: 30, timeout: 5_000 };

/** `P` before `S`, both with the model `m`. */
async function twoUpstreams(options: Partial<FailoverOptions>): Promise<readonly [FaultyUpstream, FaultyUpstream]> {
  const first = await createFaultyUpstream({ script: answer('from P') });
  const second = await createFaultyUpstream({ script: answer('from S') });
  upstreams = [first, second];
  const of = (name: string, { baseUrl }: FaultyUpstream, priority: number) => ({
    name,
    provider: 'openai' as const,
    baseUrl,
    keys: ['sk-test-0123456789'],
    models: ['m'],
    priority,
  });
  failover = createFailover<string, string, string>(
    { upstreams: [of('P', first, 1), of('S', second, 2)], ...options },
    { random: () => 0.5 },
  );
  return [first, second];
}

const call = async (): Promise<string> =>
  (await failover?.chat({ messages: [{ role: 'user', content: 'Hello' }] }))?.text ?? '';
const statusOf = (name: string) => failover?.status().upstreams.find((one) => one.name === name);
const patient = { timeout: 10_000, interval: 5 };

describe('Probes on the wire', () => {
  it('are zero where traffic flows', async () => {
    const [first, second] = await twoUpstreams({ health: { interval: 2_000, busyInterval: 200 } });
    while ((statusOf('P')?.probes?.spared ?? 0) < 2) expect(await call()).toBe('from P');
    expect(first.modelRequests).toHaveLength(0);
    expect(statusOf('P')?.probes).toMatchObject({ sent: 0, held: 0 });
    expect(second.requests).toHaveLength(0);
    await vi.waitFor(() => expect(second.modelRequests.length).toBeGreaterThan(2), patient);
    expect(second.modelRequests[0]).toMatchObject({ method: 'GET', path: '/v1/models', body: '' });
    expect(second.modelRequests[0]?.headers).toMatchObject({ authorization: 'Bearer sk-test-0123456789' });
  }, 30_000);

  it('move the traffic before a call has failed, and back', async () => {
    const [first] = await twoUpstreams({ health: { ...FAST, interval: 300 } });
    await first.refuse();
    await vi.waitFor(() => expect(statusOf('P')?.health.status).toBe('unhealthy'), patient);
    expect(await call()).toBe('from S');
    expect(failover?.status().deployments[0]).toMatchObject({ attempts: 0, circuit: { state: 'closed' } });
    await first.listen();
    await vi.waitFor(() => expect(statusOf('P')?.health.status).toBe('healthy'), patient);
    expect(await call()).toBe('from P');
    expect(first.requests).toHaveLength(1);
  });

  it('read of a list no more than they need, and use their connection again for a short one', async () => {
    const [first, second] = await twoUpstreams({ health: FAST });
    const ids = Array.from({ length: 40_000 }, (_, index) => `a-model-with-a-long-name-${index}`);
    first.scriptModels(modelList(ids));
    await vi.waitFor(() => {
      expect(first.modelRequests.filter(({ outcome }) => outcome !== undefined).length).toBeGreaterThan(2);
      expect(second.modelRequests.length).toBeGreaterThan(4);
    }, patient);
    expect(statusOf('P')?.health.status).toBe('healthy');
    expect(second.connectionsMade).toBe(1);
  });

  it('say nothing by a 404, and one connection that was closed while idle says nothing either', async () => {
    const [first, second] = await twoUpstreams({ health: FAST });
    first.scriptModels(fail(404));
    second.scriptModels(modelList(['m']).thenStale());
    await vi.waitFor(() => {
      expect(statusOf('P')?.probes?.history.checks).toBeGreaterThan(2);
      expect(statusOf('S')?.probes?.history.ok).toBeGreaterThan(3);
    }, patient);
    expect(statusOf('P')?.health.status).toBe('unknown');
    const history = statusOf('S')?.probes?.history;
    expect(history?.ok).toBe(history?.checks);
    expect(await call()).toBe('from P');
  });

  it('fail by bytes that are no HTTP', async () => {
    const [first] = await twoUpstreams({ health: FAST });
    first.scriptModels(raw('rubbish\r\n\r\n'));
    await vi.waitFor(() => expect(statusOf('P')?.health.status).toBe('unhealthy'), patient);
  });

  it('by one token are calls like others to the upstream, and none in our counts', async () => {
    const [first] = await twoUpstreams({ health: { ...FAST, probe: 'chat' } });
    await vi.waitFor(() => expect(first.requests.length).toBeGreaterThan(2), patient);
    expect(first.modelRequests).toHaveLength(0);
    expect(first.requests[0]?.json()).toMatchObject({ model: 'm', max_tokens: 1 });
    const [deployment] = failover?.status().deployments ?? [];
    expect(deployment).toMatchObject({
      attempts: 0,
      health: { status: 'healthy' },
      probes: { probe: 'chat', cost: 0 },
    });
    expect(failover?.status().calls.total).toBe(0);
  });

  it('under way end with close()', async () => {
    const [first] = await twoUpstreams({ health: FAST });
    first.scriptModels(answer({ body: '{}' }));
    await vi.waitFor(() => expect(first.modelRequests.length).toBeGreaterThan(1), patient);
    await failover?.close();
    const sent = first.modelRequests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(first.modelRequests).toHaveLength(sent);
  });
});
