/** Every parameter and form of message to every provider, whole and streamed: what is on its wire, and what is told to have changed. */
import type { ChatRequest } from '@ai-failover/core';
import { describe, expect, it } from 'vitest';
import { ASKS, type Dialect, engineOf, NAMES, startEmulation, understoodBy } from './emulation.ts';
import { TOOLS, WEATHER } from './scenes.ts';

type Form = 'openai' | 'anthropic' | 'gemini';

interface Row {
  readonly name: string;
  readonly fields: Partial<ChatRequest>;
  /** Parts of the bodies; Azure's are OpenAI's. */
  readonly wire: Readonly<Record<Form, object>>;
  /** What is not on a wire. */
  readonly without?: Partial<Readonly<Record<Form, readonly string[]>>>;
  readonly changes?: Partial<Readonly<Record<Form, readonly string[]>>>;
}

const QUESTION = { role: 'user', content: 'What is this?' } as const;
const ANSWER = '{"it":"a cat"}';
const URL = 'https://images.example/cat.png';
const config = (fields: object) => ({ generationConfig: fields });
const calling = (fields: object) => ({ toolConfig: { functionCallingConfig: fields } });
const NAMED = { type: 'function', function: { name: WEATHER.name } } as const;
const ALLOWED = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [NAMED] } } as const;

