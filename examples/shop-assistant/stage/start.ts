/** Builds the whole stage: emulated upstreams, the shop with its pool pointing at them, and the live panel. */
import type { Server } from 'node:http';
import type { Failover } from '@ai-failover/core';
import express from 'express';
import { createShop } from '../app.ts';
import { shopOptions } from '../options.ts';
import { controlPanel } from './panel.ts';
import { Traffic } from './traffic.ts';
import { startUpstream, type EmulatedUpstream } from './upstream.ts';

export interface Stage {
  /** Of the shop. */
  readonly url: string;
  readonly failover: Failover;
  readonly upstreams: readonly EmulatedUpstream[];
  /** Shoppers, who come when they are started. */
  readonly traffic: Traffic;
  close(): Promise<void>;
}

/** Everything listens on 127.0.0.1 only, on free ports unless `port` names one for the shop. */
export async function startStage({ port = 0 }: { readonly port?: number } = {}): Promise<Stage> {
  // First, so that nothing else has been started when the port is taken.
  const site = express();
  const server = await listen(site, port);
  const url = addressOf(server);

  const [north, south, budget] = await Promise.all([
    startUpstream({ name: 'north', keys: ['demo-key-of-north-3f2a', 'demo-key-of-north-9c1e'], latency: 60 }),
    startUpstream({ name: 'south', keys: ['demo-key-of-south-77b0'], latency: 90 }),
    startUpstream({ name: 'budget', keys: ['demo-key-of-budget-e4d8'], latency: 40 }),
  ]);
  const upstreams = [north, south, budget];
  const { app, failover } = createShop(shopOptions({ north, south, budget }));
  const traffic = new Traffic(url);
  const trafficOfPage = new Traffic(url);
  site.use('/panel', controlPanel({ failover, upstreams, traffic: trafficOfPage }));
  site.use(app);

  return {
    url,
    failover,
    upstreams,
    traffic,
    async close() {
      await Promise.all([traffic.stop(), trafficOfPage.stop()]);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections(); // Pages that watch the events would keep it open.
      await closed;
      await failover.close();
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
}

function listen(site: express.Express, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = site.listen(port, '127.0.0.1');
    server.once('listening', () => resolve(server));
    server.once('error', reject);
  });
}

function addressOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The shop listens on no port');
  return `http://127.0.0.1:${address.port}`;
}
