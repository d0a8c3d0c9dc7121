/** Kept connections that die: which of them were stale. */
import { describe, expect, it } from 'vitest';
import { answer, close, raw, reset } from '../../../testing/src/index.ts';
import { clientSockets, connected, eventually, nextTurn } from './exchange.ts';

describe('a kept connection that dies', () => {
  const AGAIN = [answer(), answer()] as const;

  it.each(['close', 'reset'] as const)('idle (%s) is known by what had come on it before', async (how) => {
    const { upstream, send } = await connected([answer().thenStale(how), answer()]);
    await send().over;
    await nextTurn();
    const { told, error } = await send().over;
    expect(told).toEqual(['connection', 'error']);
    expect(error).toMatchObject({ kind: 'socket', connecting: false, reused: true });
    expect(upstream.lostToStaleSockets).toBe(1);
  });

  it.each([
    ['without a byte', true, close()],
    ['by a reset', true, reset()],
    ['after half a head', false, raw('HTTP/1.1 200 O')],
    ['after an interim answer', false, raw('HTTP/1.1 103 Hints\r\n\r\n')],
    ['after 100, which undici takes for a bad response', false, answer().interim(100)],
    ['after a head', false, answer('text').closeAfter('head')],
  ] as const)('%s: reused is %s', async (_, reused, script) => {
    const { upstream, send } = await connected([...AGAIN, script]);
    for (let count = 0; count < AGAIN.length; count += 1) {
      await send().over;
      await nextTurn();
    }
    const { error } = await send().over;
    expect(error).toMatchObject({ kind: 'socket', connecting: false, reused });
    expect(upstream.connectionsMade).toBe(1);
  });

  it.each([
    ['without a byte', close()],
    ['after half a head', raw('HTTP/1.1 200 O')],
    ['after an interim answer', raw('HTTP/1.1 103 Hints\r\n\r\n')],
  ] as const)('on its first request %s was not reused', async (_, script) => {
    const { send } = await connected(script);
    expect((await send().over).error).toMatchObject({ kind: 'socket', reused: false });
  });

  it('while nobody uses it is not used again', async () => {
    const { upstream, send } = await connected();
    await send().over;
    await nextTurn();
    upstream.disconnect();
    await eventually(() => expect(clientSockets.size).toBe(0));
    expect((await send().over).told.at(-1)).toBe('end');
  });
});
