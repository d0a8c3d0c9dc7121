/** Pools that nobody calls, with everything of which something may be kept. */
import { createScriptedTransport, refuseConnection } from '../../../testing/src/index.js';
import { onTestFinished } from 'vitest';
import { now } from '../../src/clock.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { Check } from '../../src/health/check.js';
import { DiscoveredLists } from '../../src/pool/discovered-lists.js';
import { createPool } from '../../src/pool/create-pool.js';
import type { Deployment, Pool, Upstream } from '../../src/pool/pool.js';
import { collect, type Known } from '../../src/state/collect.js';
import { createSalt } from '../../src/state/fingerprint.js';
import { FORMAT, VERSION, type Snapshot } from '../../src/state/snapshot.js';

export const KEYS = ['sk-north-one-0123456789', 'sk-north-two-0123456789'];

export interface TestPool extends Known {
  readonly pool: Pool;
  readonly lists: DiscoveredLists;
  upstream(name: string): Upstream;
  deployment(id: string): Deployment;
  check(of: string): Check;
}

type Fields = Readonly<Record<string, unknown>>;

export function north(fields: Fields = {}): Fields {
  return {
    name: 'north',
    provider: 'openai',
    baseUrl: 'https://north.example/v1',
    keys: KEYS,
    models: ['m', 'n'],
    ...fields,
  };
}

export function poolOf(upstreams: readonly Fields[] = [north()], more: Fields = {}): TestPool {
  const pool = createPool(resolveOptions({ upstreams, ...more }), {
    createTransport: createScriptedTransport(() => refuseConnection()).createTransport,
    random: () => 0.5,
    onCircuitChange: () => {},
    onFree: () => {},
    onKeyFault: () => {},
    onLimitNews: () => {},
  });
  onTestFinished(() => pool.close());
  const checks = new Map<Upstream | Deployment, Check>();
  for (const upstream of pool.upstreams) {
    const { health: settings } = upstream.settings;
    if (settings !== undefined) checks.set(upstream, new Check({ upstream, deployment: undefined, settings }, now()));
  }
  const upstream = (name: string): Upstream => found(pool.upstreams.find(({ settings }) => settings.name === name));
  return {
    pool,
    lists: new DiscoveredLists(),
    health: { checkOf: (who) => checks.get(who) },
    upstream,
    deployment: (id) => found(pool.deployments.find((one) => one.id === id)),
    check: (of) => found(checks.get(upstream(of))),
  };
}

/** As a file has it. */
export function saved(known: Known, { at = now(), today = Date.now(), salt = createSalt() } = {}): Snapshot {
  const upstreams = collect(known, salt, at);
  return { format: FORMAT, version: VERSION, savedAt: today, clock: at, salt, upstreams };
}

function found<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new Error('there is none');
  return item;
}
