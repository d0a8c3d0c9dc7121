import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Tests read the packages' sources, not their builds.
const conditions = ['@ai-failover/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    setupFiles: ['test/setup/guard.ts'],
    testTimeout: 20_000,
    // Many tests wait for real time; with one worker, as there would be on two cores, the others would wait with them.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
