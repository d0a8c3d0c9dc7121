import { answer } from '../faulty-upstream/openai-answer.js';
import { fail } from '../faulty-upstream/openai-error.js';
import { stream } from '../faulty-upstream/openai-stream.js';
import type { ContractPart } from './contract-part.js';
import { respondingRoute, respondRoute } from './routes.js';
import { onStage, QUESTION } from './stage.js';

const STREAMED = { body: { ...QUESTION, stream: true } };
const ROUTES = [respondRoute('/made'), respondingRoute('/own')];
const WAYS = [
  ['/made', 'a route made of respond'],
  ['/own', 'a route that calls respond'],
] as const;

export const respond: ContractPart = (subject, { describe, it, expect }) => {
  for (const [path, name] of WAYS) {
    describe(`respond, from ${name},`, () => {
      it("passes the upstream's own bytes on, as JSON", () => {
        const bytes = '{ "choices" : [{"message":{"role":"assistant","content":"\\u00e9 é €"}}], "extra": 1.50 }';
        return onStage(subject, { script: answer({ body: bytes }), routes: ROUTES }, async (stage) => {
          const { status, headers, text } = await stage.ask(path);
          expect(status).toBe(200);
          expect(text).toBe(bytes);
          expect(headers['content-type']).toBe('application/json; charset=utf-8');
          expect(headers['content-length']).toBe(String(Buffer.byteLength(bytes)));
        });
      });

      it('answers with server-sent events when the request says so', () =>
        onStage(subject, { script: [fail(503), stream('In the van')], routes: ROUTES }, async (stage) => {
          const { status, headers, streamed } = await stage.ask(path, STREAMED);
          expect(status).toBe(200);
          expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
          expect(headers['cache-control']).toContain('no-transform');
          expect(headers['content-length']).toBe(undefined);
          expect(streamed).toBe('In the van');
        }));

      it('sends events while the upstream still speaks', () => {
        const script = stream(['In', ' the', ' van']).stallAfter({ events: 3 });
        return onStage(subject, { script, routes: ROUTES }, async (stage) => {
          const client = stage.open(path, STREAMED);
          expect(await client.readUntil(' the')).not.toContain(' van');
          client.leave();
          expect(await stage.upstream.requests[0]?.settled).toBe('aborted');
        });
      });

      it('says that a reply is degraded, in both forms', () =>
        onStage(subject, { script: fail(503), cannedReply: 'Back soon.', routes: ROUTES }, async (stage) => {
          const whole = await stage.ask(path);
          const streamed = await stage.ask(path, STREAMED);
          expect([whole.status, whole.said]).toEqual([200, 'Back soon.']);
          expect([streamed.status, streamed.streamed]).toEqual([200, 'Back soon.']);
          for (const { headers } of [whole, streamed]) expect(headers['x-ai-failover-degraded']).toBe('canned');
        }));
    });
  }

  describe('respond', () => {
    it('needs no body parser', () => {
      const routes = [{ kind: 'respond' as const, path: '/joke', request: () => QUESTION }];
      return onStage(subject, { parsesBodies: false, routes }, async (stage) => {
        const { status } = await stage.ask('/joke', { headers: { 'content-type': 'text/plain' }, body: '' });
        expect([status, stage.modelsAsked]).toEqual([200, ['large']]);
      });
    });

    it('waits for a function that looks something up first', () => {
      const request = async () => ({ ...QUESTION, model: await Promise.resolve('small') });
      return onStage(subject, { routes: [{ kind: 'respond', path: '/look', request }] }, async (stage) => {
        const { status } = await stage.ask('/look');
        expect([status, stage.modelsAsked]).toEqual([200, ['small']]);
      });
    });
  });
};
