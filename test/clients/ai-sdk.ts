/** The Vercel AI SDK, by both of its providers that speak chat completions. */
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText, type LanguageModel, type TextStreamPart, type ToolSet } from 'ai';

/** It does not know `x-should-retry`, so this is how it leaves it to us to try again. */
export const ASKED = { prompt: 'Where is my parcel?', maxRetries: 0 };

export const PROVIDERS: readonly { readonly provider: string; readonly model: (url: string) => LanguageModel }[] = [
  { provider: '@ai-sdk/openai', model: (baseURL) => createOpenAI({ baseURL, apiKey: 'sk-client' }).chat('m') },
  {
    provider: '@ai-sdk/openai-compatible',
    model: (baseURL) => {
      const settings = { name: 'ours', baseURL, includeUsage: true, supportsStructuredOutputs: true };
      return createOpenAICompatible({ ...settings, apiKey: 'sk-client' }).chatModel('m');
    },
  },
];

type Part = TextStreamPart<ToolSet>;

/** All that there is to see of a stream, and what was told of errors. */
export async function partsOf(
  given: Omit<Parameters<typeof streamText>[0], 'prompt' | 'messages'>,
): Promise<{ readonly parts: readonly Part[]; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const result = streamText({ ...ASKED, ...given, onError: ({ error }) => void errors.push(error) });
  const parts: Part[] = [];
  for await (const part of result.fullStream) parts.push(part);
  return { parts, errors };
}

/** The kinds of parts in their order, of neighbours of one kind the first. */
export function kinds(parts: readonly Part[]): string[] {
  return parts.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
}

/** The pieces of the text. */
export function textIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : []));
}
