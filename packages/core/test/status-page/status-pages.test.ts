/** Pages on real sockets, asked more often than the options allow. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.ts';
import type { UpstreamSettings } from '../../src/config/settings.ts';
import { createEvents } from '../../src/create-events.ts';
import type { FailoverEvents } from '../../src/events.ts';
import { createStatusPages } from '../../src/status-page/status-pages.ts';
import { createUndiciTransport } from '../../src/transport/undici-transport.ts';
import { expectSockets } from '../transport/exchange.ts';
import { summary } from './samples.ts';

afterEach(() => expectSockets(0));

/** A page that has a new etag whenever its text changes. */
async function startPage() {
  const asked: IncomingHttpHeaders[] = [];
  const statuses: number[] = [];
  let text = summary();
  let etag = 1;
  const server = createServer(({ headers }, response) => {
    asked.push(headers);
    const isKnown = headers['if-none-match'] === `"${etag}"`;
    statuses.push(isKnown ? 304 : 200);
    response.writeHead(isKnown ? 304 : 200, { etag: `"${etag}"` }).end(isKnown ? undefined : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/api/v2/summary.json`;
  const change = (to: string): void => {
    text = to;
    etag += 1;
  };
  return { url, asked, statuses, change };
}

function settings(name: string, url: string, components?: readonly string[]): UpstreamSettings {
  const [first] = resolveOptions({ upstreams: [{ name, provider: 'openai', keys: 'none', models: ['m'] }] }).upstreams;
  if (first === undefined) throw new Error('there is an upstream');
  return { ...first, statusPage: { url, components, interval: 20 } };
}

function watch() {
  const events = createEvents();
  const changes: FailoverEvents['status-page-changed'][] = [];
  events.on('status-page-changed', (change) => changes.push(change));
  const pages = createStatusPages({ createTransport: createUndiciTransport, events, random: () => 0 });
  onTestFinished(() => pages.close());
  const indicator = (upstream: string) => pages.snapshot(upstream, performance.now())?.indicator;
  return { pages, changes, indicator };
}

async function eventually(expectation: () => void): Promise<void> {
  await vi.waitFor(expectation, { timeout: 5_000, interval: 5 });
}

describe('status pages', () => {
  it('are sent again only when they have changed', async () => {
    const page = await startPage();
    const { pages, changes, indicator } = watch();
    pages.follow([settings('P', page.url)]);
    await eventually(() => expect(page.statuses.slice(0, 3)).toEqual([200, 304, 304]));
    expect(indicator('P')).toBe('none');
    page.change(summary({ indicator: 'minor' }));
    await eventually(() => expect(indicator('P')).toBe('minor'));
    expect(changes).toMatchObject([{ from: 'none', to: 'minor' }]);
    expect(page.statuses.filter((status) => status === 200)).toHaveLength(2);
    await pages.close();
  });

  it('are read for whoever comes later, although they have not changed', async () => {
    const page = await startPage();
    page.change(summary({ components: [{ name: 'API', status: 'major_outage' }] }));
    const { pages, indicator } = watch();
    pages.follow([settings('P', page.url)]);
    await eventually(() => expect(page.statuses).toContain(304));
    pages.follow([settings('P', page.url), settings('S', page.url, ['API'])]);
    await eventually(() => expect([indicator('P'), indicator('S')]).toEqual(['none', 'critical']));
    await pages.close();
  });

  it('are asked until the last one has gone who looked at them', async () => {
    const page = await startPage();
    const { pages, indicator } = watch();
    pages.follow([settings('P', page.url), settings('S', page.url)]);
    await eventually(() => expect(indicator('S')).toBe('none'));
    pages.follow([settings('S', page.url)]);
    const before = page.asked.length;
    await eventually(() => expect(page.asked.length).toBeGreaterThan(before));
    expect([indicator('P'), indicator('S')]).toEqual([undefined, 'none']);
    pages.follow([settings('S', page.url, ['API']), settings('T', page.url)]);
    await eventually(() => expect(indicator('T')).toBe('none'));
    pages.follow([]);
    await expectSockets(0);
    const after = page.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(page.asked.length).toBe(after);
    await pages.close();
  });
});
