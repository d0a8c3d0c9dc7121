import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import type { KeyFunction } from '../../src/config/key-options.js';
import { askUpstream, freeKey } from '../../src/pool/ask-upstream.js';
import { createPool } from '../../src/pool/create-pool.js';
import type { Pool } from '../../src/pool/pool.js';
import type { ResponseSink, WireRequest } from '../../src/transport/transport.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

type Answer = (sink: ResponseSink, request: WireRequest) => void;

const answer: Answer = (sink) => {
  sink.onConnection();
  sink.onHead(200, {});
  sink.onData(Buffer.from('{}'));
  sink.onEnd();
};

const refuse: Answer = (sink) => {
  sink.onConnection();
  sink.onHead(401, {});
  sink.onEnd();
};

function poolOf(keys: readonly (string | KeyFunction)[], reply: Answer = answer) {
  const sent: WireRequest[] = [];
  const faults: unknown[] = [];
  const settings = resolveOptions({ upstreams: [{ name: 'P', provider: 'openai', keys, models: ['m'] }] });
  const pool: Pool = createPool(settings, {
    createTransport: () => ({
      send(request, sink) {
        sent.push(request);
        reply(sink, request);
        return { abort() {}, pause() {}, resume() {} };
      },
      async close() {},
    }),
    random: () => 0.5,
    onCircuitChange() {},
    onFree() {},
    onLimitNews() {},
    onKeyFault: ({ error }) => faults.push(error),
  });
  const [upstream] = pool.upstreams;
  if (upstream === undefined) throw new Error('there is an upstream');
  const inquiry = { method: 'GET', url: 'https://p.example/v1/models', timeout: 1_000 } as const;
  return { pool, upstream, sent, faults, ask: () => askUpstream(upstream, inquiry) };
}

async function ended(pool: Pool): Promise<void> {
  await pool.close();
}

describe('An inquiry', () => {
  it('goes out at once with a key that was written down, without a content type', async () => {
    const { pool, sent, ask } = poolOf(['sk-plain-0123456789']);
    const underWay = ask();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headers).toEqual({ accept: 'application/json', authorization: 'Bearer sk-plain-0123456789' });
    expect(await underWay.over).toMatchObject({ ok: true, body: '{}' });
    await ended(pool);
  });

  it('waits for a token, and then does not', async () => {
    const key = vi.fn<KeyFunction>(() => 'token-12345678');
    const { pool, sent, ask } = poolOf([key]);
    const first = ask();
    expect(sent).toEqual([]);
    expect(await first.over).toMatchObject({ ok: true });
    ask();
    expect(sent).toHaveLength(2);
    expect(sent[1]?.headers['authorization']).toBe('Bearer token-12345678');
    expect(key).toHaveBeenCalledTimes(1);
    await ended(pool);
  });

  it('whose token is refused has it asked for anew next time', async () => {
    const key: Mock<KeyFunction> = vi.fn<KeyFunction>(() => `token-${key.mock.calls.length}`);
    const { pool, sent, ask } = poolOf([key], refuse);
    expect(await ask().over).toMatchObject({ ok: false, failure: { kind: 'status', status: 401 } });
    await ask().over;
    expect(sent.map(({ headers }) => headers['authorization'])).toEqual(['Bearer token-1', 'Bearer token-2']);
    await ended(pool);
  });

  it('without a token is a failure of ours', async () => {
    const { pool, sent, faults, ask } = poolOf([() => Promise.reject(new Error('no network'))]);
    expect(await ask().over).toMatchObject({ ok: false, failure: { kind: 'local' } });
    expect(sent).toEqual([]);
    expect(faults).toHaveLength(1);
    await ended(pool);
  });

  it('does not wait longer than its own time, of which the rest is left for the answer', async () => {
    const { pool, sent, ask } = poolOf([() => new Promise((resolve) => setTimeout(resolve, 1_500, 'token-12345678'))]);
    const first = ask();
    await vi.advanceTimersByTimeAsync(999);
    const second = ask();
    await vi.advanceTimersByTimeAsync(1);
    expect(await first.over).toMatchObject({ ok: false, failure: { kind: 'local' }, duration: 1_000 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await second.over).toMatchObject({ ok: true, duration: 501 });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.timeouts.connect).toBe(499);
    await ended(pool);
  });

  it('is given up while it waits, and after', async () => {
    const { pool, sent, ask } = poolOf(
      [() => new Promise((resolve) => setTimeout(resolve, 500, 'token-12345678'))],
      () => {},
    );
    const first = ask();
    first.end();
    expect(await first.over).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
    const second = ask();
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toHaveLength(1);
    second.end();
    expect(await second.over).toMatchObject({ ok: false, failure: { kind: 'aborted' }, duration: 500 });
    await ended(pool);
  });

  it('takes the first key that does not rest', async () => {
    const { pool, upstream } = poolOf(['sk-one-0123456789', 'sk-two-0123456789']);
    const rest = {
      reason: 'quota',
      attemptStartedAt: 0,
      at: performance.now(),
      hinted: false,
      duration: () => 1_000,
    } as const;
    expect(freeKey(upstream)?.number).toBe(1);
    upstream.keys[0]?.cooldown.offend(rest);
    expect(freeKey(upstream)?.number).toBe(2);
    upstream.keys[1]?.cooldown.offend(rest);
    expect(freeKey(upstream)?.number).toBe(1);
    await ended(pool);
  });
});
