import { describe, expect, it } from 'vitest';
import { cheapest, createCheapest } from '../../../src/plan/balance/cheapest.js';
import { DRAWS, firsts, sharesOf } from './draws.js';
import { asker, member } from './members.js';

/** All well, at these prices. */
function at(...prices: readonly number[]) {
  return prices.map((price) => ({ price, share: 1 }));
}

const WHOLE = [1, 1, 1];

describe('cheapest', () => {
  it('asks by price, and those without one last', () => {
    expect(cheapest(at(8, 2, 4), WHOLE, []).order).toEqual([1, 2, 0]);
    expect(cheapest(at(Infinity, 8, 2), WHOLE, []).order).toEqual([2, 1, 0]);
    expect(firsts(3, (turns) => cheapest(at(8, 2, 4), WHOLE, turns))).toEqual([0, DRAWS, 0]);
  });

  it('shares 100,000 draws by weight between those of equal price', () => {
    const counts = firsts(3, (turns) => cheapest(at(2, 9, 2), [3, 1, 1], turns));
    expect(counts).toEqual([75_000, 0, 25_000]);
  });

  it('shares by weight where nobody has a price', () => {
    expect(firsts(2, (turns) => cheapest(at(Infinity, Infinity), [3, 1], turns))).toEqual([75_000, 25_000]);
  });

  it('gives what one that recovers does not take to the next cheapest, and so on', () => {
    const offers = [
      { price: 1, share: 0.1 },
      { price: 2, share: 0.5 },
      { price: 3, share: 1 },
      { price: 4, share: 1 },
    ];
    const shares = sharesOf(firsts(4, (turns) => cheapest(offers, [0.1, 0.5, 1, 1], turns)));
    for (const [index, share] of [0.1, 0.45, 0.45, 0].entries()) expect(shares[index]).toBeCloseTo(share, 4);
  });

  it('leaves the calls of one that recovers to another of the same price', () => {
    const offers = [
      { price: 1, share: 0.25 },
      { price: 1, share: 1 },
      { price: 2, share: 1 },
    ];
    expect(firsts(3, (turns) => cheapest(offers, [0.25, 1, 1], turns))).toEqual([20_000, 80_000, 0]);
  });

  it('asks one of weight 0 last, however cheap it is', () => {
    expect(cheapest(at(0, 5, 4), [0, 1, 1], []).order).toEqual([2, 1, 0]);
    expect(cheapest(at(0, Infinity, 4), [0, 1, 1], []).order).toEqual([2, 1, 0]);
    expect(cheapest(at(3, 2), [0, 0], []).order).toHaveLength(2);
  });
});

describe('The price of a request', () => {
  const pair = [
    member('reads', { price: { input: 1, output: 10 } }),
    member('writes', { price: { input: 4, output: 4 } }),
    member('unknown'),
  ];
  const balance = createCheapest(pair);

  it('is that of its prompt and of the answer that may be expected', () => {
    const short = asker({ promptTokens: () => 10, maxOutputTokens: 500 });
    const long = asker({ promptTokens: () => 10_000, maxOutputTokens: 500 });
    expect(balance.order(WHOLE, [], short).order).toEqual([1, 0, 2]);
    expect(balance.order(WHOLE, [], long).order).toEqual([0, 1, 2]);
  });

  it('counts no more of a large limit than answers tend to have', () => {
    // With all 8,000 tokens it would be the other way round.
    const roomy = asker({ promptTokens: () => 3_000, maxOutputTokens: 8_000 });
    expect(balance.order(WHOLE, [], roomy).order[0]).toBe(0);
  });

  it('counts no more than the limit of the request', () => {
    expect(balance.order(WHOLE, [], asker({ promptTokens: () => 1_000 })).order[0]).toBe(1);
    expect(balance.order(WHOLE, [], asker({ promptTokens: () => 1_000, maxOutputTokens: 10 })).order[0]).toBe(0);
  });

  it('expects answers as long as the longest of any member tend to be', () => {
    const [reads, writes] = [
      member('reads', { price: { input: 1, output: 10 } }),
      member('writes', { price: { input: 4, output: 4 } }),
    ];
    const both = createCheapest([reads, writes]);
    expect(both.order([1, 1], [], asker({ promptTokens: () => 3_000 })).order).toEqual([0, 1]);
    for (let answer = 0; answer < 40; answer += 1) writes.outputSize.record(5_000);
    expect(both.order([1, 1], [], asker({ promptTokens: () => 3_000 })).order).toEqual([1, 0]);
  });

  it('is equal where prices are, however long the answers of each have been', () => {
    const price = { input: 2, output: 8 };
    const equal = [member('a', { price }), member('b', { price })];
    for (let answer = 0; answer < 40; answer += 1) equal[0]?.outputSize.record(5_000);
    const same = createCheapest(equal);
    expect(firsts(2, (turns) => same.order([1, 1], turns, asker()))).toEqual([DRAWS / 2, DRAWS / 2]);
  });

  it('of nothing is less than any other', () => {
    const own = [member('paid', { price: { input: 1, output: 1 } }), member('own', { price: { input: 0, output: 0 } })];
    expect(createCheapest(own).order([1, 1], [], asker()).order).toEqual([1, 0]);
  });
});
