/** What each provider is asked in the table, what it answers, and how that has to look on its wire. */
import type { Fixture } from '@copilotkit/aimock';
import type { ChatMessage, ChatRequest } from '@ai-failover/core';

export interface Scene {
  readonly name: string;
  readonly request: ChatRequest;
  readonly response: Fixture['response'];
  /** The answer; the rest as in `PLAIN`. */
  readonly heard: {
    readonly text?: string;
    readonly calls?: readonly { readonly name: string; readonly arguments: object }[];
    readonly finish?: string;
  };
  /** What the emulation took it for, the same with all. */
  readonly understood: object;
  /** Parts of the bodies; Azure's are OpenAI's. */
  readonly wire?: { readonly openai: object; readonly anthropic: object; readonly gemini: object };
}

const usage = { prompt_tokens: 11, completion_tokens: 7 };
const WORDS = 'Grüße! Ihr Paket 📦 ist in Köln.';
const QUESTION = { role: 'user', content: 'Wo ist mein Päckchen? 📦' } as const;
const SYSTEM = 'You answer for a parcel service.';
const LONG = 'Never promise a time of day. 绝不承诺时间。'.repeat(1_000);
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Tools that all of them take. */
export const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of some days',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } },
        required: ['city'],
      },
    },
  },
  {
    type: 'function',
    function: { name: 'time', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
  },
] as const satisfies ChatRequest['tools'];
const [{ function: weather }] = TOOLS;

export const WEATHER = { name: 'weather', arguments: { city: 'Köln', days: [1, 2, 3] } } as const;
export const TIME = { name: 'time', arguments: { zone: 'CET "+1"' } } as const;
const BOTH = [WEATHER, TIME].map(({ name, arguments: given }) => ({ name, arguments: JSON.stringify(given) }));

const CALLED: ChatMessage = {
  role: 'assistant',
  content: null,
  tool_calls: BOTH.map((call, at) => ({ id: `call_${at}`, type: 'function', function: call })),
};
const SUN = { role: 'tool', tool_call_id: 'call_0', content: '{"sky":"☀️ clear","nr":12345678901234567890}' } as const;
const NOON = { role: 'tool', tool_call_id: 'call_1', content: '12:00' } as const;

const SCHEMA = {
  type: 'object',
  properties: { place: { type: 'string' }, arrived: { type: 'boolean' } },
  required: ['place', 'arrived'],
  additionalProperties: false,
} as const;
const { additionalProperties: _, ...OPEN_SCHEMA } = SCHEMA;

const ONE = [QUESTION];
const SPOKEN = { text: WORDS };
const ANSWER = { content: WORDS, usage };

/** Tools as each of them is told. */
const TOLD = {
  openai: { tools: TOOLS },
  anthropic: { tools: [{ name: 'weather', input_schema: weather.parameters }, { name: 'time' }] },
  gemini: {
    tools: [
      { functionDeclarations: [{ name: 'weather', parametersJsonSchema: weather.parameters }, { name: 'time' }] },
    ],
  },
};
const KNOWN = { messages: ONE, tools: [{ function: { name: 'weather' } }, { function: { name: 'time' } }] };

function instructed(system: string): Pick<Scene, 'request' | 'understood' | 'wire'> {
  const messages = [{ role: 'system' as const, content: system }, QUESTION];
  return {
    request: { messages },
    understood: { messages },
    wire: {
      openai: { messages },
      anthropic: { system: [{ type: 'text', text: system }], messages: [{ role: 'user' }] },
      gemini: { systemInstruction: { parts: [{ text: system }] }, contents: [{ role: 'user' }] },
    },
  };
}

