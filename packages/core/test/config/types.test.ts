import { expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type {
  breakerSchema,
  deploymentRetrySchema,
  limitsSchema,
  retrySchema,
  timeoutsSchema,
} from '../../src/config/group-schemas.js';
import type { healthGroupSchema } from '../../src/config/health-schema.js';
import type { HealthOptions } from '../../src/config/health-options.js';
import type {
  BreakerOptions,
  DeploymentRetryOptions,
  FailoverOptions,
  LimitOptions,
  Requirements,
  RetryOptions,
  TimeoutOptions,
  UpstreamOptions,
} from '../../src/config/options.js';
import type { CapabilityOptions, ModelName, ModelOptions, PriceOptions } from '../../src/config/model-options.js';
import type { requireSchema } from '../../src/config/chain-schema.js';
import type { optionsSchema } from '../../src/config/schema.js';
import type { StateOptions } from '../../src/config/state-options.js';
import type { stateSchema } from '../../src/config/state-schema.js';
import type { capabilitiesSchema, modelSchema, priceSchema, upstreamSchema } from '../../src/config/upstream-schema.js';

// Nothing here is run: `tsc` checks it. The functions stand for `createFailover`.

interface Names<Model, Chain> {
  readonly model: Model;
  readonly chain: Chain;
}

type Create = <
  const Model extends string = never,
  const Chain extends string = never,
  const Configured extends PropertyKey = never,
>(
  options: FailoverOptions<Model, Chain, Configured>,
) => Names<ModelName<Model, Configured>, Chain>;

/** Without the third parameter names are still found, as long as all upstreams write their models in the same way. */
type CreatePlain = <const Model extends string, const Chain extends string>(
  options: FailoverOptions<Model, Chain>,
) => Names<Model, Chain>;

const base = { name: 'north', provider: 'openai', keys: [process.env['NORTH_KEY']] } as const;

it('finds the names of models in lists', () => {
  const made = (create: Create) =>
    create({
      upstreams: [
        { ...base, models: ['a', 'b'] },
        { ...base, models: ['c'] },
      ],
    });
  expectTypeOf(made).returns.toEqualTypeOf<Names<'a' | 'b' | 'c', never>>();
});

it('finds the names of models in tables', () => {
  const made = (create: Create) =>
    create({
      upstreams: [
        { ...base, models: { a: {}, b: { id: 'x' } } },
        { ...base, models: { b: {}, c: {} } },
      ],
    });
  expectTypeOf(made).returns.toEqualTypeOf<Names<'a' | 'b' | 'c', never>>();
});

it('finds the names of models in lists beside tables, also in constants, and those of chains', () => {
  const list = ['a', 'b'] as const;
  const table = { c: {}, d: { reasoning: true } } as const;
  const made = (create: Create) =>
    create({
      upstreams: [
        { ...base, models: list },
        { ...base, models: table },
        { ...base, models: { d: {}, 'gpt-4.1': { timeouts: { connect: 1 } } } },
        { ...base, models: ['e'] },
      ],
      chains: {
        default: ['a', { c: 60, b: 40 }, 'gpt-4.1'],
        cheap: { steps: ['d', { e: 1 }], require: { tags: ['x'] } },
      },
      lastResort: 'e',
    });
  expectTypeOf(made).returns.toEqualTypeOf<Names<'a' | 'b' | 'c' | 'd' | 'e' | 'gpt-4.1', 'default' | 'cheap'>>();
});

it('takes any name when the models are not known in advance', () => {
  const fromList = (create: Create, models: string[]) =>
    create({ upstreams: [{ ...base, models }], chains: { default: ['any'] } });
  expectTypeOf(fromList).returns.toEqualTypeOf<Names<string, 'default'>>();
  const fromTable = (create: Create, models: Record<string, ModelOptions>) =>
    create({
      upstreams: [
        { ...base, models },
        { ...base, models: ['a'] },
      ],
    });
  expectTypeOf(fromTable).returns.toEqualTypeOf<Names<string, never>>();
  const whole = (create: Create, options: FailoverOptions) => create(options);
  expectTypeOf(whole).returns.toEqualTypeOf<Names<string, string>>();
});

it('passes through functions that take options themselves', () => {
  const adapter = <
    const Model extends string = never,
    const Chain extends string = never,
    const Configured extends PropertyKey = never,
  >(
    create: Create,
    options: FailoverOptions<Model, Chain, Configured>,
  ) => create(options);
  const made = (create: Create) =>
    adapter(create, {
      upstreams: [
        { ...base, models: ['a'] },
        { ...base, models: { b: {} } },
      ],
      chains: { default: ['b'] },
    });
  expectTypeOf(made).returns.toEqualTypeOf<Names<'a' | 'b', 'default'>>();
});

it('finds names with two parameters, too', () => {
  const list = (create: CreatePlain) => create({ upstreams: [{ ...base, models: ['a', 'b'] }], chains: { x: ['a'] } });
  expectTypeOf(list).returns.toEqualTypeOf<Names<'a' | 'b', 'x'>>();
  const table = (create: CreatePlain) => create({ upstreams: [{ ...base, models: { a: {} } }], chains: { x: ['a'] } });
  expectTypeOf(table).returns.toEqualTypeOf<Names<'a', 'x'>>();
});

it('does not compile a model in a chain that nobody serves', () => {
  expectTypeOf((create: Create) => {
    const list = [{ ...base, models: ['a'] }] as const;
    const table = [{ ...base, models: { a: {} } }] as const;
    // @ts-expect-error a typo in a chain
    create({ upstreams: list, chains: { default: ['b'] } });
    // @ts-expect-error a typo in a chain
    create({ upstreams: table, chains: { default: ['b'] } });
    // @ts-expect-error a typo in a weighted step
    create({ upstreams: list, chains: { default: [{ a: 1, b: 4 }] } });
    // @ts-expect-error a typo in a weighted step
    create({ upstreams: table, chains: { default: [{ b: 4 }] } });
    // @ts-expect-error a typo in the steps of a chain
    create({ upstreams: [...list, ...table], chains: { default: { steps: ['b'] } } });
    // @ts-expect-error a typo in the last resort
    create({ upstreams: list, lastResort: 'b' });
    // @ts-expect-error a chain is no model
    create({ upstreams: list, chains: { cheap: ['a'] }, lastResort: 'cheap' });
    // @ts-expect-error what every list has is no model
    create({ upstreams: list, lastResort: 'length' });
  }).toBeFunction();
});

it('does not compile options that do not exist or are of another type', () => {
  expectTypeOf((create: Create) => {
    const list = { ...base, models: ['a'] } as const;
    // @ts-expect-error no such option of an upstream
    create({ upstreams: [{ ...base, models: ['a'], baseURL: 'x' }] });
    // @ts-expect-error no such option of a model
    create({ upstreams: [list, { ...base, models: { b: { idd: 'x' } } }] });
    // @ts-expect-error no such timeout
    create({ upstreams: [{ ...base, models: { b: { timeouts: { firstToken: 1 } } } }] });
    // @ts-expect-error a model's options are an object
    create({ upstreams: [list, { ...base, models: { b: 'their-name' } }] });
    // @ts-expect-error a model's name is a string
    create({ upstreams: [list, { ...base, models: [1] }] });
    // @ts-expect-error models with options do not stand in a list
    create({ upstreams: [list, { ...base, models: [{ b: {} }] }] });
    // @ts-expect-error an upstream has keys
    create({ upstreams: [{ name: 'north', provider: 'openai', models: ['a'] }] });
    // @ts-expect-error keys stand in a list
    create({ upstreams: [{ ...base, keys: 'sk-1', models: ['a'] }] });
    // @ts-expect-error only whole options
    create({ upstreams: [list], fallbacks: ['a'] });
    // @ts-expect-error one model's weight is a number
    create({ upstreams: [list], chains: { default: [{ a: '60' }] } });
  }).toBeFunction();
});

it('has the same fields in the options and in the schema that checks them', () => {
  expectTypeOf<keyof z.input<typeof optionsSchema>>().toEqualTypeOf<keyof FailoverOptions>();
  expectTypeOf<keyof z.input<typeof upstreamSchema>>().toEqualTypeOf<keyof UpstreamOptions>();
  expectTypeOf<keyof z.input<typeof modelSchema>>().toEqualTypeOf<keyof ModelOptions>();
  expectTypeOf<keyof z.input<typeof capabilitiesSchema>>().toEqualTypeOf<keyof CapabilityOptions>();
  expectTypeOf<keyof z.input<typeof timeoutsSchema>>().toEqualTypeOf<keyof TimeoutOptions>();
  expectTypeOf<keyof z.input<typeof deploymentRetrySchema>>().toEqualTypeOf<keyof DeploymentRetryOptions>();
  expectTypeOf<keyof z.input<typeof retrySchema>>().toEqualTypeOf<keyof RetryOptions>();
  expectTypeOf<keyof z.input<typeof breakerSchema>>().toEqualTypeOf<keyof BreakerOptions>();
  expectTypeOf<keyof z.input<typeof healthGroupSchema>>().toEqualTypeOf<keyof HealthOptions>();
  expectTypeOf<keyof z.input<typeof limitsSchema>>().toEqualTypeOf<keyof LimitOptions>();
  expectTypeOf<keyof z.input<typeof stateSchema>>().toEqualTypeOf<keyof StateOptions>();
  expectTypeOf<keyof z.input<typeof requireSchema>>().toEqualTypeOf<keyof Requirements>();
});

it('takes from the schema nothing but what the options promise', () => {
  expectTypeOf<FailoverOptions['timeouts']>().toExtend<z.input<typeof optionsSchema>['timeouts']>();
  expectTypeOf<FailoverOptions['cannedReply']>().toExtend<z.input<typeof optionsSchema>['cannedReply']>();
  expectTypeOf<FailoverOptions['classify']>().toEqualTypeOf<z.input<typeof optionsSchema>['classify']>();
  expectTypeOf<FailoverOptions['raceAfter']>().toEqualTypeOf<z.input<typeof optionsSchema>['raceAfter']>();
  expectTypeOf<FailoverOptions['onStreamFailure']>().toEqualTypeOf<z.input<typeof optionsSchema>['onStreamFailure']>();
  expectTypeOf<FailoverOptions['balance']>().toEqualTypeOf<z.input<typeof optionsSchema>['balance']>();
  expectTypeOf<keyof z.input<typeof priceSchema>>().toEqualTypeOf<keyof PriceOptions>();
  expectTypeOf<UpstreamOptions['provider']>().toEqualTypeOf<z.input<typeof upstreamSchema>['provider']>();
  expectTypeOf<FailoverOptions['criticalRatio']>().toEqualTypeOf<z.input<typeof optionsSchema>['criticalRatio']>();
  expectTypeOf<HealthOptions['probe']>().toEqualTypeOf<z.input<typeof healthGroupSchema>['probe']>();
  expectTypeOf<UpstreamOptions['sign']>().toEqualTypeOf<z.input<typeof upstreamSchema>['sign']>();
});
