/** What waits for a slow reader, on our side of the upstream's connection. */
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answer, huge } from '../../../testing/src/index.ts';
import { clientSockets, connected, nextTurn, type Noted } from './exchange.ts';

/** Takes one piece at a time: asks for more only some turns of the event loop after it came. Returns the most that has waited. */
function takeSlowly(noted: Noted, pieces: number): Promise<number> {
  let most = 0;
  let left = pieces;
  const onData = noted.onData.bind(noted);
  return new Promise((resolve) => {
    noted.onData = (chunk) => {
      onData(chunk);
      noted.exchange.pause();
      void goOn();
    };
    async function goOn(): Promise<void> {
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
      for (const { readableLength } of clientSockets) most = Math.max(most, readableLength);
      left -= 1;
      if (left === 0) resolve(most);
      if (left > 0) noted.exchange.resume();
    }
  });
}

describe('a response that is paused', () => {
  it('is not read ahead of its reader, however often it is paused', async () => {
    const { send } = await connected(huge(30_000_000, { declared: false }));
    const noted = send();
    expect(await takeSlowly(noted, 150)).toBeLessThanOrEqual(64 * 1024);
    noted.exchange.abort();
  });

  it('comes whole, and its connection serves again', async () => {
    const { upstream, send } = await connected([huge(3_000_000, { declared: false }), answer('more')]);
    const noted = send();
    void takeSlowly(noted, Infinity);
    await noted.over;
    expect([noted.told.at(-1), noted.text.length]).toEqual(['end', 3_000_000]);
    await nextTurn();
    const next = await send().over;
    expect([next.told.at(-1), upstream.connectionsMade]).toEqual(['end', 1]);
  });

  it('leaves its connection to the next one when it ends while it is paused', async () => {
    const { upstream, send } = await connected();
    const first = send();
    const onData = first.onData.bind(first);
    first.onData = (chunk) => {
      onData(chunk);
      first.exchange.pause();
    };
    await first.over;
    await nextTurn();
    expect((await send().over).told.at(-1)).toBe('end');
    expect(upstream.connectionsMade).toBe(1);
  });

  it('that is reset meanwhile fails when it is resumed', async () => {
    const { send } = await connected(huge(5_000_000, { declared: false }).resetAfter({ bytes: 4_000_000 }));
    const noted = send();
    void takeSlowly(noted, Infinity);
    expect((await noted.over).told.at(-1)).toBe('error');
  });

  it("can be paused on a dispatcher of the application's own", async () => {
    const agent = new Agent();
    onTestFinished(() => agent.close());
    const { send } = await connected(huge(3_000_000, { declared: false }), { dispatcher: agent });
    const noted = send();
    void takeSlowly(noted, Infinity);
    await noted.over;
    expect(noted.text.length).toBe(3_000_000);
  });
});
