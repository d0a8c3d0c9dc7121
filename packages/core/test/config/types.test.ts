import { expectTypeOf, it } from 'vitest';
import type { FailoverOptions, ModelName } from '../../src/config/options.js';
declare function createFailover<
  const Model extends string = never,
  const Chain extends string = never,
  const Configured extends PropertyKey = never,
>(options: FailoverOptions<Model, Chain, Configured>): { model: ModelName<Model, Configured>; chain: Chain };
declare function two<const Model extends string, const Chain extends string>(
  options: FailoverOptions<Model, Chain>,
): { model: Model; chain: Chain };

const up = { name: 'a', provider: 'openai', keys: [process.env['X']] } as const;

it('x', () => {
  const a = () =>
    createFailover({
      upstreams: [
        { ...up, models: ['m1', 'm2'] },
        { ...up, models: { m3: {}, m4: { id: 'x' } } },
      ],
      chains: { default: ['m1', { m3: 1, m2: 3 }], cheap: { steps: ['m4'] } },
      lastResort: 'm2',
    });
  expectTypeOf(a).returns.toEqualTypeOf<{ model: 'm1' | 'm2' | 'm3' | 'm4'; chain: 'default' | 'cheap' }>();
  const b = () =>
    createFailover({ upstreams: [{ name: 'a', provider: 'openai', keys: [process.env['X']], models: ['m1', 'm2'] }] });
  expectTypeOf(b).returns.toEqualTypeOf<{ model: 'm1' | 'm2'; chain: never }>();
  const c = () =>
    createFailover({ upstreams: [{ name: 'a', provider: 'openai', keys: 'none', models: { m1: {}, m2: {} } }] });
  expectTypeOf(c).returns.toEqualTypeOf<{ model: 'm1' | 'm2'; chain: never }>();
  const b2 = () =>
    two({ upstreams: [{ name: 'a', provider: 'openai', keys: [process.env['X']], models: ['m1', 'm2'] }] });
  expectTypeOf(b2).returns.toEqualTypeOf<{ model: 'm1' | 'm2'; chain: string }>();
  const c2 = () =>
    two({
      upstreams: [{ name: 'a', provider: 'openai', keys: 'none', models: { m1: {}, m2: {} } }],
      chains: { default: ['m1'] },
    });
  expectTypeOf(c2).returns.toEqualTypeOf<{ model: 'm1' | 'm2'; chain: 'default' }>();
  const d = (x: FailoverOptions) => createFailover(x);
  expectTypeOf(d).returns.toEqualTypeOf<{ model: string; chain: string }>();
  const e = (x: string[]) => createFailover({ upstreams: [{ ...up, models: x }], chains: { default: ['foo'] } });
  expectTypeOf(e).returns.toEqualTypeOf<{ model: string; chain: 'default' }>();
  createFailover({
    upstreams: [{ ...up, models: ['m1'] }],
    // @ts-expect-error typo
    chains: { default: ['m2'] },
  });
  createFailover({
    upstreams: [{ ...up, models: { m1: {} } }],
    // @ts-expect-error typo
    chains: { default: [{ m2: 4 }] },
  });
  createFailover({
    upstreams: [{ ...up, models: { m1: {} } }],
    // @ts-expect-error typo
    chains: { default: { steps: ['m2'] } },
  });
  createFailover({
    upstreams: [{ ...up, models: { m1: {} } }],
    // @ts-expect-error typo
    lastResort: 'm2',
  });
  createFailover({
    upstreams: [
      {
        ...up,
        models: {
          m1: {
            // @ts-expect-error typo
            idd: 'x',
          },
        },
      },
    ],
  });
  createFailover({
    upstreams: [
      {
        ...up,
        // @ts-expect-error typo
        baseURL: 'x',
        models: ['m1'],
      },
    ],
  });
  createFailover({
    upstreams: [
      { ...up, models: ['m1'] },
      { ...up, models: { m2: {}, m3: {} } },
      { ...up, models: { m2: { id: 'u' } } },
    ],
    // @ts-expect-error typo
    chains: { default: ['m4'] },
  });
});
it('y', () => {
  const list = ['m1', 'm2'] as const;
  const table = { m3: {}, m4: { reasoning: true } } as const;
  const table2: Record<string, { id: string }> = {};
  const a = () =>
    createFailover({
      upstreams: [
        { ...up, models: list },
        { ...up, models: table },
        { ...up, models: { m4: {}, 'gpt-4.1': { timeouts: { connect: 1 } } } },
      ],
      chains: { default: ['m1', { m3: 1, m2: 3 }, 'gpt-4.1'], cheap: { steps: ['m4'] } },
      lastResort: 'm2',
    });
  expectTypeOf(a).returns.toEqualTypeOf<{ model: 'm1' | 'm2' | 'm3' | 'm4' | 'gpt-4.1'; chain: 'default' | 'cheap' }>();
  const b = () =>
    createFailover({
      upstreams: [
        { ...up, models: list },
        { ...up, models: table2 },
        { ...up, models: { m4: {}, 'gpt-4.1': { timeouts: { connect: 1 } } } },
      ],
    });
  expectTypeOf(b).returns.toEqualTypeOf<{ model: string; chain: never }>();
  createFailover({
    upstreams: [
      { ...up, models: list },
      {
        ...up,
        // @ts-expect-error not a name
        models: [1],
      },
    ],
  });
  createFailover({
    upstreams: [
      { ...up, models: list },
      {
        ...up,
        // @ts-expect-error not a name
        models: [{ m1: {} }],
      },
    ],
  });
  createFailover({
    upstreams: [
      { ...up, models: list },
      {
        ...up,
        models: {
          m1: {
            // @ts-expect-error not a name
            idd: 'x',
          },
        },
      },
    ],
  });
  createFailover({
    upstreams: [
      { ...up, models: list },
      {
        ...up,
        models: {
          // @ts-expect-error not a name
          m1: 'm2',
        },
      },
    ],
  });
  const o: FailoverOptions = {
    upstreams: [
      { ...up, models: list },
      { ...up, models: table },
    ],
  };
  const p = <M extends string>(o: FailoverOptions<M>) => createFailover(o);
  const q = <const M extends string, const C extends string = never, const N extends PropertyKey = M>(
    o: FailoverOptions<M, C, N>,
  ) => createFailover(o);
  const r = q({
    upstreams: [
      { ...up, models: list },
      { ...up, models: table },
    ],
  });
  expectTypeOf(r).toEqualTypeOf<{ model: 'm1' | 'm2' | 'm3' | 'm4'; chain: never }>();
});
