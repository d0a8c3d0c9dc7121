/** Services that take OpenAI's form loosely: their streams as clients read them through us. */
import { sse } from '@ai-failover/testing';
import { streamText, tool } from 'ai';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ASKED, PROVIDERS } from './ai-sdk.ts';
import { read } from './reading.ts';
import { QUESTION, startStage } from './stage.ts';

interface Shape {
  readonly shape: string;
  readonly chunks: readonly object[];
  /** What is said, or which calls are made of which tools with which arguments. */
  readonly text?: string;
  readonly calls?: readonly (readonly [id: string, name: string, input: object])[];
}

const FACTS = { id: 'c-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };

function chunk(delta: object | null, finish: string | null = null, choice: object = {}): object {
  return { ...FACTS, choices: [{ index: 0, delta, finish_reason: finish, ...choice }] };
}

function calling(...calls: readonly object[]): object {
  return chunk({ role: 'assistant', content: null, tool_calls: calls });
}

function weather(more: object, input: unknown = '{"city":"Köln"}'): object {
  return { id: 'a', type: 'function', function: { name: 'weather', arguments: input }, ...more };
}

const END = chunk({}, 'tool_calls');
const ONE = [['a', 'weather', { city: 'Köln' }]] as const;
const TWO = [...ONE, ['b', 'weather', { city: 'Bonn' }]] as const;
const BONN = '{"city":"Bonn"}';

const SHAPES: readonly Shape[] = [
  { shape: 'no role at all', chunks: [chunk({ content: 'Good' }), chunk({ content: ' day' }), chunk({}, 'stop')] },
  {
    shape: 'a role with every piece',
    chunks: [
      chunk({ role: 'assistant', content: 'Good' }),
      chunk({ role: 'assistant', content: ' day' }),
      chunk({ role: 'assistant', content: '' }, 'stop'),
    ],
  },
  { shape: 'its end in the last piece', chunks: [chunk({ role: 'assistant', content: 'Good day' }, 'stop')] },
  { shape: 'an empty end until the end', chunks: [chunk({ content: 'Good day' }, ''), chunk({}, 'stop')] },
  { shape: 'no delta at the end', chunks: [chunk({ content: 'Good day' }), chunk(null, 'stop')] },
  {
    shape: 'the whole message once more at the end',
    chunks: [
      chunk({ content: 'Good day' }),
      chunk({}, 'stop', { message: { role: 'assistant', content: 'Good day' } }),
    ],
  },
  {
    shape: "Azure's empty names in front",
    chunks: [
      { id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      chunk({ role: 'assistant', content: 'Good day' }),
      chunk({}, 'stop'),
    ],
  },
  {
    shape: 'nothing but choices',
    chunks: [{ choices: [{ index: 0, delta: { content: 'Good day' }, finish_reason: 'stop' }] }],
  },
  {
    shape: 'calls that all have the number 0',
    calls: TWO,
    chunks: [calling(weather({ index: 0 })), calling(weather({ index: 0, id: 'b' }, BONN)), END],
  },
  {
    shape: 'calls of the number 0 in one piece',
    calls: TWO,
    chunks: [calling(weather({ index: 0 }), weather({ index: 0, id: 'b' }, BONN)), END],
  },
  { shape: 'calls without numbers', calls: TWO, chunks: [calling(weather({}), weather({ id: 'b' }, BONN)), END] },
  {
    shape: 'calls that do not say what they are',
    calls: ONE,
    chunks: [calling(weather({ index: 0, type: undefined })), END],
  },
  {
    shape: 'null for what a later piece does not say',
    calls: ONE,
    chunks: [
      calling(weather({ index: 0 }, '')),
      chunk({
        tool_calls: [{ index: 0, id: null, type: null, function: { name: null, arguments: '{"city":"Köln"}' } }],
      }),
      END,
    ],
  },
  {
    shape: 'an empty text for what a later piece does not say',
    calls: ONE,
    chunks: [
      calling(weather({ index: 0 }, '')),
      chunk({ tool_calls: [{ index: 0, id: '', function: { name: '', arguments: '{"city":"Köln"}' } }] }),
      END,
    ],
  },
  {
    shape: 'arguments that are parsed already',
    calls: ONE,
    chunks: [calling(weather({ index: 0 }, { city: 'Köln' })), END],
  },
];

async function startWith({ chunks }: Shape, streamInside = false) {
  const P = sse([...chunks, '[DONE]'].map((data) => ({ data })));
  return startStage({ P, endpoint: { call: { streamInside } } });
}

const request = {
  model: 'm',
  messages: [...QUESTION],
  tools: [{ type: 'function' as const, function: { name: 'weather', parameters: {} } }],
};

function saidIn({ choices }: OpenAI.ChatCompletion): unknown {
  const { content, tool_calls: calls = [] } = choices[0]?.message ?? {};
  const made = calls.map((call) => {
    const { name, arguments: input } = call.type === 'function' ? call.function : { name: call.type, arguments: '{}' };
    return [call.id, name, JSON.parse(input) as unknown];
  });
  return [content ?? '', made];
}

describe.each(SHAPES)('A stream with $shape', (given) => {
  const { text = given.calls === undefined ? 'Good day' : '', calls = [] } = given;

  it('is read by the official package, also when it is whole', async () => {
    const { openai } = await startWith(given);
    expect(saidIn(await openai().chat.completions.stream(request).finalChatCompletion())).toEqual([text, calls]);
    const inside = await startWith(given, true);
    expect(saidIn(await inside.openai().chat.completions.create(request))).toEqual([text, calls]);
  });

  it.each(PROVIDERS)('is read by the AI SDK: $provider', async ({ model }) => {
    const { url } = await startWith(given);
    const tools = { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async () => 'rain' }) };
    const errors: unknown[] = [];
    const result = streamText({ ...ASKED, model: model(url), tools, onError: ({ error }) => void errors.push(error) });
    const made = (await result.toolCalls).map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input]);
    expect([await result.text, made, errors]).toEqual([text, calls, []]);
  });

  it('has one role, one end and [DONE] to the byte', async () => {
    const { url } = await startWith(given);
    const told = await read(url, request);
    expect(told.data.at(-1)).toBe('[DONE]');
    const choices = told.chunks.flatMap((one) => one.choices);
    expect(choices.map(({ delta }) => delta.role)).toEqual(['assistant', ...choices.slice(1).map(() => undefined)]);
    expect(choices.filter(({ finish_reason: reason }) => reason)).toEqual([choices.at(-1)]);
  });
});
