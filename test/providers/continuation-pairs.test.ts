/** From every provider to every other after content: an answer that breaks off at the one is gone on with by the other, in one stream. */
import type { LLMock } from '@copilotkit/aimock';
import type { ChatChunk, ChatRequest, Failover } from '@ai-failover/core';
import { describe, expect, it } from 'vitest';
import { serveEndpoint } from '../clients/stage.ts';
import { type Dialect, DIALECTS, type Emulation, engineOf, NAMES, startEmulation, understoodBy } from './emulation.ts';

const PAIRS = NAMES.flatMap((first) => NAMES.filter((name) => name !== first).map((second) => ({ first, second })));

/** Beyond ASCII and the BMP, and longer than what is repeated. */
const STORY = Array.from({ length: 40 }, (_, at) => `Satz ${at} über das Päckchen 📦 — 第${at}句。`).join(' ');
const SYSTEM = { role: 'system', content: 'You tell stories.' } as const;
const QUESTION = { role: 'user', content: 'Tell me a story. 📦' } as const;
const request = {
  messages: [SYSTEM, QUESTION],
  max_tokens: 2_000,
  stream_options: { include_usage: true },
} satisfies ChatRequest;
const usage = { prompt_tokens: 30, completion_tokens: 7 };

/** A model that has been trained to go on from its own words does so; the others are told to. */
const WAY_OF: Readonly<Record<Dialect, 'prefill' | 'repeating'>> = {
  openai: 'repeating',
  azure: 'repeating',
  gemini: 'repeating',
  anthropic: 'prefill',
};

/** Breaks off within the answer. */
function breakOff(mock: LLMock): void {
  mock.on({ predicate: () => true }, { content: STORY, usage }, { chunkSize: 60, truncateAfterChunks: 8, latency: 1 });
}

/** Goes on where it is told to, and tells the whole story where it is not. */
function goOn(mock: LLMock): void {
  mock.on({ predicate: () => true }, ({ messages }) => {
    const last = messages.at(-1);
    const text = typeof last?.content === 'string' ? last.content : '';
    if (last?.role === 'assistant') return { content: STORY.slice(text.length), usage };
    const tail = /\n<ending>(.*)<\/ending>/s.exec(text)?.[1];
    return { content: tail === undefined ? STORY : STORY.slice(STORY.indexOf(tail)), usage };
  });
}

async function start(first: Dialect, second: Dialect) {
  const [here, there] = [await startEmulation(), await startEmulation()];
  breakOff(here.mock);
  goOn(there.mock);
  const failover = engineOf([
    [first, here.wire],
    [second, there.wire],
  ]);
  return { failover, here, there };
}

async function read(failover: Failover) {
  const continued: object[] = [];
  failover.on('stream-continued', (event) => void continued.push(event));
  const stream = await failover.stream(request);
  const chunks: ChatChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, continued, outcome: await stream.finished, report: stream.failover };
}

/** What it was shown of the answer so far. */
function shownTo(there: Emulation): string {
  const shown = understoodBy(there).messages.find(({ role }) => role === 'assistant');
  return typeof shown?.content === 'string' ? shown.content : '';
}

describe.each(PAIRS)('From $first to $second', ({ first, second }) => {
  it('the caller sees one stream: one name, one role, one end, one usage', async () => {
    const { failover, here, there } = await start(first, second);
    const { chunks, continued, outcome, report } = await read(failover);

    const pieces = chunks.flatMap(({ choices }) => choices);
    expect(pieces.map(({ delta }) => delta.content ?? '').join('')).toBe(STORY);
    expect(
      new Set(chunks.map(({ id, object, model, created }) => JSON.stringify([id, object, model, created]))).size,
    ).toBe(1);
    expect(pieces.map(({ delta }) => delta.role)).toEqual(['assistant', ...pieces.slice(1).map(() => undefined)]);
    expect(pieces.filter(({ finish_reason: reason }) => reason !== null)).toEqual([pieces.at(-1)]);
    expect(pieces.at(-1)?.finish_reason).toBe('stop');
    const told = chunks.filter((chunk) => Boolean(chunk.usage));
    expect(told).toEqual([chunks.at(-1)]);
    expect(told[0]?.choices).toEqual([]);
    // Of the part that was cut off it is estimated.
    expect(told[0]?.usage?.completion_tokens).toBeGreaterThan(usage.completion_tokens);
    expect(told[0]?.usage?.prompt_tokens).toBeGreaterThan(usage.prompt_tokens);

    expect(outcome).toMatchObject({ status: 'done', finishReason: 'stop', usage: told[0]?.usage });
    expect(report).toMatchObject({ upstream: second, model: DIALECTS[second].model, degraded: 'continued' });
    expect(report.attempts.map(({ upstream, outcome: how }) => `${upstream} ${how}`)).toEqual([
      `${first} cut`,
      `${second} ok`,
    ]);
    const by = WAY_OF[second];
    const [from, to] = [first, second].map((name) => `${DIALECTS[name].model}@${name}`);
    expect(continued).toMatchObject([{ from, to, by }]);
    expect([here.wire.requests.length, there.wire.requests.length]).toEqual([1, 1]);

    const shown = shownTo(there);
    expect(shown.length).toBeGreaterThan(60);
    expect(STORY.startsWith(shown)).toBe(true);
    const roles = by === 'prefill' ? ['system', 'user', 'assistant'] : ['system', 'user', 'assistant', 'user'];
    expect(understoodBy(there).messages.map(({ role }) => role)).toEqual(roles);
  });

  it('the official client of the caller notices nothing', async () => {
    const { failover } = await start(first, second);
    const { openai } = await serveEndpoint(failover);
    const stream = openai().chat.completions.stream({ ...request, model: DIALECTS[first].model, messages: [QUESTION] });
    expect(await stream.finalContent()).toBe(STORY);
    const { choices } = await stream.finalChatCompletion();
    expect(choices).toMatchObject([
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: STORY } },
    ]);
    expect((await stream.totalUsage()).completion_tokens).toBeGreaterThan(usage.completion_tokens);
  });
});
