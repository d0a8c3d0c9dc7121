/** The official `openai` package against our endpoint: what it is told of answers, models and names. */
import type { ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming } from 'openai/resources';
import { describe, expect, it } from 'vitest';
import { ANSWERS, CHOICES, giving, TOOLS, USAGE, type Answer } from './answers.ts';
import { QUESTION, startStage, TEXT } from './stage.ts';

const ASKED = { model: 'm', messages: [...QUESTION] };

/** Written as the package's types do not know all of what the tests ask. */
function asked({ asked: more }: Pick<Answer, 'asked'>): ChatCompletionCreateParamsNonStreaming {
  return { ...ASKED, ...more };
}

async function all<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

function textOf(chunks: readonly ChatCompletionChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

describe('Plain text', () => {
  it('comes whole, with the name of the call', async () => {
    const { openai, failover } = await startStage();
    const started: string[] = [];
    failover.on('call-started', ({ callId }) => started.push(callId));
    const reply = openai().chat.completions.create(ASKED);
    const { data, response, request_id } = await reply.withResponse();
    expect(data).toEqual({
      id: 'chatcmpl-0',
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: expect.any(Number), total_tokens: expect.any(Number) },
    });
    expect(started).toEqual([request_id]);
    const { _request_id: named } = await reply;
    expect([named, response.headers.get('x-request-id')]).toEqual([request_id, request_id]);
  });

  it('comes as a stream, piece by piece as the upstream sends it', async () => {
    const { openai } = await startStage();
    const chunks = await all(await openai().chat.completions.create({ ...ASKED, stream: true }));
    expect(textOf(chunks)).toBe(TEXT);
    expect(chunks.length).toBeGreaterThan(30);
    expect(chunks.map(({ usage }) => usage)).toEqual(chunks.map(() => undefined));
  });

  it('ends with its usage where that is asked for', async () => {
    const { openai } = await startStage();
    const stream = await openai().chat.completions.create({
      ...ASKED,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await all(stream);
    expect(chunks.filter(({ usage }) => usage)).toEqual([chunks.at(-1)]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 10 } });
  });

  it('is there for two readers of one stream, and for one who wants the bare response', async () => {
    const { openai } = await startStage();
    const [one, other] = (await openai().chat.completions.create({ ...ASKED, stream: true })).tee();
    expect((await Promise.all([all(one), all(other)])).map(textOf)).toEqual([TEXT, TEXT]);
    const response = await openai().chat.completions.create(ASKED).asResponse();
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: TEXT } }] });
  });
});

describe.each(ANSWERS)('An answer of $name', (given) => {
  it('is whole as the upstream gave it', async () => {
    const { openai } = await startStage({ P: giving(given) });
    expect(await openai().chat.completions.create(asked(given))).toEqual(given.whole);
  });

  it('is streamed as the upstream streamed it', async () => {
    const { openai } = await startStage({ P: giving(given) });
    const stream = await openai().chat.completions.create({ ...asked(given), stream: true });
    expect(await all(stream)).toEqual(given.chunks);
  });

  it('is the same whole when it is streamed to us, or by the client', async () => {
    const { openai } = await startStage({ P: giving(given), endpoint: { call: { streamInside: true } } });
    expect(await openai().chat.completions.create(asked(given))).toEqual(given.whole);
    const request = { ...asked(given), stream: true as const, stream_options: { include_usage: true } };
    const { choices, usage } = await openai().chat.completions.stream(request).finalChatCompletion();
    expect({ ...given.whole, choices, usage }).toMatchObject({ ...given.whole, usage: USAGE });
  });
});

