/** What a reader copies first does what the docs say: it serves, and it fails over. */
import { fail } from '@ai-failover/testing';
import { describe, expect, it, vi } from 'vitest';
import { blockWith, type CodeBlock } from './code-blocks.ts';
import { APP_KEY, MESSAGES, Stage, TEXT } from './stage.ts';

const stage = Stage.use();

function post(url: string, body: object = { messages: MESSAGES }, headers: object = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** How many requests came to each upstream. */
function asked(): readonly number[] {
  return [stage.north.requests.length, stage.south.requests.length];
}

const STARTS: readonly (readonly [framework: string, block: CodeBlock, exported: string])[] = [
  ['Express', blockWith('README.md', "app.post('/support', async (req, res)"), 'ai'],
  ['Koa', blockWith('README.md', 'new Koa()'), 'ai'],
  ['Fastify', blockWith('README.md', 'await app.register(aiFailover, pool)'), 'app'],
];

describe('The start in the README', () => {
  it.each(STARTS)('of %s answers, by another upstream when the first one fails', async (_, block, exported) => {
    stage.north.script(fail(503));
    await stage.run(block, [exported]);
    const response = await post(`${await stage.url()}/support`);
    expect([response.status, await response.json()]).toEqual([200, { text: TEXT }]);
    expect(asked()).toEqual([1, 1]);
  });

  it.each(STARTS)('of %s gives the canned reply when all fail', async (_, block, exported) => {
    stage.north.script(fail(401));
    stage.south.script(fail(401));
    const alarms = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await stage.run(block, [exported]);
    const response = await post(`${await stage.url()}/support`);
    expect(await response.json()).toEqual({ text: expect.stringContaining('very busy') });
    expect(alarms).toHaveBeenCalled();
  });

  it('of node:http answers a question, and says what is wrong with one that is missing', async () => {
    stage.north.script(fail(503));
    await stage.run(blockWith('README.md', '}).listen(3000);'), ['failover']);
    const answer = await fetch(`${await stage.url()}/?q=Hello`);
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: TEXT } }] });
    const refusal = await fetch(await stage.url());
    expect([refusal.status, await refusal.text()]).toEqual([400, expect.stringContaining('messages[0].content')]);
    expect(asked()).toEqual([1, 1]);
  });
});

const PACKAGES: readonly (readonly [name: string, words: string, exported: string])[] = [
  ['express', "app.use('/v1', ai.endpoint", 'ai'],
  ['koa', "router.all('/v1", 'ai'],
  ['fastify', "prefix: '/v1'", 'app'],
];

describe('The start in the README of', () => {
  it.each(PACKAGES)('%s answers by all the ways that it shows', async (name, words, exported) => {
    await stage.run(blockWith(`packages/${name}/README.md`, words), [exported]);
    const url = await stage.url();

    const reply = await (await post(`${url}/support`)).json();
    expect(reply).toMatchObject({ model: 'gpt-4.1', choices: [{ message: { content: TEXT } }] });

    const streamed = await post(`${url}/ask`);
    expect(streamed.headers.get('content-type')).toContain('text/event-stream');
    expect(await streamed.text()).toMatch(/data: \[DONE\]\n\n$/);

    const refused = await post(`${url}/v1/chat/completions`);
    const authorized = await post(`${url}/v1/chat/completions`, undefined, { authorization: `Bearer ${APP_KEY}` });
    expect([refused.status, authorized.status]).toEqual([401, 200]);
  });

  it.each(PACKAGES.filter(([name]) => name !== 'express'))(
    '%s uses another chain where it says so',
    async (name, words, exported) => {
      await stage.run(blockWith(`packages/${name}/README.md`, words), [exported]);
      const reply = await (await post(`${await stage.url()}/faq`)).json();
      expect(reply).toMatchObject({ model: 'gpt-4.1-mini' });
    },
  );
});
