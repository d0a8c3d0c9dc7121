import { describe, expect, it } from 'vitest';
import { hashOf, mixed } from '../../../src/plan/balance/hash.js';
import { createSticky, rendezvous } from '../../../src/plan/balance/sticky.js';
import { DRAWS, firsts, sharesOf } from './draws.js';
import { asker, askerOf, members } from './members.js';

const NAMES = ['north', 'south', 'east', 'west'];
const HASHES = NAMES.map(hashOf);

/** Where each of 100,000 users is at home. */
function homes(weights: readonly number[], key = (user: number) => `user-${user}`): number[] {
  return Array.from({ length: DRAWS }, (_, user) => rendezvous(key(user), HASHES, weights)[0] ?? -1);
}

function shares(all: readonly number[]): number[] {
  return sharesOf(NAMES.map((_, index) => all.filter((home) => home === index).length));
}

describe('sticky', () => {
  it.each([
    ['numbered names', (user: number) => `user-${user}`],
    ['plain numbers', (user: number) => String(user)],
    ['addresses', (user: number) => `someone.${user}@shop.example`],
    ['long names that end alike', (user: number) => `${user}-0123456789abcdef0123456789abcdef`],
  ])('shares 100,000 users evenly: %s', (_, key) => {
    for (const share of shares(homes([1, 1, 1, 1], key))) expect(Math.abs(share - 0.25)).toBeLessThan(0.01);
  });

  it('shares them by weight', () => {
    const [a = 0, b = 0, c = 0, d = 0] = shares(homes([4, 3, 2, 1]));
    for (const [share, expected] of [
      [a, 0.4],
      [b, 0.3],
      [c, 0.2],
      [d, 0.1],
    ] as const) {
      expect(Math.abs(share - expected)).toBeLessThan(0.01);
    }
  });

  it('moves only the users of a member that is lost, and spreads them over the others', () => {
    const before = homes([2, 1, 1, 1]);
    const after = homes([2, 0, 1, 1]);
    const moved = before.flatMap((home, user) => (home === 1 ? [after[user] ?? -1] : []));
    expect(before.filter((home, user) => home !== 1 && after[user] !== home)).toEqual([]);
    const [a = 0, b = 0, c = 0, d = 0] = shares(moved);
    expect(b).toBe(0);
    for (const [share, expected] of [
      [a, 0.5],
      [c, 0.25],
      [d, 0.25],
    ] as const) {
      expect(Math.abs(share - expected)).toBeLessThan(0.02);
    }
  });

  it('brings home only its own users, more and more of them, while a member recovers', () => {
    const whole = homes([1, 1, 1, 1]);
    let last = homes([0, 1, 1, 1]);
    for (const share of [0.1, 0.4, 0.7, 1]) {
      const now = homes([share, 1, 1, 1]);
      // Nobody comes who is at home elsewhere, and nobody leaves again.
      expect(now.filter((home, user) => home === 0 && whole[user] !== 0)).toEqual([]);
      expect(now.filter((home, user) => home !== 0 && last[user] === 0)).toEqual([]);
      expect(now.filter((home) => home === 0).length).toBeGreaterThan(last.filter((home) => home === 0).length);
      last = now;
    }
    expect(last).toEqual(whole);
  });

  it('gives each user an order of his own, so that all go the same way twice', () => {
    for (let user = 0; user < 1_000; user += 1) {
      const order = rendezvous(`user-${user}`, HASHES, [1, 1, 1, 1]);
      expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      const [home = -1, ...others] = order;
      const weights = [1, 1, 1, 1].map((weight, index) => (index === home ? 0 : weight));
      expect(rendezvous(`user-${user}`, HASHES, weights)).toEqual([...others, home]);
    }
  });

  it('is at home in the same place in every process', () => {
    const found = ['ada', 'grace', 'alan', 'edsger', 'barbara'].map(
      (user) => rendezvous(user, HASHES, [1, 1, 1, 1])[0],
    );
    expect(found).toEqual(FIXED);
  });

  it('shares calls of nobody by weight', () => {
    const balance = createSticky(members('a', 'b'), undefined);
    expect(firsts(2, (turns) => balance.order([3, 1], turns, asker()))).toEqual([75_000, 25_000]);
  });

  it('takes no turn for the call of a user', () => {
    const balance = createSticky(members('a', 'b'), undefined);
    const turns = [0.5, -0.5];
    expect(balance.order([1, 1], turns, askerOf('ada')).turns).toBe(turns);
  });

  it('asks for the key by the function of the options', () => {
    const keyOf = (): string => 'shop';
    const asked: unknown[] = [];
    const balance = createSticky(members('a', 'b'), keyOf);
    const stickyKey = (given: unknown): string => {
      asked.push(given);
      return 'shop';
    };
    expect(balance.order([1, 1], [], asker({ stickyKey })).order).toEqual(
      balance.order([1, 1], [], askerOf('shop')).order,
    );
    expect(asked).toEqual([keyOf]);
  });
});

describe('A hash', () => {
  it('is one of 32 bits, the same each time', () => {
    expect(hashOf('')).toBe(hashOf(''));
    expect(hashOf('ab')).not.toBe(hashOf('ba'));
    for (const text of ['', 'a', 'é', '用户', 'x'.repeat(10_000)]) {
      expect(Number.isInteger(hashOf(text)) && hashOf(text) >= 0 && hashOf(text) < 2 ** 32).toBe(true);
    }
  });

  it('is never 0 or 1 when mixed, so that its logarithm is finite', () => {
    for (const [one, other] of [
      [0, 0],
      [2 ** 32 - 1, 0],
      [0, 2 ** 32 - 1],
      [1, 1],
    ] as const) {
      expect(mixed(one, other)).toBeGreaterThan(0);
      expect(mixed(one, other)).toBeLessThan(1);
    }
  });
});

/** Changed numbers would send every user elsewhere after an update. */
const FIXED = [3, 1, 3, 1, 3];
