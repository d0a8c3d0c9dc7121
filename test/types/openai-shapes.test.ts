/** Our shapes and those of the `openai` package fit each other; `tsc` does the testing, this file only has to compile. */
import type OpenAI from 'openai';
import { describe, expectTypeOf, it } from 'vitest';
import type {
  ChatChunk,
  ChatCompletion,
  ChatMessage,
  ChatRequest,
  ChatTool,
  ChatUsage,
} from '../../packages/core/src/request/chat-types.ts';

type Official = OpenAI.Chat.Completions.ChatCompletion;
type OfficialChunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type OfficialMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type Unary = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;
type Streaming = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;

describe('A request', () => {
  it("may be one of the openai package's", () => {
    expectTypeOf<Unary>().toExtend<ChatRequest>();
    expectTypeOf<Streaming>().toExtend<ChatRequest>();
    expectTypeOf<OpenAI.Chat.Completions.ChatCompletionCreateParams>().toExtend<ChatRequest>();
    expectTypeOf<Omit<Unary, 'model'>>().toExtend<ChatRequest>();
    expectTypeOf<Unary>().toExtend<ChatRequest<'gpt-4.1' | 'cheap'>>();
    expectTypeOf<OfficialMessage>().toExtend<ChatMessage>();
    expectTypeOf<OpenAI.Chat.Completions.ChatCompletionTool>().toExtend<ChatTool>();
  });

  it('may be written by hand, with fields that only some service knows', () => {
    const request: ChatRequest<'gpt-4.1'> = {
      model: 'gpt-4.1',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: 'Hello', prefix: true },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '' } }],
        },
        { role: 'tool', tool_call_id: '1', content: 'found' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: {} } },
      top_k: 40,
      temperature: undefined,
    };
    expectTypeOf(request).toExtend<ChatRequest>();
  });

  it('may be made of values whose roles were widened to strings', () => {
    const messages = [{ role: 'user', content: 'Hello' }];
    expectTypeOf({ messages }).toExtend<ChatRequest>();
  });

  it('may go on with the message of a completion', () => {
    expectTypeOf<ChatCompletion['choices'][number]['message']>().toExtend<ChatMessage>();
    expectTypeOf<Official['choices'][number]['message']>().toExtend<ChatMessage>();
  });

  it('is refused with known fields of a wrong type', () => {
    // @ts-expect-error -- no messages
    const none: ChatRequest = { model: 'gpt-4.1' };
    // @ts-expect-error -- a text instead of a number
    const text: ChatRequest = { messages: [], temperature: '0.7' };
    // @ts-expect-error -- a text part without its text
    const part: ChatRequest = { messages: [{ role: 'user', content: [{ type: 'text' }] }] };
    // @ts-expect-error -- a function without a name
    const tool: ChatTool = { type: 'function', function: { parameters: {} } };
    expectTypeOf([none, text, part, tool]).toBeArray();
  });

  it('takes the known names of models and any other', () => {
    type Name = NonNullable<ChatRequest<'gpt-4.1' | 'cheap'>['model']>;
    expectTypeOf<'gpt-4.1'>().toExtend<Name>();
    expectTypeOf<string>().toExtend<Name>();
  });
});

describe('A completion', () => {
  it("may be handed to code that expects the openai package's, and the other way round", () => {
    expectTypeOf<ChatCompletion>().toExtend<Official>();
    expectTypeOf<Official>().toExtend<ChatCompletion>();
    expectTypeOf<ChatUsage>().toExtend<OpenAI.CompletionUsage>();
  });

  it('may be a chunk, in both directions', () => {
    expectTypeOf<ChatChunk>().toExtend<OfficialChunk>();
    expectTypeOf<OfficialChunk>().toExtend<ChatChunk>();
  });
});
