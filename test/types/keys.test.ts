/** The forms of a key, as TypeScript sees them; `tsc` does the testing. */
import {
  createFailover,
  defineOptions,
  type Failover,
  type KeyAnswer,
  type KeyFunction,
  type KeyOptions,
} from '@ai-failover/core';
import { expectTypeOf, it } from 'vitest';

const north = { name: 'north', provider: 'openai', models: ['m'] } as const;

it('takes every form of a key, and keeps the names of models', () => {
  const made = () =>
    createFailover({
      upstreams: [
        {
          ...north,
          keys: [
            process.env['NORTH_KEY'],
            () => 'token',
            async () => 'token',
            async ({ signal }) => ({ key: String(signal.aborted), expiresIn: 60_000 }),
            { key: process.env['NORTH_KEY'], limits: { requestsPerMinute: 500 }, name: 'shop' },
            { key: async () => ({ key: 'token' }) },
          ],
        },
        { ...north, name: 'south', keys: 'none' },
      ],
    });
  expectTypeOf(made).returns.toEqualTypeOf<Failover<'m', 'default'>>();
});

it('does not compile keys of other forms', () => {
  const wrong = () => {
    // @ts-expect-error a key is no number
    defineOptions({ upstreams: [{ ...north, keys: [17] }] });
    // @ts-expect-error a key is no promise
    defineOptions({ upstreams: [{ ...north, keys: [Promise.resolve('token')] }] });
    // @ts-expect-error a function returns a key
    defineOptions({ upstreams: [{ ...north, keys: [() => 17] }] });
    // @ts-expect-error a token's lifetime is a number of milliseconds
    defineOptions({ upstreams: [{ ...north, keys: [() => ({ key: 'token', expiresIn: '5m' })] }] });
    // @ts-expect-error a key with options has a key
    defineOptions({ upstreams: [{ ...north, keys: [{ name: 'shop' }] }] });
    // @ts-expect-error no such limit
    defineOptions({ upstreams: [{ ...north, keys: [{ key: 'x', limits: { rpm: 5 } }] }] });
    // @ts-expect-error no such option of a key
    defineOptions({ upstreams: [{ ...north, keys: [{ key: 'x', weight: 5 }] }] });
  };
  expectTypeOf(wrong).toBeFunction();
});

it('has a name for each part', () => {
  expectTypeOf<ReturnType<KeyFunction>>().toEqualTypeOf<string | KeyAnswer | Promise<string | KeyAnswer>>();
  expectTypeOf<KeyOptions['key']>().toEqualTypeOf<string | KeyFunction | undefined>();
  const signal = (key: KeyFunction) => key({ signal: new AbortController().signal });
  expectTypeOf(signal).toBeFunction();
});

it('counts keys in the status', () => {
  const keys = (failover: Failover) => failover.status().upstreams.flatMap(({ keys: own }) => own);
  expectTypeOf(keys).returns.items.toHaveProperty('left').toEqualTypeOf<number>();
});
