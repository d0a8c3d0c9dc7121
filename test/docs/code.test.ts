/** The code in the docs is code: all of it compiles. What it does is shown by `starts.test.ts` and `blocks.test.ts`. */
import { afterAll, expect, it } from 'vitest';
import { codeBlocks } from './code-blocks.ts';
import { Workshop } from './workshop.ts';

const workshop = new Workshop();
afterAll(() => workshop.remove());

it('compiles, every block of it', { timeout: 60_000 }, async () => {
  const blocks = codeBlocks();
  const documents = new Set(blocks.map(({ document }) => document));
  for (const name of ['express', 'koa', 'fastify', 'core', 'testing']) {
    expect([...documents]).toContain(`packages/${name}/README.md`);
  }
  // A mistake that must be found, so that this test can fail.
  const canary = 'export const chain: "cheap" = "dear";\n';
  const complaints = await workshop.typeCheck(blocks, { 'canary.ts': canary });
  expect(complaints).toEqual([expect.stringContaining('canary.ts(1,14): error TS2322')]);
});
