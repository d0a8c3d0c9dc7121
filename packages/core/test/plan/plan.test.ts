import { describe, expect, it } from 'vitest';
import type { BalanceOption } from '../../src/config/options.js';
import { createBalance } from '../../src/plan/balance/create-balance.js';
import { orderDeployments, take, type Standing } from '../../src/plan/plan.js';
import type { RouteModel } from '../../src/plan/route.js';
import type { Deployment } from '../../src/pool/pool.js';
import { asker, members } from './balance/members.js';

const WAYS = ['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'] as const;

const AT = 1_000;
const WELL: Standing = { freeAt: AT, weight: 1, share: 1, degraded: false };
const DEGRADED: Standing = { ...WELL, degraded: true };
const RESTING: Standing = { ...WELL, freeAt: AT + 1 };

function tierOf(balance: BalanceOption, all: readonly Deployment[], priority = 1) {
  return { priority, members: all, balance: createBalance(balance, all), rotation: { turns: [] } };
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
