/** What the application's own functions and values may do wrong, and what does not follow from it. */
import { AIFailoverError, createFailover } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith, neverAnswer, refuseConnection } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('`locales`', () => {
  it('that throws is reported, and the canned reply is given all the same', async () => {
    const stage = setStage({ P: () => refuseConnection() });
    const fault = new TypeError('my own mistake');
    const call = stage.call(
      {},
      {
        locales: () => {
          throw fault;
        },
      },
    );
    await stage.until(1);
    expect(call.reply?.text).toBe(CANNED);
    expect(stage.events).toContainEqual(['hook-failed', { hook: 'locales', error: fault }]);
    expect(stage.events.at(-1)?.[0]).toBe('call-degraded');
  });
});

describe('A canned reply', () => {
  it('that takes more than two seconds is reported', async () => {
    const stage = setStage({ P: () => failWith(402) });
    stage.call({}, { cannedReply: () => new Promise(() => {}) });
    await stage.until(1.999);
    expect(stage.events.map(([name]) => name)).not.toContain('hook-failed');
    await stage.until(2);
    expect(stage.events).toContainEqual(['hook-failed', { hook: 'cannedReply', error: expect.any(Error) }]);
    expect(stage.events.at(-1)?.[0]).toBe('call-failed');
  });

  it('that comes in time is not reported later', async () => {
    const stage = setStage({ P: () => failWith(402) });
    const call = stage.call({}, { cannedReply: async () => 'made' });
    await stage.until(5);
    expect(call.reply?.text).toBe('made');
    expect(stage.events.map(([name]) => name)).not.toContain('hook-failed');
  });
});

describe('An error that nobody expected', () => {
  it('is told as a failure of its call, for nobody has left', async () => {
    const scripted = createScriptedTransport(() => failWith(500));
    const fault = new Error('the dice are gone');
    let gone = false;
    const failover = createFailover(
      { health: false, upstreams: [upstream('P', ['m'])] },
      {
        createTransport: scripted.createTransport,
        random: () => {
          if (gone) throw fault;
          return 0.5;
        },
      },
    );
    gone = true;
    const names: string[] = [];
    failover.onAny((name: string) => names.push(name));
    await expect(failover.chat({ messages: [{ role: 'user', content: 'Hello' }] })).rejects.toBe(fault);
    expect(names.at(-1)).toBe('call-failed');
    expect(names).not.toContain('call-aborted');
    expect(failover.status().calls.inFlight).toBe(0);
  });
});

describe('`sign`', () => {
  it('replaces a header whatever its capitals', async () => {
    const stage = setStage(
      { P: () => answerWith('P') },
      { upstreams: [upstream('P', ['m'], { sign: () => ({ Authorization: 'Signed' }) })] },
    );
    stage.call();
    await stage.until(0);
    const headers = Object.entries(stage.requests[0]?.headers ?? {});
    expect(headers.filter(([name]) => name.toLowerCase() === 'authorization')).toEqual([['authorization', 'Signed']]);
  });

  it('that returns what no header can hold is a fault of ours and not of the upstream', async () => {
    const stage = setStage(
      { P: () => answerWith('P'), S: () => answerWith('S') },
      {
        upstreams: [
          upstream('P', ['m'], { sign: () => ({ 'x-signature': 'a\nx-injected: b' }) }),
          upstream('S', ['m'], { priority: 2 }),
        ],
      },
    );
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('m@P local, m@S ok');
    expect(stage.requests.map((request) => request.upstream)).toEqual(['S']);
    expect(stage.failover.status().deployments[0]).toMatchObject({
      circuit: { consecutiveFailures: 0, completed: 0 },
      upstreamCircuit: { consecutiveFailures: 0, completed: 0 },
    });
    expect(stage.events).toContainEqual(['hook-failed', { hook: 'sign', error: expect.any(TypeError) }]);
  });
});

describe('The options of a call', () => {
  it('that are undefined are those of the pool', async () => {
    const stage = setStage({ P: neverAnswer });
    const call = stage.call({}, { timeouts: { unary: undefined } });
    await stage.until(54.9);
    expect(call.at).toBeUndefined();
    await stage.until(100);
    expect(trail(call)).toBe('m@P silent');
    expect(call).toMatchObject({ at: 55, reply: { text: CANNED } });
  });

  it.each([
    ['a canned reply that is none', { cannedReply: 42 }, 'cannedReply'],
    ['a signal that is none', { signal: 'x' }, 'signal'],
    ['null', null, 'options'],
  ])('%s is a ConfigError, and nothing is sent', async (_what, options, path) => {
    const stage = setStage({ P: () => answerWith('P') });
    // As from JavaScript.
    const call = stage.call({}, options as object);
    await stage.until(1);
    expect(AIFailoverError.is(call.error)).toBe(true);
    expect(call.error).toMatchObject({ code: 'AIF_CONFIG', issues: [{ path }] });
    expect(stage.requests).toEqual([]);
    expect(stage.failover.status().calls.inFlight).toBe(0);
  });

  it('may have a signal of another class than the platform has', async () => {
    const target = new EventTarget();
    const foreign = {
      aborted: false,
      reason: undefined as unknown,
      addEventListener: target.addEventListener.bind(target),
      removeEventListener: target.removeEventListener.bind(target),
    };
    const stage = setStage({ P: neverAnswer });
    const call = stage.call({}, { signal: foreign });
    await stage.until(1);
    const reason = new Error('enough');
    Object.assign(foreign, { aborted: true, reason });
    target.dispatchEvent(new Event('abort'));
    await stage.until(1);
    expect(call).toMatchObject({ at: 1, error: reason });
    expect(stage.requests[0]?.aborted).toBe(true);
  });
});

describe('A rest by hand', () => {
  it.each([NaN, Infinity, -1])('of %s is a ConfigError', (duration) => {
    const { failover } = setStage({ P: () => answerWith('P') });
    expect(() => failover.upstream('P').rest(duration)).toThrow(expect.objectContaining({ code: 'AIF_CONFIG' }));
  });
});

it('a signal without a reason, as the polyfill abort-controller makes, rejects with an error all the same', async () => {
  const target = new EventTarget();
  const foreign = {
    aborted: false,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  };
  const stage = setStage({ P: neverAnswer });
  const call = stage.call({}, { signal: foreign });
  await stage.until(1);
  foreign.aborted = true;
  target.dispatchEvent(new Event('abort'));
  await stage.until(1);
  expect(call.error).toBeInstanceOf(Error);
});
