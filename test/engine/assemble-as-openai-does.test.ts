/** The `openai` package puts streams together, too: both make the same completion of the same chunks. */
import * as fc from 'fast-check';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatCompletion } from '../../packages/core/src/request/chat-types.ts';
import { assembled } from '../../packages/core/test/stream/assembled.ts';
import { streamedFrom } from '../../packages/core/test/stream/generated-completions.ts';
import * as streams from '../../packages/core/test/stream/streams.ts';

/** Read as its `toReadableStream` sends chunks from one process to another: a line of JSON for each. */
async function theirs(chunks: readonly ChatChunk[]): Promise<unknown> {
  const lines = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`);
  const stream = ChatCompletionStream.fromReadableStream(new Blob(lines).stream());
  const completion = await stream.finalChatCompletion();
  // What it parses for those who gave it a schema is no part of the reply.
  return JSON.parse(JSON.stringify(completion), (name, value: unknown) => (name === 'parsed' ? undefined : value));
}

const word = fc.string({ minLength: 1, maxLength: 12 });
const text = fc.string({ maxLength: 12 });
const toolCall = fc.oneof(
  fc.record({ id: word, type: fc.constant('function'), function: fc.record({ name: word, arguments: text }) }),
  fc.record({ id: word, type: fc.constant('custom'), custom: fc.record({ name: word, input: text }) }),
);
const said = fc.oneof(
  fc.record({ content: text }),
  fc.record({ refusal: word }),
  fc.record({ content: fc.option(word), tool_calls: fc.array(toolCall, { minLength: 1, maxLength: 4 }) }),
  fc.record({ function_call: fc.record({ name: word, arguments: text }) }),
);
const token = fc.record({ token: text, bytes: fc.constant(null), logprob: fc.nat(), top_logprobs: fc.constant([]) });
const tokens = fc.option(fc.array(token, { maxLength: 3 }));
const choice = fc.record({
  said,
  logprobs: fc.option(fc.record({ content: tokens, refusal: tokens })),
  finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter', 'function_call'),
});

/** As OpenAI itself answers. */
const completions = fc
  .record({ id: word, choices: fc.array(choice, { minLength: 1, maxLength: 3 }), total: fc.nat() })
  .map(({ id, choices, total }) => {
    const whole = choices.map(({ said: fields, ...others }, index) => {
      const message = Object.assign({ role: 'assistant', content: null, refusal: null }, fields);
      return Object.assign({ index, message }, others);
    });
    const facts = { id, choices: whole, usage: streams.usageOf(total, 1) };
    return Object.assign({}, streams.OPENAI_FACTS, facts) as unknown as ChatCompletion;
  });

describe('The openai package makes of a stream what we make of it', () => {
  it.each([
    ['text', streams.text],
    ['a tool call', streams.toolCall],
    ['parallel tool calls', streams.parallelToolCalls],
    ['a custom tool', streams.customTool],
    ['a function call', streams.functionCall],
    ['a refusal', streams.refusal],
    ['logprobs', streams.logprobs],
    ['two choices', streams.twoChoices],
    ['sound', streams.audio],
    ["Mistral's text", streams.mistralText],
  ])('with %s', async (_, chunks) => {
    expect(assembled(chunks)).toEqual(await theirs(chunks));
  });

  it('however it is cut, and whatever comes at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(streamedFrom(completions), async ({ completion, chunks }) => {
        expect(assembled(chunks)).toEqual(completion);
        expect(await theirs(chunks)).toEqual(completion);
      }),
      { numRuns: 200 },
    );
  });
});
