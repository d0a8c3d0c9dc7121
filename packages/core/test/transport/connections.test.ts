/** How connections are made, kept, limited and left. */
import { describe, expect, it } from 'vitest';
import { answer, hang, resetOnConnect } from '../../../testing/src/index.ts';
import { connected, createTransport, eventually, expectSockets, nextTurn, Noted } from './exchange.ts';

describe('connections', () => {
  it('are kept: a hundred exchanges, one after another, use one', async () => {
    const { upstream, send } = await connected();
    for (let count = 0; count < 100; count += 1) {
      expect((await send().over).told).toEqual(['connection', 'head', 'data', 'end']);
      await nextTurn();
    }
    expect(upstream.connectionsMade).toBe(1);
  });

  it('are taken up again after a turn of the event loop, so exchanges without a pause use two', async () => {
    const { upstream, send } = await connected();
    for (let count = 0; count < 100; count += 1) await send().over;
    expect(upstream.connectionsMade).toBe(2);
  });

  it('open on demand, without a limit', async () => {
    const { upstream, send } = await connected(hang());
    Array.from({ length: 50 }, () => send());
    await upstream.waitForRequest(49);
    expect(upstream.connections).toBe(50);
  });

  it('are never more than `connections`, and exchanges wait for one', async () => {
    const { upstream, send } = await connected(answer().after(5), { connections: 3 });
    const exchanges = Array.from({ length: 12 }, () => send().over);
    for (const { told } of await Promise.all(exchanges)) expect(told.at(-1)).toBe('end');
    expect(upstream.connectionsMade).toBe(3);
  });

  it('that are not free within the pool timeout are given up, and nothing is sent', async () => {
    const { upstream, send } = await connected([hang(), answer()], { connections: 1, timeouts: { pool: 30 } });
    const first = send();
    await upstream.waitForRequest();
    const second = await send().over;
    expect(second.told).toEqual(['error']);
    expect(second.error).toEqual({ kind: 'timeout', phase: 'pool', limit: 30 });
    first.exchange.abort();
    expect((await send().over).told.at(-1)).toBe('end');
    expect(upstream.requests).toHaveLength(2);
  });

  it('are timed while they are made', async () => {
    const { upstream } = await connected();
    const blackHole = upstream.baseUrl.replace('http:', 'https:'); // it waits for the end of a line
    const transport = createTransport(blackHole, { timeouts: { connect: 40 } });
    const { told, error } = await new Noted(transport, blackHole).over;
    expect(told).toEqual(['error']);
    expect(error).toEqual({ kind: 'timeout', phase: 'connect', limit: 40 });
    await eventually(() => expect(upstream.connections).toBe(0));
  });

  it('are timed from the moment at which it is their turn to be made', async () => {
    const { upstream } = await connected();
    const blackHole = upstream.baseUrl.replace('http:', 'https:');
    const transport = createTransport(blackHole, { connections: 1, timeouts: { connect: 80, pool: 120 } });
    const exchanges = [new Noted(transport, blackHole), new Noted(transport, blackHole)];
    const errors = await Promise.all(exchanges.map(async ({ over }) => (await over).error));
    expect(errors).toEqual(exchanges.map(() => ({ kind: 'timeout', phase: 'connect', limit: 80 })));
    expect(upstream.connectionsMade).toBe(2);
  });

  it('that are refused fail while connecting', async () => {
    const { upstream, send } = await connected();
    await upstream.refuse();
    const { error } = await send().over;
    expect(error).toMatchObject({ kind: 'socket', connecting: true, reused: false, error: { code: 'ECONNREFUSED' } });
  });

  it('serve one request when it has to be a fresh one', async () => {
    const { upstream, send } = await connected();
    await send().over;
    await nextTurn();
    for (let count = 0; count < 2; count += 1) {
      await send({ fresh: true }).over;
      await nextTurn();
    }
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1, 2]);
    expect(upstream.requests.map(({ headers }) => headers['connection'])).toEqual(['keep-alive', 'close', 'close']);
    await expectSockets(1);
  });
});

describe('close', () => {
  it('leaves no connection: idle, asked, waiting or being made', async () => {
    const { upstream, transport, send } = await connected([answer(), hang()], { connections: 2 });
    await send().over;
    const exchanges = [send(), send(), send(), send({ fresh: true })];
    await upstream.waitForRequest(2);
    await transport.close();
    await Promise.all(exchanges.map(({ over }) => over));
    for (const { told } of exchanges) expect(told.at(-1)).toBe('error');
    await expectSockets(0);
  });

  it('leaves nothing after exchanges that were given up', async () => {
    const { upstream, transport, send } = await connected(hang(), { connections: 1 });
    const exchanges = [send(), send(), send()];
    await upstream.waitForRequest();
    for (const { exchange } of exchanges) exchange.abort();
    await transport.close();
    await expectSockets(0);
    expect(exchanges.map(({ told }) => told)).toEqual([['connection'], [], []]);
  });

  it('leaves no connection that its pool has forgotten after it could not be made at first', async () => {
    const { transport, send } = await connected([resetOnConnect(), answer()], { connections: 1 });
    const exchanges = [send(), send()];
    const [first, second] = await Promise.all(exchanges.map(({ over }) => over));
    expect(first?.error).toMatchObject({ kind: 'socket', connecting: true });
    expect(second?.told.at(-1)).toBe('end');
    await transport.close();
    await expectSockets(0);
  });

  it('leaves nothing of connections that failed', async () => {
    const { upstream, transport, send } = await connected();
    await upstream.refuse();
    await Promise.all([send().over, send().over]);
    await upstream.listen();
    await send().over;
    await transport.close();
    await expectSockets(0);
    expect(upstream.requests).toHaveLength(1);
  });
});
