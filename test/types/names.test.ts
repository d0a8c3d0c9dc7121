/** Names of models and chains are known to the compiler; `tsc` does the testing, this file only has to compile. */
import {
  createFailover,
  type ChatReply,
  type CallOptions,
  type Failover,
  type RequestAI,
  type UpstreamOptions,
} from '@ai-failover/core';
import { aiFailover, type AIFailoverMiddleware } from '@ai-failover/express';
import { createTestFailover } from '@ai-failover/testing';
import express from 'express';
import { describe, expectTypeOf, it } from 'vitest';

type Chat<Engine extends { chat: (...given: never) => unknown }> = NonNullable<Parameters<Engine['chat']>[1]>;

/** The chains that a call of the engine may name. */
type ChainsOf<Engine extends { chat: (...given: never) => unknown }> =
  Chat<Engine> extends CallOptions<infer Chain> ? Chain : never;

const north = { name: 'north', provider: 'openai', keys: ['sk-0123456789'] } as const;

/** Nothing here is run. */
const make = {
  lists: () =>
    createFailover({
      upstreams: [
        { ...north, models: ['large', 'small'] },
        { ...north, models: ['other'] },
      ],
      chains: { cheap: ['small'], mixed: [{ large: 60, other: 40 }, 'small'] },
      lastResort: 'other',
    }),
  tables: () => createFailover({ upstreams: [{ ...north, models: { large: { reasoning: true }, small: {} } }] }),
  both: () =>
    createFailover({
      upstreams: [
        { ...north, models: ['large'] },
        { ...north, models: { small: { id: 'their-small' } } },
      ],
      chains: { cheap: ['small', 'large'] },
    }),
};

describe('createFailover', () => {
  it('knows the models and the chains of its options, and `default`', () => {
    expectTypeOf(make.lists).returns.toEqualTypeOf<
      Failover<'large' | 'small' | 'other', 'cheap' | 'mixed' | 'default'>
    >();
    expectTypeOf(make.tables).returns.toEqualTypeOf<Failover<'large' | 'small', 'default'>>();
    expectTypeOf(make.both).returns.toEqualTypeOf<Failover<'large' | 'small', 'cheap' | 'default'>>();
  });

  it('refuses names that are none', () => {
    const wrong = () => [
      createFailover({
        upstreams: [{ ...north, models: ['large'] }],
        // @ts-expect-error -- a chain of a model that nobody serves
        chains: { default: ['lagre'] },
      }),
      createFailover({
        upstreams: [{ ...north, models: ['large'] }],
        // @ts-expect-error -- likewise, with weights
        chains: { default: [{ lagre: 1 }] },
      }),
      createFailover({
        upstreams: [{ ...north, models: ['large'] }],
        // @ts-expect-error -- likewise, with demands
        chains: { default: { steps: ['lagre'] } },
      }),
      createFailover({
        upstreams: [{ ...north, models: ['large'] }],
        // @ts-expect-error -- likewise
        lastResort: 'lagre',
      }),
    ];
    expectTypeOf(wrong).toBeFunction();
  });

  it('refuses options that are none, and values of a wrong type', () => {
    const wrong = () => [
      // @ts-expect-error -- no such option
      createFailover({ upstreams: [{ ...north, models: ['m'] }], canedReply: 'Soon.' }),
      // @ts-expect-error -- a text for a duration
      createFailover({ upstreams: [{ ...north, models: ['m'] }], deadline: '5s' }),
      // @ts-expect-error -- a provider that we do not speak
      createFailover({ upstreams: [{ ...north, provider: 'cohere', models: ['m'] }] }),
      // @ts-expect-error -- without keys; a server without any says so
      createFailover({ upstreams: [{ name: 'n', provider: 'openai', models: ['m'] }] }),
    ];
    expectTypeOf(wrong).toBeFunction();
  });

  it('takes keys as they come from the environment, and pools put together elsewhere', () => {
    const pool: UpstreamOptions[] = [];
    const loose = () => createFailover({ upstreams: pool, chains: { any: ['thing'] } });
    expectTypeOf(loose).returns.toExtend<Failover>();
    const fromEnvironment = () =>
      createFailover({ upstreams: [{ ...north, keys: [process.env['KEY']], models: ['m'] }] });
    expectTypeOf(fromEnvironment).returns.toEqualTypeOf<Failover<'m', 'default'>>();
  });
});

