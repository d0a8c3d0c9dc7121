/** Streamed answers through one application: piped unread by plain undici, and by the engine, in turn, several rounds. */
import { median, percent } from './figures.ts';
import { startPart, type Part } from './processes.ts';
import type { TimeByPlace } from './profile.ts';
import { StreamClient } from './stream-client.ts';

const CONNECTIONS = 64;

const ROUTES = { plain: 'plain', respond: 'respond', endpoint: 'chat/completions' } as const;
type Route = keyof typeof ROUTES;
const NAMES = Object.keys(ROUTES) as Route[];

/** How the upstream sends the 200 events of an answer. */
const WAYS = {
  separate: 'each event by itself, as fast as they go',
  batched: '20 events at a time, as fast as they go',
  paced: 'each event by itself, 5 ms apart',
} as const;
type Way = keyof typeof WAYS;

interface Round {
  /** Streams per second. */
  readonly rate: number;
  /** Microseconds of the application's CPU time per stream. */
  readonly cpu: number;
}

export interface StreamSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly server: string;
  readonly ways: readonly string[];
  readonly profile: boolean;
}

export async function benchStreams(settings: StreamSettings): Promise<void> {
  const upstream = await startPart('./stream-upstream.ts');
  const app = await startPart('./stream-app.ts', { UPSTREAM_URL: upstream.url, SERVER: settings.server });
  try {
    for (const way of Object.keys(WAYS) as Way[]) {
      if (settings.ways.length === 0 || settings.ways.includes(way)) await benchWay(app, way, settings);
    }
  } finally {
    app.stop();
    upstream.stop();
  }
}

async function benchWay(app: Part, way: Way, { rounds, seconds, server, profile }: StreamSettings): Promise<void> {
  for (const name of NAMES) await load(app, `/${way}/${ROUTES[name]}`, 1);
  const results = new Map<Route, Round[]>(NAMES.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another route, so that none is always first.
    for (let turn = 0; turn < NAMES.length; turn += 1) {
      const name = NAMES[(round + turn) % NAMES.length] ?? 'plain';
      results.get(name)?.push(await load(app, `/${way}/${ROUTES[name]}`, seconds));
    }
  }
  console.log(
    `\nStreams of 200 events over ${server}: ${WAYS[way]}; c=${CONNECTIONS}, medians of ${rounds} rounds in turn`,
  );
  report(results);
  if (!profile) return;
  await app.ask('profile');
  await load(app, `/${way}/respond`, seconds);
  reportPlaces((await app.ask('profiled')) as TimeByPlace);
}

/** Streams that began before the time was up are waited for and count. */
async function load(app: Part, path: string, seconds: number): Promise<Round> {
  const clients = Array.from({ length: CONNECTIONS }, () => new StreamClient(app.url, path));
  let streams = 0;
  const before = Number(await app.ask('cpu'));
  const start = performance.now();
  const work = async (client: StreamClient): Promise<void> => {
    while (performance.now() - start < seconds * 1000) {
      await client.ask();
      streams += 1;
    }
  };
  try {
    await within(seconds + 20, Promise.all(clients.map(work)));
    const elapsed = (performance.now() - start) / 1000;
    const cpu = Number(await app.ask('cpu')) - before;
    return { rate: streams / elapsed, cpu: cpu / streams };
  } finally {
    for (const client of clients) client.close();
  }
}

async function within(seconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`answers are missing after ${seconds} s`)), seconds * 1000);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function report(results: ReadonlyMap<Route, readonly Round[]>): void {
  const plain = results.get('plain') ?? [];
  console.log(
    'route      streams/s   of plain (min-max)       CPU us/stream   of plain (min-max)       more per event',
  );
  for (const [route, rounds] of results) {
    const more = rounds.map(({ cpu }, index) => (cpu - (plain[index]?.cpu ?? NaN)) / 200);
    console.log(
      [
        route.padEnd(9),
        median(rounds.map(({ rate }) => rate))
          .toFixed(0)
          .padStart(10),
        ratios(rounds.map(({ rate }, index) => rate / (plain[index]?.rate ?? NaN))),
        median(rounds.map(({ cpu }) => cpu))
          .toFixed(0)
          .padStart(12),
        ratios(rounds.map(({ cpu }, index) => cpu / (plain[index]?.cpu ?? NaN))),
        `${median(more).toFixed(2).padStart(10)} us`,
      ].join('  '),
    );
  }
}

function ratios(figures: readonly number[]): string {
  const spread = `(${Math.min(...figures).toFixed(2)}-${Math.max(...figures).toFixed(2)})`;
  return `${median(figures).toFixed(2).padStart(8)} ${spread}`.padEnd(24);
}

function reportPlaces(places: TimeByPlace): void {
  console.log('Where the time of respond goes (CPU samples)');
  for (const [place, one] of places.slice(0, 20)) console.log(`${percent(one)}  ${place}`);
}
