/**
 * What the engine costs. Ratios against plain undici in the same run; the machine's own speed does not matter.
 * `pnpm bench` runs all of it; `pnpm bench routes` one part; `--rounds N` and `--seconds N` set the length. Of the parts with streams,
 * `--server http` leaves Express out, `--ways separate,batched,paced` chooses how the upstream sends, and `--profile` says where the
 * time goes.
 */
import { parseArgs } from 'node:util';
import { benchAdapters } from './adapters.ts';
import { benchBalance } from './balance.ts';
import { benchHeapAfterMany, benchHeapInFlight, benchIdle, benchLimitedLane } from './engine.ts';
import { benchFirstContent } from './first-content.ts';
import { benchRegions } from './regions.ts';
import { benchRoutes } from './routes.ts';
import { benchSlowReaders } from './slow-readers.ts';
import { benchStreams } from './streams.ts';
import { benchTokens } from './tokens.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string' },
    server: { type: 'string', default: 'express' },
    ways: { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
  },
});

const parts: Record<string, () => Promise<void>> = {
  routes: () => benchRoutes({ rounds: Number(values.rounds), seconds: Number(values.seconds ?? 3) }),
  streams: () =>
    benchStreams({
      rounds: Number(values.rounds),
      seconds: Number(values.seconds ?? 1),
      server: values.server,
      ways: values.ways.split(',').filter(Boolean),
      profile: values.profile,
    }),
  'first-content': () => benchFirstContent(values.server),
  'slow-readers': () => benchSlowReaders(values.server),
  adapters: benchAdapters,
  tokens: benchTokens,
  balance: () => benchBalance({ rounds: Number(values.rounds) }),
  lane: benchLimitedLane,
  flight: benchHeapInFlight,
  many: benchHeapAfterMany,
  idle: benchIdle,
  regions: benchRegions,
};

const chosen = positionals.length > 0 ? positionals : Object.keys(parts);
for (const name of chosen) {
  const part = parts[name];
  if (part === undefined) throw new Error(`unknown part ${name}; there are ${Object.keys(parts).join(', ')}`);
  await part();
}
