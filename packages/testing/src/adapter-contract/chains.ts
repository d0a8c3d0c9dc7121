import { CallError } from '@ai-failover/core';
import type { ContractPart } from './contract-part.js';
import type { ContractApplication, ContractRoute, ContractScope } from './contract-subject.js';
import { chatRoute, requestIn, respondRoute } from './routes.js';
import { onStage } from './stage.js';

const byRoute: ContractRoute = {
  kind: 'own',
  path: '/by-route',
  options: { chain: 'tiny' },
  answer: ({ ai, body }) => ai.chat(requestIn(body)),
};

const byRouteAndCall: ContractRoute = {
  kind: 'own',
  path: '/by-route-and-call',
  options: { chain: 'tiny' },
  answer: ({ ai, body }) => ai.chat(requestIn(body), { chain: 'cheap' }),
};

const bound: ContractRoute = {
  kind: 'own',
  path: '/bound',
  answer: ({ ai, body }) => ai.with({ chain: 'tiny' }).chat(requestIn(body)),
};

const ROUTES = [
  chatRoute('/plain'),
  chatRoute('/by-call', { chain: 'tiny' }),
  chatRoute('/by-nobody', { chain: undefined }),
  byRoute,
  byRouteAndCall,
  bound,
  respondRoute('/respond'),
  respondRoute('/respond-by-route', { chain: 'tiny' }),
];

const CHEAP: ContractScope = { prefix: '/cheap', options: { chain: 'cheap' }, endpoint: {}, routes: ROUTES };

/** Which model is asked, by the path. */
const MODELS = {
  '/plain': 'large',
  '/by-call': 'tiny',
  '/by-route': 'tiny',
  '/by-route-and-call': 'small',
  '/bound': 'tiny',
  '/respond': 'large',
  '/respond-by-route': 'tiny',
  '/cheap/plain': 'small',
  '/cheap/by-nobody': 'small',
  '/cheap/by-call': 'tiny',
  '/cheap/by-route': 'tiny',
  '/cheap/bound': 'tiny',
  '/cheap/respond': 'small',
  '/cheap/respond-by-route': 'tiny',
  '/cheap/chat/completions': 'small',
} as const;

export const chains: ContractPart = (subject, { describe, it, expect }) => {
  describe('A chain', () => {
    it('is chosen by the mount, the route and the call, the nearest winning', () =>
      onStage(subject, { routes: ROUTES, scopes: [CHEAP] }, async (stage) => {
        for (const path of Object.keys(MODELS)) await stage.ask(path);
        expect(stage.modelsAsked).toEqual(Object.values(MODELS));
      }));

    it('of one mount is not that of another', () =>
      onStage(subject, { scopes: [CHEAP, { prefix: '/dear', routes: ROUTES }] }, async (stage) => {
        for (const path of ['/cheap/plain', '/dear/plain', '/cheap/plain']) await stage.ask(path);
        expect(stage.modelsAsked).toEqual(['small', 'large', 'small']);
      }));

    it('that nobody knows is refused when the application starts', async () => {
      const wrong: Partial<ContractApplication>[] = [
        { scopes: [{ prefix: '/faq', options: { chain: 'cheep' } }] },
        { scopes: [{ prefix: '/faq', endpoint: { call: { chain: 'cheep' } } }] },
        { scopes: [{ prefix: '/faq', routes: [respondRoute('/', { chain: 'cheep' })] }] },
        { scopes: [{ prefix: '/faq', routes: [{ ...byRoute, options: { chain: 'cheep' } }] }] },
      ];
      for (const plan of wrong) {
        const error = await onStage(subject, plan, () => Promise.resolve()).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'AIF_CONFIG' });
        expect(String(error)).toContain('"cheap"');
      }
    });
  });

  describe('Demands of a mount', () => {
    it('are kept when a call makes its own', () => {
      const options = { require: { tags: ['no-retention'] } };
      const errors: unknown[] = [];
      const answerError = (error: unknown) => {
        errors.push(error);
        return { status: 503, text: 'nobody may be asked' };
      };
      const scopes = [{ prefix: '/strict', options, routes: [chatRoute('/', { require: { regions: ['eu'] } })] }];
      return onStage(subject, { scopes, answerError }, async (stage) => {
        const { status } = await stage.ask('/strict/');
        expect([status, stage.upstream.requests.length]).toEqual([503, 0]);
        expect(errors.map((error) => CallError.is(error) && error.kind)).toEqual(['unavailable']);
      });
    });
  });
};
