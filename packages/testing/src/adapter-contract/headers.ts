import type { ContractPart } from './contract-part.js';
import type { ContractRoute } from './contract-subject.js';
import { chatRoute, requestIn, respondingRoute, respondRoute } from './routes.js';
import { onStage, QUESTION } from './stage.js';

const GIVEN = {
  'access-control-allow-origin': 'https://shop.example',
  vary: 'Origin',
  'x-request-id': 'ours',
  'cache-control': 'no-store',
  'set-cookie': ['session=1', 'seen=2'],
};

const STREAMED = { ...QUESTION, stream: true };

const WAYS = [
  ['chat', '/chat', QUESTION],
  ['respond as JSON', '/made', QUESTION],
  ['respond as events', '/made', STREAMED],
  ['respond from a route of its own as JSON', '/own', QUESTION],
  ['respond from a route of its own as events', '/own', STREAMED],
  ['respond bound to other options as JSON', '/bound', QUESTION],
  ['respond bound to other options as events', '/bound', STREAMED],
  ['respond under other options as JSON', '/cheap/made', QUESTION],
  ['respond under other options as events', '/cheap/made', STREAMED],
  ['the endpoint as JSON', '/v1/chat/completions', QUESTION],
  ['the endpoint as events', '/v1/chat/completions', STREAMED],
  ['an error of the endpoint', '/v1/chat/completions', { messages: [] }],
] as const;

const bound: ContractRoute = {
  kind: 'own',
  path: '/bound',
  answer: ({ ai, body }) => ai.with({ chain: 'cheap' }).respond(requestIn(body)),
};

export const headers: ContractPart = (subject, { describe, it, expect }) => {
  describe('Headers that were set before', () => {
    for (const [name, path, body] of WAYS) {
      it(`survive ${name}`, () => {
        const routes = [chatRoute('/chat'), respondRoute('/made'), respondingRoute('/own'), bound];
        const cheap = { prefix: '/cheap', options: { chain: 'cheap' }, routes: [respondRoute('/made')] };
        const scopes = [cheap, { prefix: '/v1', endpoint: {} }];
        return onStage(subject, { routes, scopes, headers: GIVEN }, async (stage) => {
          const { headers: got } = await stage.ask(path, { body });
          expect(got).toMatchObject({ ...GIVEN, 'cache-control': got['cache-control'] ?? '' });
          expect(got['cache-control']).toMatch(/^no-store/);
        });
      });
    }
  });
};
