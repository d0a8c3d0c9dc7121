/** The same Express route with plain undici and with the engine, in turn, several rounds. */
import autocannon from 'autocannon';
import { startPart, type Part } from './processes.ts';
import type { TimeByPlace } from './profile.ts';
import { median, percent } from './figures.ts';

const CONNECTIONS = 64;
const BODY = JSON.stringify({
  messages: [
    { role: 'system', content: 'You are the assistant of a small shop. Be brief and friendly.' },
    { role: 'user', content: 'Where is my order 4711? It should have been here on Tuesday.' },
    { role: 'assistant', content: 'Let me look that up for you.' },
    { role: 'user', content: 'Thank you, I am waiting.' },
  ],
});

interface Round {
  /** Requests per second. */
  readonly rate: number;
  /** Microseconds of the application's CPU time per request. */
  readonly cpu: number;
}

const ROUTES = ['plain', 'chat', 'respond'] as const;

export async function benchRoutes({ rounds, seconds }: { rounds: number; seconds: number }): Promise<void> {
  const upstream = await startPart('./upstream.ts');
  const app = await startPart('./app.ts', { UPSTREAM_URL: upstream.url });
  try {
    for (const route of ROUTES) await load(app, route, 2);
    const results = new Map<string, Round[]>(ROUTES.map((route) => [route, []]));
    for (let round = 0; round < rounds; round += 1) {
      // Each round begins with another route, so that none is always first.
      for (let turn = 0; turn < ROUTES.length; turn += 1) {
        const route = ROUTES[(round + turn) % ROUTES.length] ?? 'plain';
        results.get(route)?.push(await load(app, route, seconds));
      }
    }
    report(results);
    await app.ask('profile');
    await load(app, 'chat', seconds);
    reportPlaces((await app.ask('profiled')) as TimeByPlace);
  } finally {
    app.stop();
    upstream.stop();
  }
}

async function load(app: Part, route: string, seconds: number): Promise<Round> {
  const before = Number(await app.ask('cpu'));
  const result = await autocannon({
    url: `${app.url}/${route}`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
    connections: CONNECTIONS,
    duration: seconds,
  });
  const after = Number(await app.ask('cpu'));
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${failed} requests to /${route} failed`);
  return { rate: result['2xx'] / result.duration, cpu: (after - before) / result['2xx'] };
}

function report(results: ReadonlyMap<string, readonly Round[]>): void {
  const plain = results.get('plain') ?? [];
  console.log(`\nOne Express route, c=${CONNECTIONS}, medians of ${plain.length} rounds in turn`);
  console.log('route     req/s   of plain (min-max)       CPU us/req   more than plain');
  for (const [route, rounds] of results) {
    const ratios = rounds.map(({ rate }, index) => rate / (plain[index]?.rate ?? NaN));
    const more = rounds.map(({ cpu }, index) => cpu - (plain[index]?.cpu ?? NaN));
    const spread = `(${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`;
    console.log(
      [
        route.padEnd(8),
        median(rounds.map(({ rate }) => rate))
          .toFixed(0)
          .padStart(7),
        `${median(ratios).toFixed(2).padStart(7)} ${spread}`.padEnd(24),
        median(rounds.map(({ cpu }) => cpu))
          .toFixed(1)
          .padStart(10),
        median(more).toFixed(1).padStart(14),
      ].join('  '),
    );
  }
}

function reportPlaces(places: TimeByPlace): void {
  console.log('\nWhere the time of /chat goes (CPU samples)');
  const ours = places.filter(([place]) => /^(core|express)\//.test(place));
  const share = ours.reduce((sum, [, one]) => sum + one, 0);
  const all = [...places.filter(([place]) => !ours.some(([our]) => our === place)), ['ai-failover', share] as const];
  for (const [place, one] of all.toSorted((a, b) => b[1] - a[1]).slice(0, 12)) console.log(`${percent(one)}  ${place}`);
  console.log('of ai-failover:');
  for (const [place, one] of ours.slice(0, 12)) console.log(`${percent(one)}    ${place}`);
}
