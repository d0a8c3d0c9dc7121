/** Quotas and status pages on real sockets: where keys go, and what hostile servers can do. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createFailover, type Failover, type FailoverOptions } from '@ai-failover/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { summary } from '../../packages/core/test/status-page/samples.ts';
import { startJsonServer, type JsonServer } from './json-server.ts';

const KEY = 'sk-north-0123456789';

type Upstream = FailoverOptions['upstreams'][number];

/** An engine whose first questions go out at once; closed after the test. */
function engine(upstream: Partial<Upstream>): Failover {
  const failover: Failover = createFailover<string, string, string>(
    {
      // Only what is tested is asked.
      health: false,
      upstreams: [
        { name: 'north', provider: 'openai', keys: [KEY, 'sk-other-0123456789'], models: ['m'], ...upstream },
      ],
    },
    { random: () => 0 },
  );
  failover.on('quota-low', () => {});
  onTestFinished(() => failover.close());
  return failover;
}

function ofNorth(failover: Failover) {
  const [north] = failover.status().upstreams;
  if (north === undefined) throw new Error('there is an upstream');
  return north;
}

async function eventually(expectation: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(expectation, { timeout: 5_000, interval: 5 });
}

async function expectNoConnection(server: JsonServer): Promise<void> {
  await eventually(async () => expect(await server.connections()).toBe(0));
}

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** Sends for as long as anybody reads. */
function pour(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"left":5,"more":"');
  const piece = 'x'.repeat(64 * 1024);
  const more = (): void => {
    while (!response.destroyed) if (!response.write(piece)) return;
  };
  response.on('drain', more);
  more();
}

describe('A quota', () => {
  it('is asked with the key and the headers of its upstream, without a body', async () => {
    const server = await startJsonServer((_request, response) => {
      json(response, { balance_infos: [{ total_balance: '12.50' }] });
    });
    const quota = { path: '/user/balance?of=me', remaining: '/balance_infos/0/total_balance', limit: 100 };
    const failover = engine({ baseUrl: `${server.origin}/v1`, headers: { 'x-team': 'shop' }, quota });
    await eventually(() => expect(ofNorth(failover).quota).toMatchObject({ remaining: 12.5, ratio: 0.125 }));
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'GET', url: '/user/balance?of=me' });
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-team': 'shop' });
    expect(request?.headers).not.toHaveProperty('content-type');
    expect(request?.headers).not.toHaveProperty('content-length');
    await failover.close();
    await expectNoConnection(server);
  });

  it('is not followed to another place, where the key would go along', async () => {
    const elsewhere = await startJsonServer((_request, response) => json(response, { left: 5 }));
    const server = await startJsonServer((_request, response) => {
      response.writeHead(302, { location: `${elsewhere.origin}/usage` }).end();
    });
    const failover = engine({ baseUrl: server.origin, quota: { path: '/usage', remaining: '/left', limit: 10 } });
    await eventually(() => expect(ofNorth(failover).quota?.failing).toContain('302'));
    expect(elsewhere.requests).toEqual([]);
  });

  it('is not read from a body without end, and the connection is given up', async () => {
    const server = await startJsonServer(pour);
    const failover = engine({ baseUrl: server.origin, quota: { path: '/usage', remaining: '/left', limit: 10 } });
    await eventually(() => expect(ofNorth(failover).quota?.failing).toContain('larger than 262144 bytes'));
    await expectNoConnection(server);
  });

  it('is given up after its time, and asked again', async () => {
    const server = await startJsonServer((_request, response, number) => {
      if (number > 1) json(response, { left: 5 });
    });
    const quota = { path: '/usage', remaining: '/left', limit: 10, timeout: 50, interval: 1_000 };
    const failover = engine({ baseUrl: server.origin, quota });
    await eventually(() => expect(ofNorth(failover).quota).toMatchObject({ remaining: 5, failures: 1 }));
  });

  it('quotes nothing of what a hostile server says', async () => {
    const server = await startJsonServer((request, response) => {
      response.writeHead(403, { 'content-type': 'application/json' });
      const code = String(request.headers.authorization).slice(7);
      response.end(JSON.stringify({ error: { message: `your key ${code}`, code, type: code } }));
    });
    const failover = engine({ baseUrl: server.origin, quota: { path: '/usage', remaining: '/left', limit: 10 } });
    await eventually(() => expect(ofNorth(failover).quota?.failures).toBe(1));
    expect(JSON.stringify(failover.status())).not.toContain(KEY);
  });

  it('is given up when the engine is closed in the middle of it', async () => {
    const server = await startJsonServer(() => {});
    const failover = engine({ baseUrl: server.origin, quota: { path: '/usage', remaining: '/left', limit: 10 } });
    await eventually(() => expect(server.requests).toHaveLength(1));
    await failover.close();
    await expectNoConnection(server);
    expect(ofNorth(failover).quota).toMatchObject({ failures: 0 });
  });

  it('may be two questions, which a function asks', async () => {
    const server = await startJsonServer((request, response) => {
      json(response, request.url?.endsWith('/usage') === true ? { total_usage: 9_150 } : { hard_limit_usd: 100 });
    });
    const failover = engine({
      quota: async ({ signal }) => {
        const ask = async (path: string): Promise<Record<string, number>> => {
          const answer = await fetch(`${server.origin}/v1/dashboard/billing/${path}`, { signal });
          return (await answer.json()) as Record<string, number>;
        };
        const [plan, used] = await Promise.all([ask('subscription'), ask('usage')]);
        const limit = plan['hard_limit_usd'] ?? 0;
        return { limit, remaining: limit - (used['total_usage'] ?? 0) / 100 };
      },
    });
    await eventually(() => expect(ofNorth(failover).quota).toMatchObject({ remaining: 8.5, limit: 100 }));
  });
});

describe('A status page', () => {
  const PATH = '/api/v2/summary.json';

  it('is asked without key, headers and cookies, on one connection of its own', async () => {
    const server = await startJsonServer((_request, response) => {
      response.writeHead(200, { 'set-cookie': 'a=b', etag: '"1"' }).end(summary({ indicator: 'major' }));
    });
    const failover = engine({ headers: { 'x-team': 'shop' }, statusPage: server.origin + PATH });
    await eventually(() => expect(ofNorth(failover).statusPage).toMatchObject({ indicator: 'major' }));
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'GET', url: PATH });
    expect(Object.keys(request?.headers ?? {}).toSorted()).toEqual(['accept', 'connection', 'host', 'user-agent']);
    expect(await server.connections()).toBe(1);
    await failover.close();
    await expectNoConnection(server);
  });

  it('that pours without end is given up', async () => {
    const server = await startJsonServer(pour);
    const failover = engine({ statusPage: server.origin + PATH });
    await eventually(() => expect(ofNorth(failover).statusPage?.failing).toContain('larger than 1048576 bytes'));
    await expectNoConnection(server);
  });

  it('that has moved says where to, and is not followed', async () => {
    const server = await startJsonServer((_request, response) => {
      response.writeHead(302, { location: 'https://status.elsewhere.example/api/v2/summary.json' }).end();
    });
    const failover = engine({ statusPage: server.origin + PATH });
    await eventually(() =>
      expect(ofNorth(failover).statusPage?.failing).toContain('redirects to https://status.elsewhere.example/api/v2'),
    );
  });

  it('that nobody answers for keeps the engine from nothing', async () => {
    const server = await startJsonServer(() => {});
    const failover = engine({ statusPage: server.origin + PATH });
    await eventually(() => expect(server.requests).toHaveLength(1));
    await failover.close();
    await expectNoConnection(server);
  });
});
