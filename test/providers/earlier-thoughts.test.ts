/**
 * A conversation that begins with a model that thinks before it calls a tool, and goes on with every other provider: what it thought is
 * nothing to them, and must not stand in their way.
 */
import type { ChatMessage, Failover } from '@ai-failover/core';
import { createFaultyUpstream, fail, proxyTo, sse, type FaultyUpstream, type Script } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ASKS,
  type Dialect,
  DIALECTS,
  type Emulation,
  engineOf,
  NAMES,
  readCall,
  startEmulation,
  understoodBy,
} from './emulation.ts';
import { TOOLS, WEATHER } from './scenes.ts';

const QUESTION = { role: 'user', content: 'Take a coat?' } as const;
const THOUGHT = 'They ask about the weather.';
const ANSWER = 'No: ☀️ all day.';
const ARGUMENTS = JSON.stringify(WEATHER.arguments);
const CALL_ID = 'toolu_01';

/** OpenAI's form, as DeepSeek thinks in it: https://api-docs.deepseek.com/guides/thinking_mode */
const OF_DEEPSEEK = [
  { role: 'assistant', content: null, reasoning_content: THOUGHT },
  { tool_calls: [{ index: 0, id: CALL_ID, type: 'function', function: { name: WEATHER.name, arguments: ARGUMENTS } }] },
].map((delta) => ({ id: 'c-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }] }));

/** https://platform.claude.com/docs/en/build-with-claude/streaming, with thinking and a tool */
const OF_CLAUDE = [
  { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 9, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: THOUGHT } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2lnbmVk' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: CALL_ID, name: WEATHER.name, input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: ARGUMENTS } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 20 } },
  { type: 'message_stop' },
];

/** https://ai.google.dev/gemini-api/docs/generate-content/thought-signatures */
const OF_GEMINI = [
  { candidates: [{ content: { role: 'model', parts: [{ text: THOUGHT, thought: true }] } }] },
  {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [
            {
              functionCall: { id: CALL_ID, name: WEATHER.name, args: WEATHER.arguments },
              thoughtSignature: 'c2lnbmVk',
            },
          ],
        },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 20 },
  },
];

const OPENAI_FORM = sse([
  ...OF_DEEPSEEK.map((data) => ({ data })),
  { data: { id: 'c-1', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] } },
  { data: '[DONE]' },
]);
const THINKING: Readonly<Record<Dialect, Script>> = {
  openai: OPENAI_FORM,
  azure: OPENAI_FORM,
  anthropic: sse(OF_CLAUDE.map((data) => ({ event: data.type, data }))),
  gemini: sse(OF_GEMINI.map((data) => ({ data }))),
};
const SIGNS: ReadonlySet<Dialect> = new Set<Dialect>(['anthropic', 'gemini']);

const PAIRS = NAMES.flatMap((first) => NAMES.filter((name) => name !== first).map((second) => ({ first, second })));

/** What an application sends, when it sends the answer back as it was given it. */
async function conversation(failover: Failover): Promise<ChatMessage[]> {
  const reply = await failover.chat({ messages: [QUESTION], tools: TOOLS }, { streamInside: true });
  const message = reply.choices[0]?.message;
  if (message === undefined) throw new Error('there is an answer');
  expect(message).toMatchObject({ reasoning_content: THOUGHT, tool_calls: [{ id: CALL_ID }] });
  return [QUESTION, { ...message }, { role: 'tool', tool_call_id: CALL_ID, content: 'sun' }];
}

async function start(first: Dialect, second: Dialect, strict: boolean) {
  const here = await createFaultyUpstream({ script: THINKING[first] });
  onTestFinished(() => here.close());
  const there = await startEmulation();
  there.mock.on({ predicate: () => true }, { content: ANSWER });
  if (strict) refuseThoughts(there);
  const failover = engineOf([
    [first, here],
    [second, there.wire],
  ]);
  const messages = await conversation(failover);
  here.script(fail(503));
  return { failover, messages, there };
}

/** As Mistral and Groq do, in the words of the second. */
function refuseThoughts({ mock, wire }: Emulation): void {
  const message =
    "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]";
  wire.script((request) => {
    const refuses = /"reasoning(_content|_details)?":/.test(JSON.stringify(request.json()));
    return refuses ? fail(400, { message }) : proxyTo(mock.url);
  });
}

function expectGoneOn({ mock, wire }: { mock: Emulation['mock']; wire: FaultyUpstream }): void {
  const understood = understoodBy({ mock, wire }).messages;
  expect(understood.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
  const [call, ...others] = understood[1]?.tool_calls ?? [];
  expect(others).toEqual([]);
  expect(call && readCall(call.function)).toEqual(WEATHER);
  expect(understood[2]).toMatchObject({ tool_call_id: call?.id });
}

describe.each(PAIRS)('From $first to $second', ({ first, second }) => {
  it.each(['chat', 'stream'] as const)('%s goes on, and what is left out is told', async (way) => {
    const { failover, messages, there } = await start(first, second, false);
    const answer = await ASKS[way](failover, { messages, tools: TOOLS });
    expect(answer).toMatchObject({ text: ANSWER, failover: { upstream: second } });
    expectGoneOn(there);
    const ours = second === 'openai' || second === 'azure';
    const left = SIGNS.has(first) && !ours ? ['reasoning signatures of another provider are left out'] : undefined;
    expect(answer.failover.attempts.at(-1)?.changes).toEqual(left);
  });
});

describe.each(PAIRS.filter(({ second }) => second === 'openai' || second === 'azure'))(
  'From $first to a service in the form of $second that refuses thoughts',
  ({ first, second }) => {
    it.each(['chat', 'stream'] as const)('%s goes on without them, and that is remembered and told', async (way) => {
      const { failover, messages, there } = await start(first, second, true);
      const changes = ['thoughts of earlier answers are left out'];
      const before = there.wire.requests.length;
      for (const attempts of [2, 1]) {
        const answer = await ASKS[way](failover, { messages, tools: TOOLS });
        expect(answer.text).toBe(ANSWER);
        const own = answer.failover.attempts.filter(({ upstream }) => upstream === second);
        expect(own.map(({ outcome }) => outcome)).toEqual(attempts === 2 ? ['request', 'ok'] : ['ok']);
        expect(own.at(-1)?.changes).toEqual(changes);
      }
      expect(there.wire.requests.length - before).toBe(3);
      expectGoneOn(there);
      const deployment = `${DIALECTS[second].model}@${second}`;
      expect(failover.status().deployments.find(({ id }) => id === deployment)?.refuses).toEqual(['thoughts']);
    });
  },
);
