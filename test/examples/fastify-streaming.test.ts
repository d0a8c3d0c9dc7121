/** The Fastify API, whose page reads on when an upstream is broken in the middle of an answer. */
import { expect, it } from 'vitest';
import { post, startExample } from './example.ts';

const QUESTION = { question: 'How do bees find their way home?' };

interface Told {
  readonly text?: string;
  readonly by?: string;
  readonly degraded?: string;
  readonly attempts?: readonly object[];
}

/** The events of a response, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<Told> {
  let rest = '';
  for await (const piece of response.body ?? []) {
    const events = (rest + Buffer.from(piece).toString()).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) yield JSON.parse(event.replace(/^data: /, '')) as Told;
  }
}

it('streams an answer that two upstreams write when the first one is broken', async () => {
  const service = await startExample('fastify-streaming');
  const whole: Told[] = [];
  for await (const event of eventsOf(await post(`${service.url}/ask`, QUESTION))) whole.push(event);
  const answer = whole.map(({ text = '' }) => text).join('');
  expect(answer).toContain('waggle');

  const told: Told[] = [];
  for await (const event of eventsOf(await post(`${service.url}/ask`, QUESTION))) {
    told.push(event);
    if (told.length === 3) expect((await post(`${service.url}/upstreams/north/break`)).status).toBe(204);
  }
  expect(told.map(({ text = '' }) => text).join('')).toBe(answer);
  expect([...new Set(told.map(({ by }) => by))]).toEqual(['north', 'south', undefined]);
  expect(told.at(-1)).toEqual({
    degraded: 'continued',
    attempts: [
      { upstream: 'north', outcome: 'cut' },
      { upstream: 'south', outcome: 'ok' },
    ],
  });
  await service.stop();
});

it('shows its page how the upstreams are, and mends them', async () => {
  const service = await startExample('fastify-streaming');
  const page = await (await fetch(service.url)).text();
  const parts = [...page.matchAll(/(?:src|href)="([^":]+)"/g)].map(([, path = '']) => path);
  expect(parts).toEqual(['page.css', 'page.js']);
  const types = await Promise.all(
    parts.map(async (part) => (await fetch(`${service.url}/${part}`)).headers.get('content-type')),
  );
  expect(types).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);

  const upstreams = async (): Promise<unknown> => (await fetch(`${service.url}/upstreams`)).json();
  await post(`${service.url}/upstreams/north/break`);
  expect(await upstreams()).toEqual([
    { name: 'north', broken: true },
    { name: 'south', broken: false },
  ]);
  await post(`${service.url}/upstreams/north/mend`);
  expect(await upstreams()).toMatchObject([{ broken: false }, { broken: false }]);
  await service.stop();
});

it("streams in OpenAI's form too, and says what is wrong with a question", async () => {
  const service = await startExample('fastify-streaming');
  const streamed = await post(`${service.url}/chat`, QUESTION);
  expect(streamed.headers.get('content-type')).toContain('text/event-stream');
  expect(await streamed.text()).toMatch(/"content":"A"[^]*data: \[DONE\]\n\n$/);
  const wrong = await post(`${service.url}/ask`, {});
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { message: expect.stringContaining('messages[0]') }]);
  await service.stop();
});
