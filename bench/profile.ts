/** Where the CPU time of a process goes, by package and, for ours, by file. */
import { Session, type Profiler } from 'node:inspector/promises';

/** Share of the samples by place, largest first. */
export type TimeByPlace = readonly (readonly [place: string, share: number])[];

export function createProfiler() {
  const session = new Session();
  return {
    async start(): Promise<void> {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 200 });
      await session.post('Profiler.start');
    },
    async stop(): Promise<TimeByPlace> {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      return byPlace(profile);
    },
  };
}

function byPlace({ nodes, samples = [] }: Profiler.Profile): TimeByPlace {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const counts = new Map<string, number>();
  let busy = 0;
  for (const sample of samples) {
    const place = places.get(sample);
    if (place === undefined || place === '(idle)') continue;
    busy += 1;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].map(([place, count]) => [place, count / busy] as const).toSorted((a, b) => b[1] - a[1]);
}

function placeOf({ url, functionName }: { url: string; functionName: string }): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return 'node';
  const packages = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url);
  if (packages?.[1] !== undefined) return packages[1];
  return /packages\/([a-z]+)\/(?:dist|src)\/(.+)\.[jt]s$/.exec(url)?.slice(1, 3).join('/') ?? 'bench';
}
