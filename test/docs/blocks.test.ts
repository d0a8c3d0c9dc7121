/** Pieces of the docs do what is written beside them. */
import { continueAnswer } from '@ai-failover/testing';
import type { Router } from '@koa/router';
import type { Express } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { blockWith } from './code-blocks.ts';
import { APP_KEY, MESSAGES, Stage, TEXT, type Made } from './stage.ts';

const stage = Stage.use();

async function post(url: string, body: object = { messages: MESSAGES }): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${APP_KEY}` },
    body: JSON.stringify(body),
  });
}

/** The models that north was asked for. */
function models(): readonly unknown[] {
  return stage.north.requests.map((request) => request.json()['model']);
}

describe('Chains are chosen by mount, by route and by call', () => {
  // The mounts of Express and Koa stand in front of routes that the README leaves to the reader.
  const inExpress = ({ app }: Made): unknown =>
    (app as unknown as Express).post('/faq', async (req, res) => res.json(await req.ai.chat({ messages: MESSAGES })));
  const inKoa = ({ router }: Made): unknown =>
    (router as Router).post('/faq', async (ctx) => {
      ctx.body = await ctx.ai.chat({ messages: MESSAGES });
    });

  it.each([
    ['Express', "app.use('/faq'", inExpress],
    ['Koa', "router.use('/faq'", inKoa],
    ['Fastify', "scope.addHook('onRequest'", () => {}],
  ])('in %s', async (_, words, addRoute) => {
    const made = await stage.run(blockWith('README.md', words));
    addRoute(made);
    const url = await stage.serve(made);
    const routes = ['faq', 'ask', 'draft'];
    for (const route of routes) expect((await post(`${url}/${route}`)).status).toBe(200);
    expect(models()).toEqual(routes.map(() => 'deepseek-v3.2'));
  });
});

describe('Streams', () => {
  it('are read to the end, though an upstream breaks off', async () => {
    stage.north.script(continueAnswer(TEXT).resetAfter({ events: 6 }));
    const made = await stage.run(blockWith('README.md', 'req.ai.stream('));
    const url = await stage.serve(made);
    const words = await post(`${url}/words`);
    expect(await words.text()).toBe(`${TEXT}\n`);
    const events = await post(`${url}/events`);
    expect(await events.text()).toMatch(/^data: \{.*\n\n[^]*data: \[DONE\]\n\n$/);
    expect(stage.south.requests).toHaveLength(2);
  });
});

describe('The endpoint', () => {
  it("answers OpenAI's client as the README sets both up", async () => {
    const made = await stage.run(blockWith('README.md', 'ai.endpoint('));
    await stage.serve(made);
    const { completion } = await stage.run(blockWith('README.md', 'new OpenAI('), ['completion']);
    expect(completion).toMatchObject({ model: 'deepseek-v3.2', choices: [{ message: { content: TEXT } }] });
  });

  it('refuses who has no key', async () => {
    const made = await stage.run(blockWith('README.md', 'ai.endpoint('));
    const response = await fetch(`${await stage.serve(made)}/v1/models`);
    expect(response.status).toBe(401);
  });
});

describe('Core', () => {
  it('answers and streams without a framework', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await stage.run(blockWith('packages/core/README.md', 'import { createFailover }'));
    const written = write.mock.calls.map(([piece]) => piece).join('');
    write.mockRestore();
    expect([log.mock.calls[0]?.[0], written]).toEqual([TEXT, TEXT]);
  });

  it('serves plain node:http and the endpoint beside it', async () => {
    await stage.run(blockWith('packages/core/README.md', 'serveEndpoint(failover, req, res, mine)'));
    const url = await stage.url();
    const own = await fetch(url);
    expect(await own.text()).toMatch(/data: \[DONE\]\n\n$/);
    const completion = await post(`${url}/v1/chat/completions`);
    expect(await completion.json()).toMatchObject({ choices: [{ message: { content: TEXT } }] });
  });
});

describe('An error', () => {
  it('is answered in JSON by the lines for Express', async () => {
    const made = await stage.run(blockWith('packages/express/README.md', 'ErrorRequestHandler'));
    const response = await post(`${await stage.serve(made)}/support`, { messages: 'none' });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([400, 'false']);
    expect(await response.json()).toEqual({ error: expect.stringContaining('messages') });
  });
});

describe('Tests', () => {
  it('of an application need no socket but its own', async () => {
    await stage.run(blockWith('README.md', 'createTestFailover('));
    expect(stage.north.requests).toEqual([]);
  });

  it('are given replies by upstream', async () => {
    const made = await stage.run(blockWith('packages/testing/README.md', 'failWith(503)'), ['attempts']);
    expect(made['attempts']).toMatchObject([{ outcome: 'overloaded' }, { outcome: 'ok' }]);
  });

  it('script a stream that is cut and continued', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await stage.run(blockWith('packages/testing/README.md', 'cutAfter'));
    expect(log.mock.calls).toEqual([[true, 'continued']]);
  });

  it('break an upstream in many ways', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await stage.run(blockWith('packages/testing/README.md', 'closeAfter'));
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1$/), 0]]);
  });
});
