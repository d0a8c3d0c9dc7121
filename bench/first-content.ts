/** How much later the first content is there than through a pipe, when there is nothing else to do: one call at a time, routes in turn. */
import { median } from './figures.ts';
import { startPart } from './processes.ts';
import { StreamClient } from './stream-client.ts';

const TIMES = 1_000;
const WARM_UP = 300;
const ROUTES = { plain: 'plain', respond: 'respond', endpoint: 'chat/completions' } as const;

/** In milliseconds. */
interface Delays {
  /** From the upstream's write of the first content until the client has it. */
  readonly content: number[];
  /** From the request until then, without the 5 ms for which the upstream thinks. */
  readonly call: number[];
}

export async function benchFirstContent(server: string): Promise<void> {
  const upstream = await startPart('./stream-upstream.ts');
  const app = await startPart('./stream-app.ts', { UPSTREAM_URL: upstream.url, SERVER: server });
  const routes = Object.entries(ROUTES).map(([name, path]) => {
    const delays: Delays = { content: [], call: [] };
    return { name, delays, client: new StreamClient(app.url, `/late/${path}`) };
  });
  try {
    for (let time = 0; time < WARM_UP + TIMES; time += 1) {
      for (const { client, delays } of routes) await measure(client, time < WARM_UP ? undefined : delays);
    }
    console.log(
      `\nFirst content over ${server}, idle, one call at a time, ${TIMES} of each route in turn; milliseconds`,
    );
    console.log('route      from its write: p50 (p95)  more at p50   from the request: p50 (p95)  more at p50');
    for (const { name, delays } of routes) {
      const [content, call] = (['content', 'call'] as const).map((kind) => {
        const more = median(delays[kind]) - median(routes[0]?.delays[kind] ?? []);
        return `${milliseconds(median(delays[kind]))} (${milliseconds(tail(delays[kind]))}) ${milliseconds(more).padStart(12)}`;
      });
      console.log(`${name.padEnd(10)} ${content?.padStart(37)} ${call?.padStart(42)}`);
    }
  } finally {
    for (const { client } of routes) client.close();
    app.stop();
    upstream.stop();
  }
}

async function measure(client: StreamClient, delays: Delays | undefined): Promise<void> {
  const asked = process.hrtime.bigint();
  client.onPiece = (piece) => {
    const came = process.hrtime.bigint();
    const { written, thought } = /at=(?<written>\d+);thought=(?<thought>\d+);/.exec(piece.toString())?.groups ?? {};
    if (written === undefined || thought === undefined) return;
    delays?.content.push(Number(came - BigInt(written)) / 1e6);
    delays?.call.push(Number(came - asked - BigInt(thought)) / 1e6);
  };
  await client.ask();
}

function tail(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length * 0.95)] ?? NaN;
}

function milliseconds(figure: number): string {
  return figure.toFixed(2);
}
