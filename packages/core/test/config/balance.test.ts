import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { deployment, issueOf, options, upstream } from './sample-options.js';

describe('`balance`', () => {
  it.each(['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'])('may be %s', (balance) => {
    expect(resolveOptions(options({ balance })).chains.get('default')?.balance).toBe(balance);
  });

  it('may be a function of the call, which is kept as it is', () => {
    const sticky = () => 'everybody';
    expect(resolveOptions(options({ balance: { sticky } })).chains.get('default')?.balance).toEqual({ sticky });
  });

  it('of a chain goes before that of the whole', () => {
    const steps = ['gpt-4.1'];
    const chains = { near: { steps, balance: 'latency' }, far: { steps }, list: steps };
    const resolved = resolveOptions(options({ balance: 'sticky', chains })).chains;
    expect([...resolved].map(([name, { balance }]) => [name, balance])).toEqual([
      ['near', 'latency'],
      ['far', 'sticky'],
      ['list', 'sticky'],
      ['default', 'sticky'],
    ]);
  });

  it('that does not exist is refused with what there is', () => {
    expect(issueOf(options({ balance: 'fastest' })).expected).toBe(
      "'weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky', or { sticky: (call) => … }",
    );
    const chains = { a: { steps: ['gpt-4.1'], balance: 'fastest' } };
    expect(issueOf(options({ chains })).path).toBe('chains.a.balance');
  });

  it('takes nothing but a function for another key', () => {
    expect(issueOf(options({ balance: { sticky: 'user' } })).path).toBe('balance.sticky');
    expect(issueOf(options({ balance: {} })).path).toBe('balance.sticky');
  });

  it.each([
    ['balance.stickyBy', { balance: { sticky: () => 'x', stickyBy: 1 } }],
    [
      'chains.a.balance.stickyBy',
      { chains: { a: { steps: ['gpt-4.1'], balance: { sticky: () => 'x', stickyBy: 1 } } } },
    ],
  ])('knows what was meant by %s', (path, given) => {
    expect(issueOf(options(given))).toMatchObject({ path, suggestion: 'sticky' });
  });
});

describe('`price`', () => {
  /** What the model costs with these options and this map. */
  function priceOf(own: object, modelMap?: object): unknown {
    const models = { m: own };
    return deployment(resolveOptions({ upstreams: [upstream({ models })], modelMap }), 'm@north').price;
  }

  const ENTRY = { input_cost_per_token: 1.1e-6, output_cost_per_token: 4.4e-6, cache_read_input_token_cost: 2.75e-7 };

  it('is not known by default', () => {
    expect(priceOf({})).toBeUndefined();
    expect(priceOf({}, { other: ENTRY })).toBeUndefined();
  });

  it('is dollars per million tokens, and what is kept from earlier costs the same unless something else is said', () => {
    expect(priceOf({ price: { input: 2, output: 8 } })).toEqual({ input: 2, output: 8, cachedInput: 2 });
    expect(priceOf({ price: { input: 0, output: 0 } })).toEqual({ input: 0, output: 0, cachedInput: 0 });
    const price = { input: 2, output: 8, cachedInput: 0.5 };
    expect(priceOf({ price })).toEqual(price);
  });

  it('is read from a model map, which has dollars per token', () => {
    expect(priceOf({}, { m: ENTRY })).toEqual({ input: 1.1, output: 4.4, cachedInput: 0.275 });
    const { cache_read_input_token_cost: _, ...without } = ENTRY;
    expect(priceOf({}, { m: without })).toEqual({ input: 1.1, output: 4.4, cachedInput: 1.1 });
  });

  it.each([
    { output_cost_per_token: 1e-6 },
    { input_cost_per_token: 1e-6 },
    { ...ENTRY, input_cost_per_token: '1e-6' },
    { ...ENTRY, output_cost_per_token: -1 },
    { ...ENTRY, output_cost_per_token: Number.NaN },
  ])('that a map does not tell as it should is not known: %j', (entry) => {
    expect(priceOf({}, { m: entry })).toBeUndefined();
  });

  it("of the model's own options goes before that of the map, as a whole", () => {
    const price = { input: 2, output: 8 };
    expect(priceOf({ price }, { m: ENTRY })).toEqual({ input: 2, output: 8, cachedInput: 2 });
  });

  it.each([
    [{ input: 1 }, 'price.output'],
    [{ input: -1, output: 1 }, 'price.input'],
    [{ input: 1, output: '8' }, 'price.output'],
    [{ input: 1, output: Number.POSITIVE_INFINITY }, 'price.output'],
    [{ input: 1, output: 8, cachedInput: -1 }, 'price.cachedInput'],
    [5, 'price'],
  ])('may not be %j', (price, path) => {
    expect(issueOf({ upstreams: [upstream({ models: { m: { price } } })] }).path).toBe(`upstreams[0].models.m.${path}`);
  });

  it('is found behind other names for it', () => {
    const issue = (own: object) => issueOf({ upstreams: [upstream({ models: { m: own } })] }).suggestion;
    expect(issue({ pricing: 1 })).toBe('price');
    expect(issue({ input_cost_per_token: 1 })).toBe('price.input');
    expect(issue({ price: { input: 1, output: 1, cache_read: 1 } })).toBe('cachedInput');
  });
});
