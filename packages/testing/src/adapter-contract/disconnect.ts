import { answer } from '../faulty-upstream/openai-answer.js';
import { hang } from '../faulty-upstream/silence.js';
import { stream } from '../faulty-upstream/openai-stream.js';
import type { ContractPart } from './contract-part.js';
import { chatRoute, respondingRoute, respondRoute, streamRoute } from './routes.js';
import { onStage, QUESTION, type Stage } from './stage.js';

const STREAMED = { ...QUESTION, stream: true };

const plan = {
  routes: [chatRoute('/chat'), streamRoute('/stream'), respondRoute('/made'), respondingRoute('/own')],
  scopes: [{ prefix: '/v1', endpoint: {} }],
};

const WAYS = [
  ['chat', '/chat', QUESTION],
  ['stream', '/stream', QUESTION],
  ['a route made of respond', '/made', QUESTION],
  ['a route made of respond, streamed,', '/made', STREAMED],
  ['respond', '/own', QUESTION],
  ['respond, streamed,', '/own', STREAMED],
  ['the endpoint', '/v1/chat/completions', QUESTION],
  ['the endpoint, streamed,', '/v1/chat/completions', STREAMED],
] as const;

const STREAMING = WAYS.filter(([, path, body]) => body === STREAMED || path === '/stream');

const READERS = [
  ['/chat', 'the parser', true],
  ['/made', 'the parser of a route made of respond', true],
  ['/v1/chat/completions', 'the parser of the endpoint', true],
  ['/v1/chat/completions', 'the endpoint', false],
] as const;

export const disconnect: ContractPart = (subject, { describe, it, expect }) => {
  /** Nothing is blamed, nobody else is asked, nothing is left; and the next client is answered. */
  async function expectClean(stage: Stage): Promise<void> {
    const { calls, deployments, retryBudget } = stage.failover.status();
    expect(calls).toMatchObject({ total: 1, inFlight: 0, aborted: 1, failed: 0 });
    expect(deployments[0]).toMatchObject({ inFlight: 0, failures: 0, rest: undefined, available: true });
    expect(retryBudget.inUse).toBe(0);
    expect(stage.upstream.requests).toHaveLength(1);
    stage.upstream.script(answer('In the van'));
    expect((await stage.ask('/chat')).said).toBe('In the van');
  }

  describe('A client that leaves', () => {
    for (const [name, path, body] of WAYS) {
      it(`before there is content ends ${name} at once`, () =>
        onStage(subject, { ...plan, script: hang() }, async (stage) => {
          const aborted = stage.next('call-aborted');
          const client = stage.open(path, { body });
          const sent = await stage.upstream.waitForRequest();
          client.leave();
          expect(await sent.settled).toBe('aborted');
          await aborted;
          expect(stage.events).toEqual(['call-started', 'attempt-started', 'attempt-aborted', 'call-aborted']);
          await expectClean(stage);
        }));
    }

    for (const [name, path, body] of STREAMING) {
      it(`in the middle of the answer ends ${name} at once`, () => {
        const script = stream(['In', ' the', ' van']).stallAfter({ events: 3 });
        return onStage(subject, { ...plan, script }, async (stage) => {
          const aborted = stage.next('call-aborted');
          const client = stage.open(path, { body });
          await client.readUntil(' the');
          client.leave();
          expect(await stage.upstream.requests[0]?.settled).toBe('aborted');
          await aborted;
          await expectClean(stage);
        });
      });
    }

    for (const [path, reader, parsesBodies] of READERS) {
      it(`while its body is read by ${reader} begins no call`, () =>
        onStage(subject, { ...plan, parsesBodies }, async (stage) => {
          const client = stage.open(path, { headers: { 'content-length': '1000' } });
          await client.write('{ "messages": [');
          // The server has come so far when it has answered somebody who came later.
          await stage.ask('/v1/models', { method: 'GET' });
          client.leave();
          await stage.ask('/v1/models', { method: 'GET' });
          expect((await stage.ask('/v1/chat/completions')).status).toBe(200);
          expect(stage.failover.status().calls).toMatchObject({ total: 1, answered: 1, aborted: 0, inFlight: 0 });
        }));
    }

    it('does not end a call that is detached', () => {
      let answerNow = (): void => {};
      const later = new Promise<void>((resolve) => (answerNow = resolve));
      const script = async () => {
        await later;
        return answer('for the archive');
      };
      const routes = [{ ...chatRoute('/'), options: { detached: true } }];
      return onStage(subject, { routes, script }, async (stage) => {
        const answered = stage.next('call-answered');
        const client = stage.open('/');
        await stage.upstream.waitForRequest();
        client.leave();
        await stage.ask('/nowhere');
        answerNow();
        await answered;
        expect(stage.upstream.requests[0]?.outcome).toBe('answered');
      });
    });
  });
};
