/** Giving up an exchange, in each of its phases. */
import { describe, expect, it } from 'vitest';
import { answer, hang, huge, refuseBody } from '../../../testing/src/index.ts';
import { connected, eventually, expectSockets, nextTurn } from './exchange.ts';

const LARGE = 'x'.repeat(20 * 1024 * 1024);

describe('abort', () => {
  it('of one that waits for a connection: nothing is sent', async () => {
    const { upstream, send } = await connected([hang(), answer()], { connections: 1 });
    const first = send();
    await upstream.waitForRequest();
    const second = send();
    second.exchange.abort();
    first.exchange.abort();
    const third = await send().over;
    expect([first.told, second.told, third.told.at(-1)]).toEqual([['connection'], [], 'end']);
    expect(upstream.requests).toHaveLength(2);
  });

  it('of one that is connecting: nothing is sent, and the connection is not kept', async () => {
    const { upstream, send } = await connected();
    const { told, exchange } = send();
    exchange.abort();
    await eventually(() => expect(upstream.connectionsMade).toBe(1));
    await expectSockets(0);
    expect(told).toEqual([]);
    expect(upstream.requests).toEqual([]);
  });

  it('of one that writes a large body: the socket is gone', async () => {
    const { upstream, send } = await connected(refuseBody());
    const { told, exchange } = send({ body: LARGE });
    await upstream.waitForRequest();
    exchange.abort();
    await expectSockets(0);
    expect(told).toEqual(['connection']);
  });

  it.each([
    ['that waits for the head', hang(), 'connection'],
    ['that reads the body', huge(100_000).stallAfter({ bytes: 20_000 }), 'data'],
  ] as const)('of one %s: the upstream sees it, and nothing connects again', async (_, script, phase) => {
    const { upstream, send } = await connected(script);
    const noted = send();
    const request = await upstream.waitForRequest();
    await noted.until(phase);
    const told = [...noted.told];
    noted.exchange.abort();
    noted.exchange.abort();
    expect(await request.settled).toBe('aborted');
    await expectSockets(0);
    await nextTurn();
    expect(noted.told).toEqual(told);
    // undici's own abort connects once more, only to find that there is nothing to send.
    expect(upstream.connectionsMade).toBe(1);
  });

  it('of one that is over: the connection stays', async () => {
    const { upstream, send } = await connected();
    const first = await send().over;
    first.exchange.abort();
    await nextTurn();
    await send().over;
    expect(upstream.connectionsMade).toBe(1);
  });

  it('from within the sink, while bytes are parsed', async () => {
    const { upstream, send } = await connected(huge(50_000_000));
    const noted = send();
    const until = noted.until('data').then(() => noted.exchange.abort());
    const onData = noted.onData.bind(noted);
    noted.onData = (chunk) => {
      onData(chunk);
      noted.exchange.abort();
    };
    await until;
    await expectSockets(0);
    expect(noted.told).toEqual(['connection', 'head', 'data']);
    expect(await upstream.requests[0]?.settled).toBe('aborted');
  });
});
