import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyFunction, KeyRequest } from '../../src/config/key-options.js';
import { TokenCredential } from '../../src/pool/token-credential.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Fault {
  readonly error: unknown;
  readonly needed: boolean;
}

function credentialOf(ask: KeyFunction) {
  const asked = vi.fn<KeyFunction>(ask);
  const faults: Fault[] = [];
  const credential = new TokenCredential(asked, {
    now: () => performance.now(),
    compose: (secret) => ({ authorization: `Bearer ${secret}` }),
    onFault: (error, needed) => faults.push({ error, needed }),
  });
  return { credential, asked, faults };
}

/** `first`, `second`, … */
function counting(expiresIn?: number) {
  let count = 0;
  return credentialOf(async () => {
    count += 1;
    return { key: `token-${count}`, expiresIn };
  });
}

const wait = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('A token', () => {
  it('is asked for when it is needed, once for all who wait', async () => {
    const { credential, asked } = counting();
    expect(asked).not.toHaveBeenCalled();
    expect(credential.headers()).toBeUndefined();
    const all = await Promise.all(Array.from({ length: 100 }, () => credential.obtain()));
    expect(new Set(all).size).toBe(1);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is composed once and then given without waiting', async () => {
    const { credential } = counting();
    const first = await credential.obtain();
    expect(first).toEqual(bearer('token-1'));
    expect(credential.headers()).toBe(first);
    expect(credential.headers()).toBe(first);
  });

  it('without a time of its own is good for five minutes, and renewed unseen half a minute before', async () => {
    const { credential, asked } = credentialOf(() => `token-${asked.mock.calls.length}`);
    await credential.obtain();
    await wait(269_999);
    expect(credential.headers()).toEqual(bearer('token-1'));
    expect(asked).toHaveBeenCalledTimes(1);
    await wait(1);
    expect(credential.headers()).toEqual(bearer('token-1'));
    await wait(0);
    expect(credential.headers()).toEqual(bearer('token-2'));
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('with a short time is renewed in its last tenth', async () => {
    const { credential, asked } = counting(1_000);
    await credential.obtain();
    await wait(899);
    credential.headers();
    expect(asked).toHaveBeenCalledTimes(1);
    await wait(1);
    for (let more = 0; more < 10; more += 1) expect(credential.headers()).toEqual(bearer('token-1'));
    await wait(0);
    expect(credential.headers()).toEqual(bearer('token-2'));
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('that has expired is not given any more', async () => {
    const { credential, asked } = counting(1_000);
    await credential.obtain();
    await wait(1_000);
    expect(credential.headers()).toBeUndefined();
    expect(await credential.obtain()).toEqual(bearer('token-2'));
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('that was refused is asked for again, once for all who have used it', async () => {
    const { credential, asked } = counting();
    const first = await credential.obtain();
    for (let call = 0; call < 10; call += 1) expect(credential.renew(first ?? {})).toBe(true);
    expect(credential.headers()).toBeUndefined();
    await Promise.all([credential.obtain(), credential.obtain()]);
    expect(credential.renew(first ?? {})).toBe(true);
    expect(credential.headers()).toEqual(bearer('token-2'));
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('stays known for a while after it was replaced, and not for ever', async () => {
    const { credential } = counting(1_000);
    for (let count = 0; count < 20; count += 1) {
      await credential.obtain();
      await wait(1_000);
    }
    expect(credential.secrets).toEqual([20, 19, 18, 17, 16, 15, 14, 13].map((number) => `token-${number}`));
  });
});

describe('A function that fails', () => {
  it.each<[string, KeyFunction, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no network');
      },
      /no network/,
    ],
    ['rejects', () => Promise.reject(new Error('no network')), /no network/],
    ['returns nothing', (() => undefined) as never, /string/],
    ['returns null', (() => null) as never, /string/],
    ['returns a number', (() => 42) as never, /string/],
    ['returns an object without a key', (() => ({ token: 'abc-12345678' })) as never, /string/],
    ['returns a blank', () => ' ', /blank/],
    ['returns a line break', () => 'token\r\nx-evil: 1', /white space/],
    ['returns what no header can hold', () => 'tok\u00e9n', /ASCII/],
    ['returns a whole header', () => 'Bearer abcdefgh', /Bearer/],
    ['returns far too much', () => 'k'.repeat(16_385), /16384/],
    ['returns a lifetime that has passed', () => ({ key: 'token', expiresIn: 0 }), /expiresIn/],
    ['returns a lifetime that is none', () => ({ key: 'token', expiresIn: NaN }), /expiresIn/],
    ['returns a lifetime in words', (() => ({ key: 'token', expiresIn: '300' })) as never, /expiresIn/],
    [
      'returns what cannot be looked at',
      () => ({
        get key(): string {
          throw new Error('a trap');
        },
      }),
      /a trap/,
    ],
  ])('because it %s gives no headers, and the fault is told once', async (_what, ask, words) => {
    const { credential, faults } = credentialOf(ask);
    expect(await Promise.all([credential.obtain(), credential.obtain()])).toEqual([undefined, undefined]);
    expect(faults).toEqual([{ error: expect.any(Error), needed: true }]);
    expect(String(faults[0]?.error)).toMatch(words);
    expect(credential.headers()).toBeUndefined();
    expect(credential.secrets).toEqual([]);
  });

  it('never has its answer quoted', async () => {
    const secret = 'sk-live 4f9a8b7c6d5e';
    const { credential, faults } = credentialOf(() => secret);
    await credential.obtain();
    expect(String(faults[0]?.error)).not.toContain('4f9a');
  });

  it('because it takes longer than ten seconds is given up, and what it says later is not heard', async () => {
    let request: KeyRequest | undefined;
    let settle: (token: string) => void = () => {};
    const { credential, faults } = credentialOf((given) => {
      request = given;
      return new Promise<string>((resolve) => (settle = resolve));
    });
    const waiting = credential.obtain();
    await wait(9_999);
    expect(faults).toEqual([]);
    expect(request?.signal.aborted).toBe(false);
    await wait(1);
    expect(await waiting).toBeUndefined();
    expect(request?.signal.aborted).toBe(true);
    expect(faults).toEqual([{ error: expect.any(Error), needed: true }]);
    settle('too-late');
    await wait(0);
    expect(credential.headers()).toBeUndefined();
  });

  it('whose rejection comes after its time leaves nothing unhandled', async () => {
    let fail: (error: Error) => void = () => {};
    const { credential } = credentialOf(() => new Promise<string>((_, reject) => (fail = reject)));
    const waiting = credential.obtain();
    await wait(10_000);
    fail(new Error('too late'));
    expect(await waiting).toBeUndefined();
  });

  it('is asked again by the next who needs it', async () => {
    let fails = true;
    const { credential } = credentialOf(() => {
      if (fails) throw new Error('not yet');
      return 'token-1';
    });
    expect(await credential.obtain()).toBeUndefined();
    fails = false;
    expect(await credential.obtain()).toEqual(bearer('token-1'));
  });

  it('while the token is still good is asked again after five seconds, and nobody waits for it', async () => {
    let fails = false;
    const { credential, asked, faults } = credentialOf(() => {
      if (fails) throw new Error('not now');
      return `token-${asked.mock.calls.length}`;
    });
    await credential.obtain();
    fails = true;
    await wait(270_000);
    for (let call = 0; call < 10; call += 1) {
      expect(credential.headers()).toEqual(bearer('token-1'));
      await wait(0);
    }
    expect(faults).toEqual([{ error: expect.any(Error), needed: false }]);
    await wait(4_999);
    credential.headers();
    expect(asked).toHaveBeenCalledTimes(2);
    fails = false;
    await wait(1);
    expect(credential.headers()).toEqual(bearer('token-1'));
    await wait(0);
    expect(credential.headers()).toEqual(bearer('token-3'));
  });
});

describe('close', () => {
  it('gives up what is under way, tells the function, and blames nobody', async () => {
    let request: KeyRequest | undefined;
    const { credential, faults } = credentialOf((given) => {
      request = given;
      return new Promise<string>(() => {});
    });
    const waiting = credential.obtain();
    await wait(0);
    credential.close();
    expect(await waiting).toBeUndefined();
    expect(request?.signal.aborted).toBe(true);
    expect(await credential.obtain()).toBeUndefined();
    expect(faults).toEqual([]);
  });
});