describe('A call', () => {
  it('may name the chains of its engine and no others, and any model', () => {
    type Engine = ReturnType<typeof make.lists>;
    expectTypeOf<ChainsOf<Engine>>().toEqualTypeOf<'cheap' | 'mixed' | 'default'>();
    const calls = (engine: Engine) => [
      engine.chat({ messages: [], model: 'large' }, { chain: 'cheap' }),
      engine.chat({ messages: [], model: 'cheap' }),
      // Requests come from outside too, so other names compile; they are a 400 with the nearest ones.
      engine.chat({ messages: [], model: String(Math.random()) }),
      // @ts-expect-error -- no such chain
      engine.chat({ messages: [] }, { chain: 'cheep' }),
      // @ts-expect-error -- no such option
      engine.chat({ messages: [] }, { chian: 'cheap' }),
    ];
    expectTypeOf(calls).returns.items.toEqualTypeOf<Promise<ChatReply>>();
  });

  it('resolves to a completion with a text and a report', () => {
    expectTypeOf<ChatReply['text']>().toEqualTypeOf<string>();
    expectTypeOf<ChatReply['failover']['degraded']>().toEqualTypeOf<
      'downgraded' | 'continued' | 'canned' | undefined
    >();
    expectTypeOf<ChatReply['choices'][number]['message']['content']>().toEqualTypeOf<string | null>();
  });
});

describe('aiFailover', () => {
  const mounted = {
    options: () =>
      aiFailover({
        upstreams: [
          { ...north, models: ['large'] },
          { ...north, models: { small: {} } },
        ],
        chains: { cheap: ['small'] },
      }),
    engine: () => aiFailover(make.lists()),
    test: () => aiFailover(createTestFailover({ reply: 'yes' })),
  };

  it('knows the names of its options or of its engine', () => {
    expectTypeOf(mounted.options).returns.toEqualTypeOf<AIFailoverMiddleware<'large' | 'small', 'cheap' | 'default'>>();
    expectTypeOf(mounted.engine).returns.toEqualTypeOf<
      AIFailoverMiddleware<'large' | 'small' | 'other', 'cheap' | 'mixed' | 'default'>
    >();
    expectTypeOf<ChainsOf<ReturnType<typeof mounted.test>['failover']>>().toEqualTypeOf<'default'>();
  });

  it('checks the chains of mounts and routes', () => {
    const mounts = (ai: ReturnType<typeof mounted.options>) => [
      ai.with({ chain: 'cheap', detached: true }),
      // @ts-expect-error -- no such chain
      ai.with({ chain: 'cheep' }),
      ai.respond((req) => ({ messages: req.body.messages, model: 'small' }), { chain: 'cheap' }),
      // @ts-expect-error -- no such chain
      ai.respond((req) => ({ messages: req.body.messages }), { chain: 'cheep' }),
      // @ts-expect-error -- a text is no request
      ai.respond(() => 'Hello'),
    ];
    expectTypeOf(mounts).toBeFunction();
  });

  it('is a middleware of Express as it is, and so are its mounts and routes', () => {
    const application = () => {
      const ai = mounted.options();
      const app = express();
      app.use(ai);
      app.use('/cheap', ai.with({ chain: 'cheap' }), express.Router());
      app.post(
        '/faq',
        express.json(),
        ai.respond(async (req) => ({ messages: req.body.messages })),
      );
      return app;
    };
    expectTypeOf(application).toBeFunction();
  });

  it('gives requests an `ai` without a cast', () => {
    const routes = () => {
      const app = express();
      app.post('/', async (req, res) => {
        expectTypeOf(req.ai).toEqualTypeOf<RequestAI>();
        const reply = await req.ai.chat({ messages: req.body.messages }, { detached: true });
        expectTypeOf(reply).toEqualTypeOf<ChatReply>();
        await req.ai.with({ chain: 'cheap' }).respond({ messages: [{ role: 'user', content: reply.text }] });
        // @ts-expect-error -- no messages
        await req.ai.chat({ model: 'large' });
        res.json(reply);
      });
    };
    expectTypeOf(routes).toBeFunction();
  });
});
