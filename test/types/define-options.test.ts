/** Options that stand in a file of their own are options for every adapter; `tsc` does the testing. */
import { createFailover, defineOptions, type Failover, type FailoverOptions } from '@ai-failover/core';
import { aiFailover as forExpress } from '@ai-failover/express';
import { aiFailover as forFastify } from '@ai-failover/fastify';
import { aiFailover as forKoa } from '@ai-failover/koa';
import { fastify } from 'fastify';
import { expectTypeOf, it } from 'vitest';

const north = { name: 'north', provider: 'openai', keys: ['sk-0123456789'] } as const;

const make = {
  lists: () => defineOptions({ upstreams: [{ ...north, models: ['large', 'small'] }], chains: { cheap: ['small'] } }),
  both: () =>
    defineOptions({
      upstreams: [
        { ...north, models: ['large'] },
        { ...north, models: { small: { id: 'their-small' } } },
      ],
    }),
};

it('keeps the names of models and chains', () => {
  expectTypeOf(make.lists).returns.toEqualTypeOf<FailoverOptions<'large' | 'small', 'cheap'>>();
  const engine = () => createFailover(make.both());
  expectTypeOf(engine).returns.toEqualTypeOf<Failover<'large' | 'small', 'default'>>();
  const wrong = () =>
    // @ts-expect-error -- a chain of a model that nobody serves
    defineOptions({ upstreams: [{ ...north, models: ['large'] }], chains: { default: ['lagre'] } });
  expectTypeOf(wrong).toBeFunction();
});

it('fits every adapter', () => {
  const applications = () => [
    forExpress(make.lists()).with({ chain: 'cheap' }),
    forKoa(make.lists()).with({ chain: 'cheap' }),
    fastify().register(forFastify, make.both()),
    fastify().register(forFastify, { ...make.lists(), as: 'ai' }),
  ];
  expectTypeOf(applications).toBeFunction();
});
