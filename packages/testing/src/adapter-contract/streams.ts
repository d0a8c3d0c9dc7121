import { fail } from '../faulty-upstream/openai-error.js';
import { stream } from '../faulty-upstream/openai-stream.js';
import type { ContractPart } from './contract-part.js';
import { requestIn, streamRoute } from './routes.js';
import type { ContractRoute } from './contract-subject.js';
import { onStage } from './stage.js';

/** Reads the stream to its end, and answers with what it has found as JSON. */
const gathering: ContractRoute = {
  kind: 'own',
  path: '/gather',
  async answer({ ai, body }) {
    const answered = await ai.stream(requestIn(body));
    const pieces: string[] = [];
    for await (const { choices } of answered) pieces.push(choices[0]?.delta.content ?? '');
    const { status } = await answered.finished;
    return { text: pieces.join(''), status, deployment: answered.failover.deployment };
  },
};

export const streams: ContractPart = (subject, { describe, it, expect }) => {
  describe('stream', () => {
    it('is read by the application', () =>
      onStage(subject, { script: [fail(503), stream('In the van')], routes: [gathering] }, async (stage) => {
        const answered = await stage.ask('/gather');
        expect(answered.json()).toEqual({ text: 'In the van', status: 'done', deployment: 'large@reseller-north' });
      }));

    it('is written by hand while the upstream still speaks', () => {
      const script = stream(['In', ' the', ' van']).stallAfter({ events: 3 });
      return onStage(subject, { script, routes: [streamRoute('/stream')] }, async (stage) => {
        const client = stage.open('/stream');
        expect(await client.readUntil('the')).toBe('In the');
        client.leave();
        expect(await stage.upstream.requests[0]?.settled).toBe('aborted');
      });
    });

    it('is written by hand to its end', () =>
      onStage(subject, { script: stream('In the van'), routes: [streamRoute('/stream')] }, async (stage) => {
        const { status, text } = await stage.ask('/stream');
        expect([status, text]).toEqual([200, 'In the van']);
        expect(stage.failover.status().calls).toMatchObject({ answered: 1, inFlight: 0 });
      }));
  });
};