const ROWS: readonly Row[] = [
  {
    name: 'an image by URL',
    fields: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: QUESTION.content },
            { type: 'image_url', image_url: { url: URL } },
          ],
        },
      ],
    },
    wire: {
      openai: { messages: [{ content: [{ type: 'text' }, { image_url: { url: URL } }] }] },
      anthropic: { messages: [{ content: [{ type: 'text' }, { type: 'image', source: { type: 'url', url: URL } }] }] },
      gemini: {
        contents: [{ parts: [{ text: QUESTION.content }, { fileData: { fileUri: URL, mimeType: 'image/png' } }] }],
      },
    },
  },
  {
    name: 'JSON of any form',
    fields: { response_format: { type: 'json_object' } },
    wire: {
      openai: { response_format: { type: 'json_object' } },
      anthropic: { system: [{ type: 'text', text: expect.stringContaining('valid JSON') as string }] },
      gemini: config({ responseMimeType: 'application/json' }),
    },
    changes: { anthropic: ['JSON is asked for in words, not enforced'] },
  },
  {
    name: 'a seed',
    fields: { seed: 7 },
    wire: { openai: { seed: 7 }, anthropic: {}, gemini: config({ seed: 7 }) },
    without: { anthropic: ['seed'] },
    changes: { anthropic: ['seed is left out'] },
  },
  {
    name: 'a temperature above 1',
    fields: { temperature: 1.5 },
    wire: { openai: { temperature: 1.5 }, anthropic: { temperature: 1 }, gemini: config({ temperature: 1.5 }) },
    changes: { anthropic: ['temperature 1.5 becomes 1'] },
  },
  {
    name: 'a temperature of 0',
    fields: { temperature: 0 },
    wire: { openai: { temperature: 0 }, anthropic: { temperature: 0 }, gemini: config({ temperature: 0 }) },
  },
  {
    name: 'top_p and a penalty',
    fields: { top_p: 0.5, presence_penalty: 0.25 },
    wire: {
      openai: { top_p: 0.5, presence_penalty: 0.25 },
      anthropic: { top_p: 0.5 },
      gemini: config({ topP: 0.5 }),
    },
    without: { anthropic: ['presence_penalty'] },
    changes: { anthropic: ['presence_penalty is left out'], gemini: ['presence_penalty is left out'] },
  },
  {
    name: 'an effort',
    fields: { reasoning_effort: 'low', max_completion_tokens: 8_000 },
    wire: {
      openai: { reasoning_effort: 'low', max_completion_tokens: 8_000 },
      anthropic: { thinking: { type: 'enabled', budget_tokens: 2_048 }, max_tokens: 8_000 },
      gemini: config({ thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true }, maxOutputTokens: 8_000 }),
    },
  },
  {
    name: 'a user',
    fields: { user: 'u-17' },
    wire: { openai: { user: 'u-17' }, anthropic: { metadata: { user_id: 'u-17' } }, gemini: {} },
    without: { gemini: ['user'] },
  },
  {
    name: 'messages of one role in a row',
    fields: {
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'One.' },
        { role: 'user', content: 'Two.' },
        { role: 'assistant', content: 'Three.' },
        { role: 'assistant', content: 'Four.' },
        { role: 'user', content: 'Five?' },
      ],
    },
    wire: {
      openai: { messages: { length: 7 } },
      anthropic: {
        system: [{ text: 'Be brief.' }, { text: 'Be kind.' }],
        messages: [
          { role: 'user', content: [{ text: 'One.' }, { text: 'Two.' }] },
          { role: 'assistant', content: [{ text: 'Three.' }, { text: 'Four.' }] },
          { role: 'user', content: [{ text: 'Five?' }] },
        ],
      },
      gemini: {
        systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
        contents: [
          { role: 'user', parts: [{ text: 'One.' }, { text: 'Two.' }] },
          { role: 'model', parts: [{ text: 'Three.' }, { text: 'Four.' }] },
          { role: 'user', parts: [{ text: 'Five?' }] },
        ],
      },
    },
  },
  ...(
    [
      ['auto', { type: 'auto' }, { mode: 'AUTO' }],
      ['none', { type: 'none' }, { mode: 'NONE' }],
      ['required', { type: 'any' }, { mode: 'ANY' }],
    ] as const
  ).map(([choice, ofAnthropic, ofGemini]): Row => ({
    name: `tool_choice ${choice}`,
    fields: { tools: TOOLS, tool_choice: choice },
    wire: { openai: { tool_choice: choice }, anthropic: { tool_choice: ofAnthropic }, gemini: calling(ofGemini) },
  })),
  {
    name: 'a tool that has to be called',
    fields: { tools: TOOLS, tool_choice: NAMED },
    wire: {
      openai: { tool_choice: NAMED },
      anthropic: { tool_choice: { type: 'tool', name: WEATHER.name } },
      gemini: calling({ mode: 'ANY', allowedFunctionNames: [WEATHER.name] }),
    },
  },
  {
    name: 'some of the tools',
    fields: { tools: TOOLS, tool_choice: ALLOWED },
    wire: {
      openai: { tool_choice: ALLOWED, tools: { length: 2 } },
      anthropic: { tool_choice: { type: 'any' }, tools: [{ name: WEATHER.name }] },
      gemini: { tools: [{ functionDeclarations: [{ name: WEATHER.name }] }], ...calling({ mode: 'ANY' }) },
    },
  },
  {
    name: 'one call at a time',
    fields: { tools: TOOLS, parallel_tool_calls: false },
    wire: {
      openai: { parallel_tool_calls: false },
      anthropic: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      gemini: { tools: [{ functionDeclarations: { length: 2 } }] },
    },
    changes: { gemini: ['parallel_tool_calls is left out'] },
  },
  {
    name: 'fields for one provider alone',
    fields: {
      providerOptions: { openai: { x: 1 }, azure: { x: 1 }, anthropic: { top_k: 5 }, gemini: { safetySettings: [] } },
    },
    wire: { openai: { x: 1 }, anthropic: { top_k: 5 }, gemini: { safetySettings: [] } },
    without: {
      openai: ['providerOptions', 'top_k', 'safetySettings'],
      anthropic: ['providerOptions', 'x', 'safetySettings'],
      gemini: ['providerOptions', 'x', 'top_k'],
    },
  },
];

const formOf = (dialect: Dialect): Form => (dialect === 'azure' ? 'openai' : dialect);

describe.each(NAMES)('%s', (dialect) => {
  const form = formOf(dialect);

  describe.each(['chat', 'stream'] as const)('%s', (way) => {
    it.each(ROWS)('$name', async ({ fields, wire, without, changes }) => {
      const emulation = await startEmulation();
      emulation.mock.on({ predicate: () => true }, { content: ANSWER });
      const failover = engineOf([[dialect, emulation.wire]]);
      const answer = await ASKS[way](failover, { messages: [QUESTION], ...fields });
      expect(answer.text).toBe(ANSWER);
      expect(answer.failover.attempts).toMatchObject([{ outcome: 'ok' }]);
      expect(answer.failover.attempts[0]?.changes).toEqual(changes?.[form]);
      expect(answer.failover.skipped).toEqual([]);

      const [sent, ...more] = emulation.wire.requests;
      expect(more).toEqual([]);
      expect(sent?.json()).toMatchObject(wire[form]);
      for (const name of without?.[form] ?? []) expect(sent?.json()).not.toHaveProperty([name]);
      expect(understoodBy(emulation).messages.at(-1)?.role).toBe('user');
    });
  });
});