export const SCENES: readonly Scene[] = [
  { name: 'text', request: { messages: ONE }, response: ANSWER, heard: SPOKEN, understood: { messages: ONE } },
  { name: 'system', response: ANSWER, heard: SPOKEN, ...instructed(SYSTEM) },
  { name: 'a long system', response: ANSWER, heard: SPOKEN, ...instructed(LONG) },
  {
    name: 'image',
    request: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: QUESTION.content },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    },
    response: ANSWER,
    heard: SPOKEN,
    // Of other providers the emulation keeps the words alone.
    understood: { messages: [{ role: 'user' }] },
    wire: {
      openai: {
        messages: [{ content: [{ type: 'text' }, { image_url: { url: `data:image/png;base64,${PIXEL}` } }] }],
      },
      anthropic: {
        messages: [
          { content: [{ type: 'text' }, { source: { type: 'base64', media_type: 'image/png', data: PIXEL } }] },
        ],
      },
      gemini: {
        contents: [{ parts: [{ text: QUESTION.content }, { inlineData: { mimeType: 'image/png', data: PIXEL } }] }],
      },
    },
  },
  {
    name: 'one tool',
    request: { messages: ONE, tools: TOOLS },
    response: { toolCalls: BOTH.slice(0, 1), usage },
    heard: { calls: [WEATHER], finish: 'tool_calls' },
    understood: KNOWN,
    wire: TOLD,
  },
  {
    name: 'parallel tools',
    request: { messages: ONE, tools: TOOLS },
    response: { toolCalls: BOTH, usage },
    heard: { calls: [WEATHER, TIME], finish: 'tool_calls' },
    understood: KNOWN,
    wire: TOLD,
  },
  {
    name: 'the same tool twice',
    request: { messages: ONE, tools: TOOLS },
    response: { toolCalls: [...BOTH.slice(0, 1), ...BOTH.slice(0, 1)], usage },
    heard: { calls: [WEATHER, WEATHER], finish: 'tool_calls' },
    understood: KNOWN,
  },
  {
    name: 'words and a tool',
    request: { messages: ONE, tools: TOOLS },
    response: { content: WORDS, toolCalls: BOTH.slice(1), usage },
    heard: { ...SPOKEN, calls: [TIME], finish: 'tool_calls' },
    understood: KNOWN,
  },
  {
    name: 'tool results',
    request: { messages: [QUESTION, CALLED, SUN, NOON], tools: TOOLS },
    response: ANSWER,
    heard: SPOKEN,
    understood: {
      messages: [QUESTION, CALLED, { role: 'tool', tool_call_id: 'call_0' }, { role: 'tool', tool_call_id: 'call_1' }],
    },
    wire: {
      openai: { messages: [QUESTION, CALLED, SUN, NOON] },
      anthropic: {
        messages: [
          { role: 'user' },
          {
            role: 'assistant',
            content: [
              { type: 'tool_use', id: 'call_0', name: 'weather', input: WEATHER.arguments },
              { type: 'tool_use', id: 'call_1', name: 'time', input: TIME.arguments },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'call_0', content: [{ type: 'text', text: SUN.content }] },
              { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: NOON.content }] },
            ],
          },
        ],
      },
      gemini: {
        contents: [
          { role: 'user' },
          {
            role: 'model',
            parts: [
              { functionCall: { name: 'weather', args: WEATHER.arguments } },
              { functionCall: { name: 'time', args: TIME.arguments } },
            ],
          },
          {
            role: 'user',
            parts: [
              { functionResponse: { name: 'weather', response: { output: SUN.content } } },
              { functionResponse: { name: 'time', response: { output: NOON.content } } },
            ],
          },
        ],
      },
    },
  },
  {
    name: 'JSON schema',
    request: {
      messages: ONE,
      response_format: { type: 'json_schema', json_schema: { name: 'parcel', strict: true, schema: SCHEMA } },
    },
    response: { content: '{"place":"Köln","arrived":true}', usage },
    heard: { text: '{"place":"Köln","arrived":true}' },
    understood: { messages: ONE },
    wire: {
      openai: { response_format: { type: 'json_schema', json_schema: { name: 'parcel', schema: SCHEMA } } },
      anthropic: { output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
      gemini: { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: OPEN_SCHEMA } },
    },
  },
  {
    name: 'stop',
    request: { messages: ONE, stop: ['END', '\n\nQ:'] },
    response: ANSWER,
    heard: SPOKEN,
    understood: { messages: ONE },
    wire: {
      openai: { stop: ['END', '\n\nQ:'] },
      anthropic: { stop_sequences: ['END', '\n\nQ:'] },
      gemini: { generationConfig: { stopSequences: ['END', '\n\nQ:'] } },
    },
  },
  {
    name: 'too few tokens',
    request: { messages: ONE, max_tokens: 7 },
    response: { content: 'Grüße! Ihr Pak', finishReason: 'length', usage },
    heard: { text: 'Grüße! Ihr Pak', finish: 'length' },
    understood: { messages: ONE, max_tokens: 7 },
  },
];
