import { describe, expect, it } from 'vitest';
import type { BalanceOption } from '../../src/config/options.js';
import { createBalance } from '../../src/plan/balance/create-balance.js';
import { orderDeployments, take, type Standing } from '../../src/plan/plan.js';
import type { RouteModel } from '../../src/plan/route.js';
import type { Deployment } from '../../src/pool/pool.js';
import { asker, members } from './balance/members.js';

const WAYS = ['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'] as const;

const AT = 1_000;
const WELL: Standing = { freeAt: AT, weight: 1, share: 1, recovered: 1, degraded: false };
const DEGRADED: Standing = { ...WELL, degraded: true };
const RESTING: Standing = { ...WELL, freeAt: AT + 1 };

function tierOf(balance: BalanceOption, all: readonly Deployment[], priority = 1) {
  return { priority, members: all, balance: createBalance(balance, all), rotation: { turns: [], lead: 0 } };
}

/** Names of upstreams in the order in which `count` calls would ask them. */
function orders(tiers: RouteModel['tiers'], standings: Readonly<Record<string, Standing>>, count = 1): string[][] {
  const model = { model: 'm', weight: 1, tiers, leftOut: [] };
  const nameOf = ({ upstream }: Deployment): string => upstream.settings.name;
  const chooser = { view: (one: Deployment) => standings[nameOf(one)] ?? WELL, asker: asker() };
  return Array.from({ length: count }, () => take(orderDeployments(model, chooser, AT)).map(nameOf));
}

/** How often each of these comes first. */
function firsts(all: readonly string[][], names: readonly string[]): number[] {
  return names.map((name) => all.filter(([first]) => first === name).length);
}

/** Draws may differ by one from halves. */
const EVENLY = expect.toSatisfy(
  ([a = 0, b = 0]: readonly number[]) => a + b === 100 && Math.abs(a - b) <= 2,
  'a half each',
);

describe.each(WAYS)('By %s', (way) => {
  it('degraded members come behind the healthy ones of all tiers, and those that rest behind them', () => {
    const tiers = [tierOf(way, members('a', 'b', 'c')), tierOf(way, members('d', 'e', 'f'), 2)];
    const standings = { a: RESTING, b: DEGRADED, d: DEGRADED, e: RESTING };
    for (const order of orders(tiers, standings, 10)) expect(order).toEqual(['c', 'f', 'b', 'd', 'a', 'e']);
  });

  it('the healthy ones beside a degraded one share evenly', () => {
    const tiers = [tierOf(way, members('a', 'b', 'c'))];
    expect(firsts(orders(tiers, { c: DEGRADED }, 100), ['a', 'b'])).toEqual(EVENLY);
  });

  it('degraded ones share where nobody is healthy', () => {
    const tiers = [tierOf(way, members('a', 'b', 'c'))];
    const standings = { a: DEGRADED, b: DEGRADED, c: RESTING };
    expect(firsts(orders(tiers, standings, 100), ['a', 'b'])).toEqual(EVENLY);
  });

  it('a healthy one of weight 0 still goes before a degraded one', () => {
    const tiers = [tierOf(way, members('a', 'b', 'c'))];
    const standings = { a: { ...WELL, weight: 0 }, b: DEGRADED, c: RESTING };
    expect(orders(tiers, standings)).toEqual([['a', 'b', 'c']]);
  });

  it('a tier of one needs no balance', () => {
    expect(orders([tierOf(way, members('a')), tierOf(way, members('b'), 2)], { a: DEGRADED })).toEqual([['b', 'a']]);
  });
});

const recovering = (share: number): Standing => ({ ...WELL, share, recovered: share });

describe('A tier that recovers', () => {
  const tiers = () => [
    tierOf('weighted', members('a')),
    tierOf('weighted', members('b'), 2),
    tierOf('weighted', members('c'), 3),
  ];

  it.each([0.1, 0.25, 0.5, 0.9])('of %d leaves the others to the next one, evenly spread', (share) => {
    const all = orders(tiers(), { a: recovering(share) }, 1_000);
    const first = all.map(([name]) => name);
    expect(first.filter((name) => name === 'a')).toHaveLength(1_000 * share);
    expect(new Set(first)).toEqual(new Set(['a', 'b']));
    for (let from = 0; from < 1_000; from += 100) {
      const some = first.slice(from, from + 100).filter((name) => name === 'a').length;
      expect(Math.abs(some - 100 * share)).toBeLessThanOrEqual(1);
    }
  });

  it('comes right behind the tier that goes before it', () => {
    expect(new Set(orders(tiers(), { a: recovering(0.5) }, 10).map(String))).toEqual(new Set(['a,b,c', 'b,a,c']));
  });

  it('goes first where nobody else is well', () => {
    const standings = { a: recovering(0.1), b: DEGRADED, c: RESTING };
    for (const order of orders(tiers(), standings, 20)) expect(order).toEqual(['a', 'b', 'c']);
  });

  it('passes on to the next one, which may only take a part as well', () => {
    const standings = { a: recovering(0.5), b: recovering(0.5) };
    const all = orders(tiers(), standings, 1_000);
    expect(firsts(all, ['a', 'b', 'c'])).toEqual([500, 250, 250]);
  });

  it('does not step aside while one of its members can take all', () => {
    const two = [tierOf('weighted', members('a', 'b')), tierOf('weighted', members('c'), 2)];
    const all = orders(two, { a: recovering(0.1) }, 110);
    expect(firsts(all, ['a', 'b', 'c'])).toEqual([10, 100, 0]);
  });

  it.each([
    ['rests', { ...RESTING, recovered: 0.1 }],
    ['is degraded', { ...DEGRADED, recovered: 0.1 }],
    ['has no weight', { ...recovering(0.1), weight: 0 }],
  ])('is not one whose member %s', (_, standing) => {
    const two = [tierOf('weighted', members('a', 'b')), tierOf('weighted', members('c'), 2)];
    expect(firsts(orders(two, { a: standing }, 50), ['b'])).toEqual([50]);
  });

  it('is not one whose quota runs low', () => {
    expect(firsts(orders(tiers(), { a: { ...WELL, share: 0.1 } }, 50), ['a'])).toEqual([50]);
  });

  it('is shown by a look that changes nothing', () => {
    const model = { model: 'm', weight: 1, tiers: tiers(), leftOut: [] };
    const chooser = {
      view: ({ upstream }: Deployment) => (upstream.settings.name === 'a' ? recovering(0.5) : WELL),
      asker: asker(),
    };
    const look = () => orderDeployments(model, chooser, AT).items.map(({ upstream }) => upstream.settings.name);
    const first = look();
    expect([look(), look()]).toEqual([first, first]);
    take(orderDeployments(model, chooser, AT));
    expect(look()).not.toEqual(first);
  });
});
