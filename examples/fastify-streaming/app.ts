/** A Fastify API that streams: to a page that shows who writes what, and to any client in OpenAI's form. */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Connection } from '@ai-failover-examples/upstreams';
import type { ChatStream } from '@ai-failover/core';
import { aiFailover, CallError } from '@ai-failover/fastify';
import { fastify, type FastifyInstance } from 'fastify';

const PAGE = { '/': 'page.html', '/page.css': 'page.css', '/page.js': 'page.js' } as const;
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' } as const;

interface Asked {
  readonly Body: { readonly question: string };
}

export async function createApp({ north, south }: Record<'north' | 'south', Connection>): Promise<FastifyInstance> {
  const app = fastify();
  await app.register(aiFailover, {
    upstreams: [
      { name: 'north', provider: 'openai', ...north, models: ['gpt-4.1'], priority: 1 },
      { name: 'south', provider: 'openai', ...south, models: ['gpt-4.1'], priority: 2 },
    ],
    cannedReply: 'We are very busy right now. A colleague will answer you shortly.',
  });

  // One line is enough for a client that reads OpenAI's stream.
  app.post<Asked>(
    '/chat',
    app.ai.respond((request) => ({ messages: messagesOf(request.body), stream: true })),
  );

  // Events of our own, for a page that wants to know more.
  app.post<Asked>('/ask', async (request, reply) => {
    const stream = await request.ai.stream({ messages: messagesOf(request.body) });
    reply.type('text/event-stream').header('cache-control', 'no-cache, no-transform');
    return reply.send(Readable.from(eventsOf(stream)));
  });

  for (const [url, file] of Object.entries(PAGE)) {
    const type = TYPES[file.split('.')[1] as keyof typeof TYPES];
    app.get(url, async (_request, reply) =>
      reply.type(`${type}; charset=utf-8`).send(await readFile(new URL(`page/${file}`, import.meta.url))),
    );
  }
  return app;
}

/** A question that is missing or no text is a 400 by the engine's own words. */
function messagesOf(body: unknown) {
  const { question } = (body ?? {}) as { readonly question: string };
  return [{ role: 'user', content: question }];
}

/** `text` and `by` for each piece, and at the end how the answer came about, or why there is no more of it. */
async function* eventsOf(stream: ChatStream): AsyncGenerator<string> {
  try {
    for await (const { choices } of stream) {
      const text = choices[0]?.delta.content;
      if (typeof text === 'string' && text !== '') yield eventOf({ text, by: stream.failover.upstream });
    }
    const { degraded, attempts } = stream.failover;
    yield eventOf({ degraded, attempts: attempts.map(({ upstream, outcome }) => ({ upstream, outcome })) });
  } catch (error) {
    // The message of a CallError may be shown to anybody.
    yield eventOf({ error: error instanceof CallError ? error.message : 'The answer broke off.' });
  }
}

function eventOf(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
