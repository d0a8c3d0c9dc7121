import { fail } from '../faulty-upstream/openai-error.js';
import { answer } from '../faulty-upstream/openai-answer.js';
import type { ContractPart } from './contract-part.js';
import type { ContractRequest } from './contract-subject.js';
import { chatRoute } from './routes.js';
import { onStage, QUESTION } from './stage.js';

export const chat: ContractPart = (subject, { describe, it, expect }) => {
  describe('chat', () => {
    it('answers with JSON that says nothing of the pool', () =>
      onStage(subject, { script: answer('In the van'), routes: [chatRoute('/chat')] }, async (stage) => {
        const { status, headers, text, said } = await stage.ask('/chat');
        expect(status).toBe(200);
        expect(headers['content-type']).toMatch(/^application\/json/);
        expect(said).toBe('In the van');
        expect(text).not.toMatch(/failover|reseller|attempt/i);
      }));

    it('sends what the route asks for', () =>
      onStage(subject, { routes: [chatRoute('/chat')] }, async (stage) => {
        await stage.ask('/chat', { body: { ...QUESTION, temperature: 0.2 } });
        expect(stage.upstream.requests[0]?.json()).toMatchObject({ ...QUESTION, temperature: 0.2, model: 'large' });
      }));

    it('fails over unseen', () =>
      onStage(subject, { script: [fail(503), answer('In the van')], routes: [chatRoute('/chat')] }, async (stage) => {
        const { status, said } = await stage.ask('/chat');
        expect([status, said]).toEqual([200, 'In the van']);
        expect(stage.upstream.requests).toHaveLength(2);
      }));

    it('is there in routes under a prefix', () =>
      onStage(subject, { scopes: [{ prefix: '/api/v2', routes: [chatRoute('/chat')] }] }, async (stage) => {
        const { status } = await stage.ask('/api/v2/chat');
        expect([status, stage.modelsAsked]).toEqual([200, ['large']]);
      }));

    it('needs no body parser', () => {
      const routes = [{ kind: 'own' as const, path: '/joke', answer: ({ ai }: ContractRequest) => ai.chat(QUESTION) }];
      return onStage(subject, { parsesBodies: false, routes }, async (stage) => {
        const { status } = await stage.ask('/joke', { headers: { 'content-type': 'text/plain' }, body: '' });
        expect([status, stage.modelsAsked]).toEqual([200, ['large']]);
      });
    });

    it('answers many requests of one application at the same time', () =>
      onStage(subject, { routes: [chatRoute('/chat')] }, async (stage) => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => stage.ask('/chat')));
        expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
        expect(stage.failover.status().calls).toMatchObject({ total: 20, answered: 20, inFlight: 0 });
      }));
  });
};
