/** Two upstreams for an example: real ones where the environment has keys, else emulated ones that can be broken. */
import type { Failover } from '@ai-failover/core';
import { startEmulation, type EmulatedUpstream } from './emulated-upstream.ts';

/** Where an upstream is, and its keys: as `upstreams` of the options have them. */
export interface Connection {
  readonly baseUrl: string;
  readonly keys: readonly string[];
}

export interface Upstreams {
  readonly north: Connection;
  readonly south: Connection;
  /** Those that can be broken and mended; none when the upstreams are real. */
  readonly emulated: readonly EmulatedUpstream[];
  close(): Promise<void>;
}

const OPENAI = 'https://api.openai.com/v1';

export async function openUpstreams(): Promise<Upstreams> {
  return realUpstreams() ?? (await emulatedUpstreams());
}

/** Prints whatever happens to calls that did not go straight on. */
export function tellFailovers(failover: Failover): void {
  failover.on('attempt-failed', ({ deployment, message }) => console.log(`  ${deployment}: ${message}`));
  failover.on('stream-continued', ({ to, sentCharacters }) =>
    console.log(`  ${to} goes on after ${sentCharacters} characters`),
  );
  failover.on('call-answered', ({ chain, deployment, failedOver }) =>
    console.log(`${chain}: ${deployment} answered${failedOver ? ' instead' : ''}`),
  );
}

function realUpstreams(): Upstreams | undefined {
  const { NORTH_KEY, NORTH_URL = OPENAI, SOUTH_KEY = NORTH_KEY, SOUTH_URL = NORTH_URL } = process.env;
  if (NORTH_KEY === undefined || SOUTH_KEY === undefined) return undefined;
  return {
    north: { baseUrl: NORTH_URL, keys: [NORTH_KEY] },
    south: { baseUrl: SOUTH_URL, keys: [SOUTH_KEY] },
    emulated: [],
    close: async () => {},
  };
}

async function emulatedUpstreams(): Promise<Upstreams> {
  const [north, south] = await Promise.all([startEmulation('north'), startEmulation('south')]);
  const emulated = [north, south];
  for (const { name, url } of emulated) {
    console.log(`${name} is emulated; break it: curl -X POST ${url}/break, mend it: curl -X POST ${url}/mend`);
  }
  return {
    north: north.connection,
    south: south.connection,
    emulated,
    async close() {
      await Promise.all(emulated.map((upstream) => upstream.close()));
    },
  };
}
