import { gunzipSync } from 'node:zlib';
import { answer } from '../faulty-upstream/openai-answer.js';
import { stream } from '../faulty-upstream/openai-stream.js';
import type { ContractPart } from './contract-part.js';
import { chatRoute, respondRoute } from './routes.js';
import { onStage, QUESTION } from './stage.js';

const TAKES_GZIP = { 'accept-encoding': 'gzip' };
const STREAMED = { headers: TAKES_GZIP, body: { ...QUESTION, stream: true } };
const LONG = 'In the van. '.repeat(500);

export const compression: ContractPart = (subject, { describe, it, expect }) => {
  if (!subject.compresses) return;
  const front = {
    compresses: true,
    routes: [chatRoute('/chat'), respondRoute('/made')],
    scopes: [{ prefix: '/v1', endpoint: {} }],
  };

  describe('Compressing middleware in front', () => {
    for (const path of ['/chat', '/made', '/v1/chat/completions']) {
      it(`compresses JSON of ${path}`, () =>
        onStage(subject, { ...front, script: answer(LONG) }, async (stage) => {
          const { status, headers, bytes } = await stage.ask(path, { headers: TAKES_GZIP, body: QUESTION });
          expect([status, headers['content-encoding']]).toEqual([200, 'gzip']);
          expect(gunzipSync(bytes).toString()).toContain(LONG);
        }));
    }

    for (const path of ['/made', '/v1/chat/completions']) {
      it(`does not hold back the events of ${path}`, () =>
        onStage(subject, { ...front, script: stream(['In', ' the']).stallAfter({ events: 2 }) }, async (stage) => {
          const client = stage.open(path, STREAMED);
          expect(await client.readUntil('"In"')).toContain('data: ');
          client.leave();
          expect(await stage.upstream.requests[0]?.settled).toBe('aborted');
        }));

      it(`lets the events of ${path} come whole`, () =>
        onStage(subject, { ...front, script: stream(LONG) }, async (stage) => {
          const { status, headers, streamed } = await stage.ask(path, STREAMED);
          expect([status, headers['content-encoding']]).toEqual([200, undefined]);
          expect(streamed).toBe(LONG);
        }));
    }
  });
};
