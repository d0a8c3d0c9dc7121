/** The Koa service, whose routes have chains of their own. */
import { expect, it } from 'vitest';
import { post, startExample } from './example.ts';

const QUESTION = { question: 'Why is the sky blue?' };

async function answerOf(url: string): Promise<unknown> {
  return (await post(url, QUESTION)).json();
}

it('asks another model for each route, and keeps contracts where they may be', async () => {
  const service = await startExample('koa-chains');
  const { url } = service;
  expect(await answerOf(`${url}/support`)).toMatchObject({ deployment: 'gpt-4.1@north' });
  expect(await answerOf(`${url}/faq`)).toMatchObject({ deployment: 'gpt-4.1-mini@north' });
  expect(await answerOf(`${url}/draft`)).toMatchObject({ deployment: 'gpt-4.1-mini@north' });
  expect(await answerOf(`${url}/draft?urgent`)).toMatchObject({ deployment: 'gpt-4.1@north' });
  expect(await answerOf(`${url}/contracts/ask`)).toMatchObject({ model: 'gpt-4.1' });

  await post(`${service.emulation('north')}/break`);
  expect(await answerOf(`${url}/support`)).toMatchObject({
    deployment: 'gpt-4.1@south',
    text: expect.stringContaining('Sunlight'),
    trail: expect.arrayContaining(['gpt-4.1@north 503', 'gpt-4.1@south ok']),
  });
  expect(await answerOf(`${url}/faq`)).toMatchObject({ deployment: 'gpt-4.1-mini@south' });
  // The only upstream that keeps nothing is out, and nobody else may be asked.
  const contract = await post(`${url}/contracts/ask`, QUESTION);
  expect([contract.status, contract.headers.get('x-should-retry')]).toEqual([502, 'false']);
  expect(await contract.text()).toContain('could not answer');

  await post(`${service.emulation('south')}/break`);
  expect(await answerOf(`${url}/support`)).toMatchObject({ degraded: 'canned', text: expect.stringContaining('busy') });
  await post(`${service.emulation('north')}/mend`);
  await service.stop();
});

it('streams where it is asked to, and says what is wrong with a question', async () => {
  const service = await startExample('koa-chains');
  const streamed = await post(`${service.url}/contracts/ask?stream`, QUESTION);
  expect(streamed.headers.get('content-type')).toContain('text/event-stream');
  expect(await streamed.text()).toMatch(/data: \[DONE\]\n\n$/);
  const wrong = await post(`${service.url}/support`);
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('messages[0].content')]);
  await service.stop();
});
