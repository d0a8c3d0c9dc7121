/** The usage of a stream, told as OpenAI tells it, whoever has answered: to those who have asked for it, in a chunk of its own. */
import type { ChatChunk, Failover } from '@ai-failover/core';
import { createFaultyUpstream, sse } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { engineOf, NAMES, startEmulation } from './emulation.ts';

const QUESTION = { role: 'user', content: 'Where is my parcel?' } as const;
const ANSWER = 'It is in Köln.';

async function read(failover: Failover, include_usage: boolean | undefined) {
  const options = include_usage === undefined ? {} : { stream_options: { include_usage } };
  const stream = await failover.stream({ messages: [QUESTION], ...options });
  const chunks: ChatChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, outcome: await stream.finished };
}

function textOf(chunks: readonly ChatChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

/** One at the end, with nothing beside it. */
function expectUsage({ chunks, outcome }: Awaited<ReturnType<typeof read>>, usage: object): void {
  expect(textOf(chunks)).toBe(ANSWER);
  expect(outcome).toMatchObject({ status: 'done', usage });
  const last = chunks.at(-1);
  expect(last).toMatchObject({ object: 'chat.completion.chunk', choices: [], usage });
  expect(last?.id).toBe(chunks[0]?.id);
  expect(last?.model).toBe(chunks[0]?.model);
  expect(chunks.filter((chunk) => Boolean(chunk.usage))).toEqual([last]);
  expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([last]);
  expect(chunks.at(-2)?.choices).toMatchObject([{ finish_reason: 'stop' }]);
}

/** None, although it is known. */
function expectNoUsage({ chunks, outcome }: Awaited<ReturnType<typeof read>>, usage: object | undefined): void {
  expect(textOf(chunks)).toBe(ANSWER);
  expect(chunks.filter((chunk) => Boolean(chunk.usage) || chunk.choices.length === 0)).toEqual([]);
  expect(chunks.at(-1)?.choices).toMatchObject([{ finish_reason: 'stop' }]);
  expect(outcome).toMatchObject({ status: 'done', finishReason: 'stop' });
  expect(outcome.status === 'done' && outcome.usage).toEqual(usage && expect.objectContaining(usage));
}

describe.each(NAMES)('%s', (dialect) => {
  const counted = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

  async function start(): Promise<Failover> {
    const emulation = await startEmulation();
    const usage = { prompt_tokens: 11, completion_tokens: 7 };
    emulation.mock.on({ predicate: () => true }, { content: ANSWER, usage });
    return engineOf([[dialect, emulation.wire]]);
  }

  it('has its usage behind the answer where that is asked for', async () => {
    expect.hasAssertions();
    expectUsage(await read(await start(), true), counted);
  });

  it.each([false, undefined])('has none where that is not asked for (%s)', async (asked) => {
    expect.hasAssertions();
    expectNoUsage(await read(await start(), asked), counted);
  });
});

describe('A service', () => {
  const facts = { id: 'c-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };
  const piece = (delta: object, finish: string | null = null) => ({
    ...facts,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const counts = (completion_tokens: number) => ({
    usage: { prompt_tokens: 5, completion_tokens, total_tokens: 5 + completion_tokens },
  });
  const words = [piece({ role: 'assistant', content: 'It is ' }), piece({ content: 'in Köln.' })];
  const end = piece({}, 'stop');

  /** Where their counts stand, and whether they say `[DONE]`. */
  const SERVICES: readonly (readonly [string, readonly (object | string)[], object | undefined])[] = [
    ['in a chunk of its own', [...words, end, { ...facts, choices: [], ...counts(9) }, '[DONE]'], counts(9).usage],
    ['beside the end (DeepSeek, Moonshot)', [...words, { ...end, ...counts(9) }, '[DONE]'], counts(9).usage],
    [
      'beside every piece (xAI, Perplexity)',
      [...words.map((one, at) => ({ ...one, ...counts(at + 1) })), { ...end, ...counts(9) }, '[DONE]'],
      counts(9).usage,
    ],
    [
      'beside the end and in a chunk of its own',
      [...words, { ...end, ...counts(9) }, { ...facts, choices: [], ...counts(9) }, '[DONE]'],
      counts(9).usage,
    ],
    [
      'in a chunk of its own, without [DONE]',
      [...words, end, { ...facts, choices: [], ...counts(9) }],
      counts(9).usage,
    ],
    ['beside the end, without [DONE]', [...words, { ...end, ...counts(9) }], counts(9).usage],
    ['nowhere', [...words, end, '[DONE]'], undefined],
    ['nowhere, without [DONE]', [...words, end], undefined],
  ];

  async function startService(events: readonly (object | string)[]): Promise<Failover> {
    const upstream = await createFaultyUpstream({ script: sse(events.map((data) => ({ data }))) });
    onTestFinished(() => upstream.close());
    return engineOf([['openai', upstream]]);
  }

  it.each(SERVICES)('that has its usage %s tells it where it is asked for', async (_where, events, usage) => {
    expect.hasAssertions();
    const told = await read(await startService(events), true);
    if (usage === undefined) expectNoUsage(told, undefined);
    else expectUsage(told, usage);
  });

  it.each(SERVICES)('that has its usage %s does not tell it to others', async (_where, events, usage) => {
    expect.hasAssertions();
    expectNoUsage(await read(await startService(events), false), usage);
  });
});
