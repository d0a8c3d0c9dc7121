/**
 * The same conversations in OpenAI's words and, as the official packages of Anthropic and Google take them, in the providers' own: what these
 * send is the truth that our translation is compared with.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { Fixture } from '@copilotkit/aimock';
import { FunctionCallingConfigMode, type GenerateContentParameters } from '@google/genai';
import type OpenAI from 'openai';
import { TIME, TOOLS, WEATHER } from './scenes.ts';

/** Without a model and a way. */
export type OfOpenAI = Pick<
  OpenAI.ChatCompletionCreateParams,
  | 'messages'
  | 'tools'
  | 'tool_choice'
  | 'parallel_tool_calls'
  | 'response_format'
  | 'stop'
  | 'max_tokens'
  | 'temperature'
>;
export type OfAnthropic = Omit<Anthropic.MessageCreateParamsNonStreaming, 'model' | 'stream'> & {
  /** The package passes it on, but does not name it any more: newer models take none. */
  readonly temperature?: number;
};
export type OfGoogle = Omit<GenerateContentParameters, 'model'>;

export interface OfficialScene {
  readonly name: string;
  readonly request: OfOpenAI;
  readonly anthropic: OfAnthropic;
  readonly gemini: OfGoogle;
  readonly response: Fixture['response'];
}

const usage = { prompt_tokens: 23, completion_tokens: 9 };
const WORDS = { content: 'Grüße! Ihr Paket 📦 ist in Köln — 在科隆。', usage };
const QUESTION = 'Wo ist mein Päckchen? 📦';
const SYSTEM = 'You answer for a parcel service.';
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const MOST = 4_096;
/** Anthropic's API demands a limit. */
const LIMITED = { max_tokens: MOST } as const;
const maxOutputTokens = MOST;

const ASKED = [{ role: 'user' as const, content: QUESTION }];
const ASKED_CLAUDE = [{ role: 'user' as const, content: [{ type: 'text' as const, text: QUESTION }] }];
const ASKED_GEMINI = [{ role: 'user', parts: [{ text: QUESTION }] }];

const [{ function: weather }, { function: time }] = TOOLS;
const OFFERED = {
  openai: [
    { type: 'function' as const, function: { ...weather, parameters: { ...weather.parameters } } },
    { type: 'function' as const, function: { ...time, parameters: { ...time.parameters } } },
  ],
  anthropic: [
    {
      name: weather.name,
      description: weather.description,
      input_schema: { ...weather.parameters, required: [...weather.parameters.required] },
    },
    { name: time.name, input_schema: { ...time.parameters } },
  ],
  gemini: [
    {
      functionDeclarations: [
        { name: weather.name, description: weather.description, parametersJsonSchema: weather.parameters },
        { name: time.name, parametersJsonSchema: time.parameters },
      ],
    },
  ],
};
const BOTH = [WEATHER, TIME].map(({ name, arguments: given }) => ({ name, arguments: JSON.stringify(given) }));
const SUN = '{"sky":"☀️ clear"}';
const NOON = '12:00';

const SCHEMA = {
  type: 'object',
  properties: { place: { type: 'string' }, arrived: { type: 'boolean' } },
  required: ['place', 'arrived'],
} as const;

interface Also {
  readonly openai?: Partial<OfOpenAI>;
  readonly anthropic?: Partial<OfAnthropic>;
  readonly gemini?: OfGoogle['config'];
}

/** One question, and what else is said beside it. */
function asking(also: Also = {}): Pick<OfficialScene, 'request' | 'anthropic' | 'gemini'> {
  return {
    request: { ...LIMITED, messages: ASKED, ...also.openai },
    anthropic: { ...LIMITED, messages: ASKED_CLAUDE, ...also.anthropic },
    gemini: { contents: ASKED_GEMINI, config: { maxOutputTokens, ...also.gemini } },
  };
}

const WITH_TOOLS = asking({
  openai: { tools: OFFERED.openai },
  anthropic: { tools: OFFERED.anthropic },
  gemini: { tools: OFFERED.gemini },
});

