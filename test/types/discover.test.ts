/** Where models are discovered, the compiler cannot know their names; this file only has to compile. */
import { createFailover, type Failover } from '@ai-failover/core';
import { describe, expectTypeOf, it } from 'vitest';

const north = { name: 'north', provider: 'openai', keys: ['sk-0123456789'] } as const;

/** Nothing here is run. */
const make = {
  discovered: () =>
    createFailover({ upstreams: [{ ...north, models: 'discover' }], chains: { cheap: ['anything'], default: ['x'] } }),
  both: () =>
    createFailover({
      upstreams: [
        { ...north, models: 'discover' },
        { ...north, models: ['large'] },
        { ...north, models: { small: {} } },
      ],
      chains: { cheap: ['anything', 'large'] },
      lastResort: 'another',
    }),
};

describe('models that are discovered', () => {
  it('may have any name', () => {
    expectTypeOf(make.discovered).returns.toEqualTypeOf<Failover<string, 'cheap' | 'default'>>();
    expectTypeOf(make.both).returns.toEqualTypeOf<Failover<string, 'cheap' | 'default'>>();
  });

  it('are asked for by the one word', () => {
    const wrong = () =>
      // @ts-expect-error -- no other word
      createFailover({ upstreams: [{ ...north, models: 'all' }] });
    expectTypeOf(wrong).toBeFunction();
  });
});
