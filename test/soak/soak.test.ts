import { expect, it } from 'vitest';
import { soak } from './soak.ts';

/** A minute in CI; `npx -y pnpm@10 soak` runs for ten. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 15);

it(
  `lives through ${SECONDS} seconds of mixed faults and leaving clients`,
  { timeout: (SECONDS + 60) * 1_000 },
  async () => {
    const report = await soak({ seconds: SECONDS, seed: 42 });
    // One outcome for each call, and nothing under way afterwards. Sockets, servers and timers are watched by the guard.
    expect(report.strange).toEqual([]);
    expect(report.inFlight).toEqual({ calls: 0, attempts: 0, retries: 0, waiting: 0 });
    // Nobody was left without an answer: with a canned reply, only a stream that broke off may end in an error.
    const asked = Object.values(report.got).reduce((sum, one) => sum + one, 0);
    expect(asked).toBeGreaterThan(SECONDS * 20);
    expect(report.got.whole).toBeGreaterThan(asked / 2);
    expect(report.got.refused).toBeLessThan(asked / 50);
    expect(report.heap.end).toBeLessThan(report.heap.warm + 12_000_000);
    if (process.env['SOAK_REPORT'] !== undefined) process.stdout.write(`${JSON.stringify(report)}\n`);
  },
);
