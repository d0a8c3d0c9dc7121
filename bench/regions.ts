/**
 * Regions 1, 2, 3 and 99 over real sockets, as fast as this machine goes: 1 is lost, then 2 as well, then both come back. A row for each
 * second: how many calls were answered, by whom, and how many attempts failed. A call that gets no answer ends the run with an error.
 */
import { createFailover, type FailoverOptions } from '@ai-failover/core';
import { startPart, type Part } from './processes.ts';

const PRIORITIES = [1, 2, 3, 99] as const;
const CALLERS = 64;
const REQUEST = { messages: [{ role: 'user', content: 'Where is my order 4711?' }] };

/** Seconds: when a region is lost, when both are back, and the end. The ramp is eight seconds long here. */
const LOST = { first: 3, second: 6, back: 9, end: 22 } as const;
const BREAKER = { openFor: 1_000, maxOpenFor: 2_000, ramp: 8_000 } as const;

interface Second {
  answered: number;
  failedAttempts: number;
  readonly byRegion: Map<string, number>;
}

export async function benchRegions(): Promise<void> {
  const parts = await Promise.all(PRIORITIES.map(() => startPart('./region.ts')));
  const failover = createFailover<string, string, string>({ upstreams: parts.map(regionOf) });
  const history: Second[] = [];
  const start = performance.now();
  const second = (): number => Math.floor((performance.now() - start) / 1_000);
  try {
    const callers = Array.from({ length: CALLERS }, async () => {
      while (second() < LOST.end) {
        const reply = await failover.chat(REQUEST);
        const { upstream, attempts } = reply.failover;
        if (upstream === undefined) throw new Error('a call was answered by nobody');
        const row = (history[second()] ??= { answered: 0, failedAttempts: 0, byRegion: new Map() });
        row.answered += 1;
        row.failedAttempts += attempts.length - 1;
        row.byRegion.set(upstream, (row.byRegion.get(upstream) ?? 0) + 1);
      }
    });
    await Promise.all([change(parts, start), ...callers]);
    report(history);
  } finally {
    await failover.close();
    for (const part of parts) part.stop();
  }
}

function regionOf({ url }: Part, index: number): FailoverOptions['upstreams'][number] {
  const priority = PRIORITIES[index] ?? 99;
  return {
    name: `region-${priority}`,
    provider: 'openai',
    baseUrl: `${url}/v1`,
    keys: 'none',
    models: ['m'],
    priority,
    breaker: BREAKER,
  };
}

async function change([first, second]: readonly Part[], start: number): Promise<void> {
  const at = (seconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, start + seconds * 1_000 - performance.now()));
  await at(LOST.first);
  await first?.ask('fail');
  await at(LOST.second);
  await second?.ask('fail');
  await at(LOST.back);
  await Promise.all([first?.ask('serve'), second?.ask('serve')]);
}

function report(history: readonly Second[]): void {
  console.log(
    `\nRegions 1, 2, 3, 99; c=${CALLERS}; 1 lost at ${LOST.first} s, 2 at ${LOST.second} s, both back at ${LOST.back} s`,
  );
  console.log('second  calls/s  failed attempts  answered by');
  for (const [second, { answered, failedAttempts, byRegion }] of history.entries()) {
    const shares = [...byRegion]
      .map(([name, count]) => `${name} ${((count / answered) * 100).toFixed(1)} %`)
      .toSorted();
    console.log(
      [
        String(second).padStart(6),
        String(answered).padStart(7),
        String(failedAttempts).padStart(15),
        shares.join(', '),
      ].join('  '),
    );
  }
  const total = history.reduce((sum, { answered }) => sum + answered, 0);
  console.log(`${total} calls, all of them answered by a region`);
}
