import { answer } from '../faulty-upstream/openai-answer.js';
import { fail } from '../faulty-upstream/openai-error.js';
import { stream } from '../faulty-upstream/openai-stream.js';
import type { ContractPart } from './contract-part.js';
import type { ContractEndpoint } from './contract-subject.js';
import { chatRoute } from './routes.js';
import { onStage, QUESTION, type StagePlan } from './stage.js';

const CHAT = '/v1/chat/completions';

/** With a route of the application beside it. */
function planOf(endpointOptions: ContractEndpoint = {}, more: StagePlan = {}): StagePlan {
  return { ...more, scopes: [{ prefix: '/v1', endpoint: endpointOptions, routes: [chatRoute('/other')] }] };
}

export const endpoint: ContractPart = (subject, { describe, it, expect }) => {
  for (const parsesBodies of [true, false]) {
    describe(`The endpoint ${parsesBodies ? 'behind a body parser' : 'without a body parser'}`, () => {
      const plan = (endpointOptions?: ContractEndpoint, more?: StagePlan): StagePlan =>
        planOf(endpointOptions, { parsesBodies, ...more });

      it('completes', () =>
        onStage(subject, plan({}, { script: [fail(503), answer('In the van')] }), async (stage) => {
          const answered = await stage.ask(CHAT);
          expect([answered.status, answered.said]).toEqual([200, 'In the van']);
          expect(answered.headers['x-request-id']).toMatch(/./);
        }));

      it('streams', () =>
        onStage(subject, plan({}, { script: stream('In the van') }), async (stage) => {
          const answered = await stage.ask(CHAT, { body: { ...QUESTION, stream: true } });
          expect([answered.status, answered.streamed]).toEqual([200, 'In the van']);
        }));

      it('takes a body of more than a megabyte', () =>
        onStage(subject, plan(), async (stage) => {
          const content = 'x'.repeat(3_000_000);
          const answered = await stage.ask(CHAT, { body: { messages: [{ role: 'user', content }] } });
          expect([answered.status, stage.upstream.requests.length]).toEqual([200, 1]);
        }));

      it('lists chains and models, and knows each by its name', () =>
        onStage(subject, plan(), async (stage) => {
          const list = await stage.ask('/v1/models', { method: 'GET' });
          const { data } = list.json() as { data: { id: string }[] };
          const ids = ['cheap', 'default', 'large', 'small', 'tiny'];
          expect([list.status, data.map(({ id }) => id).toSorted()]).toEqual([200, ids]);
          const one = await stage.ask('/v1/models/small', { method: 'GET' });
          expect([one.status, one.json()]).toMatchObject([200, { id: 'small', object: 'model' }]);
        }));

      it('answers HEAD without a body', () =>
        onStage(subject, plan(), async (stage) => {
          const { status, headers, text } = await stage.ask('/v1/models', { method: 'HEAD' });
          expect([status, headers['content-type'], text]).toEqual([200, 'application/json; charset=utf-8', '']);
        }));

      it("gives errors in OpenAI's form", () =>
        onStage(subject, plan({}, { script: fail(429, { headers: { 'retry-after': '7' } }) }), async (stage) => {
          const unknown = await stage.ask('/v1/models/nobody', { method: 'GET' });
          expect([unknown.status, unknown.json()]).toMatchObject([404, { error: { code: 'model_not_found' } }]);
          const wrong = await stage.ask(CHAT, { body: { messages: 'none' } });
          expect([wrong.status, wrong.json()]).toMatchObject([400, { error: { param: 'messages' } }]);
          const method = await stage.ask(CHAT, { method: 'GET' });
          expect([method.status, method.headers.allow]).toEqual([405, 'POST']);
          const limited = await stage.ask(CHAT);
          expect([limited.status, limited.headers['retry-after']]).toEqual([429, '7']);
          expect(limited.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
        }));

      it('asks nobody for a caller who is not allowed, and gives others what is theirs', () => {
        const options: ContractEndpoint = {
          authorize: ({ authorization }) => authorization === 'Bearer cheap' && { chain: 'cheap' },
        };
        return onStage(subject, plan(options), async (stage) => {
          const refused = await stage.ask(CHAT);
          expect([refused.status, refused.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
          await stage.ask(CHAT, { headers: { authorization: 'Bearer cheap' }, body: QUESTION });
          expect(stage.modelsAsked).toEqual(['small']);
        });
      });
    });
  }

  describe('The endpoint', () => {
    it('says by itself what is wrong with a body that nobody has parsed', () =>
      onStage(subject, planOf({ maxRequestBytes: 100 }, { parsesBodies: false }), async (stage) => {
        const garbled = await stage.ask(CHAT, { body: '{ "messages": ' });
        expect([garbled.status, garbled.json()]).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
        const large = await stage.ask(CHAT, { body: { ...QUESTION, user: 'x'.repeat(100) } });
        expect([large.status, large.json()]).toMatchObject([413, { error: { type: 'invalid_request_error' } }]);
      }));

    it('leaves other paths to the application', () =>
      onStage(subject, planOf(), async (stage) => {
        const other = await stage.ask('/v1/other');
        expect([other.status, stage.modelsAsked]).toEqual([200, ['large']]);
        expect((await stage.ask('/v1/nowhere')).status).toBe(404);
      }));
  });
};
