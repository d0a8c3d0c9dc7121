import { CallError } from '@ai-failover/core';
import { fail } from '../faulty-upstream/openai-error.js';
import type { ContractPart } from './contract-part.js';
import { chatRoute, respondingRoute, respondRoute, streamRoute } from './routes.js';
import { onStage, QUESTION } from './stage.js';

const ROUTES = [chatRoute('/chat'), streamRoute('/stream'), respondRoute('/made'), respondingRoute('/own')];
const STREAMED = { ...QUESTION, stream: true };

/** Every way to ask; the errors of all are to be the same. */
const WAYS = [
  ['chat', '/chat', QUESTION],
  ['stream', '/stream', QUESTION],
  ['a route made of respond', '/made', QUESTION],
  ['a route made of respond, streamed', '/made', STREAMED],
  ['respond', '/own', QUESTION],
  ['respond, streamed', '/own', STREAMED],
] as const;

/** What nobody outside may read. */
const SECRETS = /reseller-north|sk-north|Where is my parcel|large/;

export const errors: ContractPart = (subject, { describe, it, expect }) => {
  for (const [name, path, body] of WAYS) {
    describe(`An error from ${name}`, () => {
      it("of the request carries the provider's words and 400", () => {
        const script = fail(400, { message: 'Invalid schema for function find', code: 'invalid_function_parameters' });
        return onStage(subject, { script, routes: ROUTES }, async (stage) => {
          const { status, headers, text } = await stage.ask(path, { body });
          expect([status, headers['x-should-retry'], headers['retry-after']]).toEqual([400, 'false', undefined]);
          expect(text).toContain('Invalid schema for function find');
        });
      });

      it('that our check finds says which field is wrong, and asks nobody', () =>
        onStage(subject, { routes: ROUTES }, async (stage) => {
          const wrong = { ...body, messages: [{ role: 'usher', content: 'Where is my parcel?' }] };
          const { status, text } = await stage.ask(path, { body: wrong });
          expect([status, stage.upstream.requests.length]).toEqual([400, 0]);
          expect(text).toContain('messages[0].role');
          expect(text).not.toMatch(SECRETS);
        }));

      it('of an exhausted pool is 502 and says nothing of it', () => {
        const script = fail(500, { message: 'sk-north-0123456789 said Where is my parcel' });
        return onStage(subject, { script, routes: ROUTES }, async (stage) => {
          const { status, headers, text } = await stage.ask(path, { body });
          expect([status, headers['x-should-retry']]).toEqual([502, 'false']);
          expect(text).toContain('The AI service could not answer');
          expect(text).not.toMatch(SECRETS);
        });
      });

      it('says when to come back as a whole number of seconds', () => {
        const script = fail(429, { headers: { 'retry-after-ms': '29500' } });
        return onStage(subject, { script, routes: ROUTES }, async (stage) => {
          const { status, headers } = await stage.ask(path, { body });
          expect([status, headers['retry-after'], headers['x-should-retry']]).toEqual([429, '30', 'false']);
        });
      });

      it('of a closed engine is 503', () =>
        onStage(subject, { routes: ROUTES }, async (stage) => {
          await stage.failover.close();
          const { status, headers, text } = await stage.ask(path, { body });
          expect([status, headers['x-should-retry']]).toEqual([503, 'false']);
          expect(text).toContain('shutting down');
        }));

      it('leaves nothing half written, so that the application can answer it', () => {
        const seen: unknown[] = [];
        const answerError = (error: unknown) => {
          seen.push(error);
          return { status: 200, text: 'Call us: 0800 123' };
        };
        return onStage(subject, { script: fail(500), routes: ROUTES, answerError }, async (stage) => {
          const { status, headers, text } = await stage.ask(path, { body });
          expect([status, text]).toEqual([200, 'Call us: 0800 123']);
          expect(headers['x-should-retry']).toBe(undefined);
          expect(headers['content-type']).not.toMatch(/event-stream|json/);
          expect(seen.map((error) => CallError.is(error) && error.attempts.length)).toEqual([2]);
        });
      });
    });
  }

  describe('An error of the function', () => {
    it('that a route made of respond was given reaches the framework', () => {
      const request = (): never => {
        throw Object.assign(new Error('not yours'), { status: 403, statusCode: 403, expose: true });
      };
      const routes = [{ kind: 'respond' as const, path: '/', request }];
      return onStage(subject, { routes }, async (stage) => {
        const { status, text } = await stage.ask('/');
        expect(status).toBe(403);
        expect(text).toContain('not yours');
        expect(stage.failover.status().calls).toMatchObject({ total: 0 });
      });
    });
  });
};
