/** The Vercel AI SDK has its answer through every fault, having asked once. */
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import { describe, expect, it } from 'vitest';
import { FAULTS } from './faults.ts';
import { startStage, TEXT } from './stage.ts';

const ASKED = { prompt: 'Where is my parcel?' };

describe('generateText has the whole answer after', () => {
  it.each(FAULTS)('$fault', async (row) => {
    const { url, visits, P } = await startStage(row);
    await row.before?.(P);
    const model = createOpenAI({ baseURL: url, apiKey: 'sk-client' }).chat('m');
    const { text, finishReason } = await generateText({ ...ASKED, model });
    expect([text, finishReason, visits.length]).toEqual([TEXT, 'stop', 1]);
  });
});

describe('streamText has the whole answer after', () => {
  it.each(FAULTS)('$fault', async (row) => {
    const { url, visits, P } = await startStage(row);
    await row.before?.(P);
    const model = createOpenAICompatible({ name: 'ours', baseURL: url, includeUsage: true }).chatModel('m');
    const errors: unknown[] = [];
    const result = streamText({ ...ASKED, model, onError: ({ error }) => void errors.push(error) });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect([pieces.join(''), await result.finishReason, visits.length]).toEqual([TEXT, 'stop', 1]);
    expect(errors).toEqual([]);
  });
});