export const OFFICIAL_SCENES: readonly OfficialScene[] = [
  { name: 'text', ...asking(), response: WORDS },
  {
    name: 'system',
    ...asking({
      openai: { messages: [{ role: 'system', content: SYSTEM }, ...ASKED] },
      anthropic: { system: [{ type: 'text', text: SYSTEM }] },
      gemini: { systemInstruction: { parts: [{ text: SYSTEM }] } },
    }),
    response: WORDS,
  },
  {
    name: 'several turns',
    request: {
      ...LIMITED,
      messages: [...ASKED, { role: 'assistant', content: 'Which number?' }, { role: 'user', content: '12345' }],
    },
    anthropic: {
      ...LIMITED,
      messages: [
        ...ASKED_CLAUDE,
        { role: 'assistant', content: [{ type: 'text', text: 'Which number?' }] },
        { role: 'user', content: [{ type: 'text', text: '12345' }] },
      ],
    },
    gemini: {
      contents: [
        ...ASKED_GEMINI,
        { role: 'model', parts: [{ text: 'Which number?' }] },
        { role: 'user', parts: [{ text: '12345' }] },
      ],
      config: { maxOutputTokens },
    },
    response: WORDS,
  },
  { name: 'one tool', ...WITH_TOOLS, response: { toolCalls: BOTH.slice(0, 1), usage } },
  { name: 'parallel tools', ...WITH_TOOLS, response: { toolCalls: BOTH, usage } },
  { name: 'words and tools', ...WITH_TOOLS, response: { ...WORDS, toolCalls: BOTH } },
  {
    name: 'a tool that must be called',
    ...asking({
      openai: { tools: OFFERED.openai, tool_choice: { type: 'function', function: { name: 'time' } } },
      anthropic: { tools: OFFERED.anthropic, tool_choice: { type: 'tool', name: 'time' } },
      gemini: {
        tools: OFFERED.gemini,
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['time'] },
        },
      },
    }),
    response: { toolCalls: BOTH.slice(1), usage },
  },
  {
    name: 'tool results',
    request: {
      ...LIMITED,
      tools: OFFERED.openai,
      messages: [
        ...ASKED,
        {
          role: 'assistant',
          content: null,
          tool_calls: BOTH.map((call, at) => ({ id: `call_${at}`, type: 'function', function: call })),
        },
        { role: 'tool', tool_call_id: 'call_0', content: SUN },
        { role: 'tool', tool_call_id: 'call_1', content: NOON },
      ],
    },
    anthropic: {
      ...LIMITED,
      tools: OFFERED.anthropic,
      messages: [
        ...ASKED_CLAUDE,
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'call_0', name: WEATHER.name, input: WEATHER.arguments },
            { type: 'tool_use', id: 'call_1', name: TIME.name, input: TIME.arguments },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_0', content: [{ type: 'text', text: SUN }] },
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: NOON }] },
          ],
        },
      ],
    },
    gemini: {
      contents: [
        ...ASKED_GEMINI,
        {
          role: 'model',
          parts: [
            { functionCall: { id: 'call_0', name: WEATHER.name, args: { ...WEATHER.arguments } } },
            { functionCall: { id: 'call_1', name: TIME.name, args: { ...TIME.arguments } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'call_0', name: WEATHER.name, response: { output: SUN } } },
            { functionResponse: { id: 'call_1', name: TIME.name, response: { output: NOON } } },
          ],
        },
      ],
      config: { maxOutputTokens, tools: OFFERED.gemini },
    },
    response: WORDS,
  },
  {
    name: 'an image as data',
    request: {
      ...LIMITED,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: QUESTION },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    },
    anthropic: {
      ...LIMITED,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: QUESTION },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
          ],
        },
      ],
    },
    gemini: {
      contents: [{ role: 'user', parts: [{ text: QUESTION }, { inlineData: { mimeType: 'image/png', data: PIXEL } }] }],
      config: { maxOutputTokens },
    },
    response: WORDS,
  },
  {
    name: 'a JSON schema',
    ...asking({
      openai: {
        response_format: { type: 'json_schema', json_schema: { name: 'parcel', strict: true, schema: SCHEMA } },
      },
      // The API takes no object that may have further properties.
      anthropic: {
        output_config: { format: { type: 'json_schema', schema: { ...SCHEMA, additionalProperties: false } } },
      },
      gemini: { responseMimeType: 'application/json', responseJsonSchema: SCHEMA },
    }),
    response: { content: '{"place":"Köln","arrived":true}', usage },
  },
  {
    name: 'stop sequences and a temperature',
    ...asking({
      openai: { stop: ['END', '\n\nQ:'], temperature: 0.25 },
      anthropic: { stop_sequences: ['END', '\n\nQ:'], temperature: 0.25 },
      gemini: { stopSequences: ['END', '\n\nQ:'], temperature: 0.25 },
    }),
    response: WORDS,
  },
  { name: 'too few tokens', ...asking(), response: { content: 'Grüße! Ihr Pak', finishReason: 'length', usage } },
];
