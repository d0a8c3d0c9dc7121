/** What streams have to survive, in one place: the caller has the whole answer whatever the first upstream does, streamed or not. */
import type { CallError } from '@ai-failover/core';
import { describe, expect, it } from 'vitest';
import { expectIdle, type Scene } from './scene.ts';
import { chatted, sceneOf, streamed, type Ending } from './stream-asks.ts';
import { asUnary, type StreamRow } from './stream-row.ts';
import { TEXT } from './stream-scripts.ts';
import { MUST_SHOW } from './stream-table.ts';

const STREAM = ['a stream', streamed, (row: StreamRow) => row] as const;
const UNARY = ['chat', chatted, asUnary] as const;

describe.each([STREAM, UNARY])('%s', (_, ask, as) => {
  const rows = MUST_SHOW.map(as);
  const answered = rows.filter(({ course }) => !course.endsWith('bad-request'));

  it.each(answered)('$fault: the caller has the whole answer', async (row) => {
    const scene = await sceneOf(row);
    const ending = await ask(scene, row);
    expect(ending).toMatchObject({ text: TEXT, finish: 'stop', error: undefined });
    expectCaps(scene, ending);
    expectIdle(scene.failover);
  });

  it.each(rows)(
    '$fault: what is not the whole answer is not called complete when nobody else is there',
    async (row) => {
      const scene = await sceneOf(row, { withS: false });
      const { text, finish, error } = await ask(scene, { ...row, call: { ...row.call, cannedReply: false } });
      const kinds = ['interrupted', 'exhausted', 'rate-limited', 'bad-request'];
      if (finish === undefined) expect(kinds).toContain((error as CallError).kind);
      else expect({ text, finish }).toEqual({ text: TEXT, finish: 'stop' });
      expectIdle(scene.failover);
    },
  );

  it('content filter: the caller hears of it from the provider, and nobody else is asked', async () => {
    const [row, ...others] = rows.filter(({ course }) => course.endsWith('bad-request'));
    expect(others).toEqual([]);
    const scene = await sceneOf(row as StreamRow);
    const ending = await ask(scene, row as StreamRow);
    expect(ending).toMatchObject({ text: '', finish: undefined, error: { kind: 'bad-request', status: 400 } });
    expect(ending.error).toMatchObject({
      providerCode: 'content_filter',
      message: expect.stringContaining('content management policy'),
    });
    expect(scene.S.requests).toEqual([]);
  });

  it('silence: the silent one is asked once', async () => {
    const row = rows.find(({ fault }) => fault === 'silence') as StreamRow;
    for (const withS of [true, false]) {
      const scene = await sceneOf(row, { withS });
      await ask(scene, row);
      expect(await Promise.all(scene.P.requests.map(({ settled }) => settled))).toEqual(['aborted']);
      await scene.close();
    }
  });
});

/** Five in a call, three of a model. */
function expectCaps({ P, S }: Scene, { failover }: Ending): void {
  expect(failover?.attempts.length).toBeLessThanOrEqual(3);
  expect(P.requests.length + S.requests.length).toBeLessThanOrEqual(3);
}