describe('What the client asks', () => {
  it('reaches the upstream, apart from what is ours', async () => {
    const { openai, P } = await startStage();
    const more = { temperature: 0.3, seed: 7, user: 'u-1', metadata: { order: '17' }, top_k: 3 };
    await openai().chat.completions.create({ ...ASKED, ...more, stream: false });
    expect(P.requests[0]?.json()).toEqual({ ...ASKED, ...more });
    expect(P.requests[0]?.headers['authorization']).toBe('Bearer sk-p-0123456789');
    expect(JSON.stringify(P.requests[0]?.headers)).not.toMatch(/sk-client|stainless|openai/i);
  });

  it.each([TOOLS, CHOICES])('reaches it for $name', async (given) => {
    const { openai, P } = await startStage({ P: giving(given) });
    await openai().chat.completions.create(asked(given));
    expect(P.requests[0]?.json()).toEqual(asked(given));
  });

  it('may be 5 MB long, streamed or not', async () => {
    const { openai, P } = await startStage();
    const content = 'Wo ist mein Päckchen? '.repeat(230_000);
    expect(Buffer.byteLength(content)).toBeGreaterThan(5_000_000);
    const long = { model: 'm', messages: [{ role: 'user' as const, content }] };
    await openai().chat.completions.create(long);
    const chunks = await all(await openai().chat.completions.create({ ...long, stream: true }));
    expect(textOf(chunks)).toBe(TEXT);
    const [whole, streamed] = P.requests.map((request) => request.json());
    expect([whole?.['messages'], streamed?.['messages']]).toEqual([long.messages, long.messages]);
  });
});

describe('Names', () => {
  const named = {
    ofP: { models: { 'gpt-4.1': { id: 'their-gpt' } } },
    ofS: { models: ['deepseek/v3.2'] },
    options: {
      chains: { default: ['gpt-4.1'], cheap: ['deepseek/v3.2'], 'gpt-4.1-or-so': ['gpt-4.1', 'deepseek/v3.2'] },
    },
  };

  it('of models and chains are listed and can be looked up', async () => {
    const { openai } = await startStage(named);
    const client = openai();
    const listed = await all(client.models.list());
    expect(listed.map(({ id }) => id).toSorted()).toEqual([
      'cheap',
      'deepseek/v3.2',
      'default',
      'gpt-4.1',
      'gpt-4.1-or-so',
    ]);
    for (const { id } of listed) {
      expect(await client.models.retrieve(id)).toEqual(listed.find((one) => one.id === id));
    }
  });

  it.each([
    ['a model', 'gpt-4.1', 'their-gpt'],
    ['a model with a slash', 'deepseek/v3.2', 'deepseek/v3.2'],
    ['a chain', 'cheap', 'deepseek/v3.2'],
    ['the default chain', 'default', 'their-gpt'],
  ])('choose who is asked: %s', async (_, model, sent) => {
    const { openai, P, S } = await startStage(named);
    const { choices } = await openai().chat.completions.create({ ...ASKED, model });
    expect(choices[0]?.message.content).toBe(TEXT);
    expect([...P.requests, ...S.requests].map((request) => request.json()['model'])).toEqual([sent]);
  });

  it('of a chain lead to its next model, which the client is told', async () => {
    const { openai, P } = await startStage(named);
    await P.refuse();
    const { data, response } = await openai()
      .chat.completions.create({ ...ASKED, model: 'gpt-4.1-or-so' })
      .withResponse();
    expect(data).toMatchObject({ model: 'deepseek/v3.2', choices: [{ message: { content: TEXT } }] });
    expect(response.headers.get('x-ai-failover-degraded')).toBe('downgraded');
  });

  it('of a chain may come in a header, which says what stands behind the model', async () => {
    const { openai, P, S } = await startStage({ ...named, endpoint: { chainHeader: true } });
    await P.refuse();
    const create = (chain: string) =>
      openai({ defaultHeaders: { 'x-ai-failover-chain': chain } }).chat.completions.create({
        ...ASKED,
        model: 'gpt-4.1',
      });
    await expect(create('default')).rejects.toMatchObject({ status: 502 });
    expect(await create('gpt-4.1-or-so')).toMatchObject({ model: 'deepseek/v3.2' });
    expect(S.requests).toHaveLength(1);
    await expect(create('none')).rejects.toMatchObject({ status: 400, param: 'x-ai-failover-chain' });
  });
});
