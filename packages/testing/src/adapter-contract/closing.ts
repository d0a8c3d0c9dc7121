import { stream } from '../faulty-upstream/openai-stream.js';
import type { ContractPart } from './contract-part.js';
import { respondRoute, streamRoute } from './routes.js';
import { onStage, QUESTION } from './stage.js';

const STREAMED = { body: { ...QUESTION, stream: true } };
const plan = { routes: [respondRoute('/made'), streamRoute('/stream')], scopes: [{ prefix: '/v1', endpoint: {} }] };
const PATHS = ['/made', '/v1/chat/completions'] as const;

export const closing: ContractPart = (subject, { describe, it, expect }) => {
  for (const path of PATHS) {
    describe(`Closing the engine while ${path} streams`, () => {
      it('lets the stream end, and answers nobody else', () => {
        const script = stream(['In', ' the', { wait: 300 }, ' van']);
        return onStage(subject, { ...plan, script }, async (stage) => {
          const client = stage.open(path, STREAMED);
          await client.readUntil(' the');
          const closed = stage.failover.close();
          expect((await stage.ask(path, STREAMED)).status).toBe(503);
          expect((await client.answer()).streamed).toBe('In the van');
          await closed;
          expect(stage.events.at(-1)).toBe('closed');
        });
      });

      it('ends the stream with an error when it takes too long', () => {
        const script = stream(['In', ' the', ' van']).stallAfter({ events: 3 });
        return onStage(subject, { ...plan, script }, async (stage) => {
          const client = stage.open(path, STREAMED);
          await client.readUntil(' the');
          await stage.failover.close({ timeout: 0 });
          const { events } = await client.answer();
          expect(events.at(-1)).toContain('AIF_CLOSED');
          expect(await stage.upstream.requests[0]?.settled).toBe('aborted');
        });
      });
    });
  }
};
