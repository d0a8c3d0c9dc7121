/** From every provider to every other: an answer that another one gives, and a conversation that another one goes on with. */
import type { LLMock } from '@copilotkit/aimock';
import type { ChatMessage, ChatRequest } from '@ai-failover/core';
import { createFaultyUpstream, fail, sse, type FaultyUpstream, type Script } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ASKS,
  type Dialect,
  DIALECTS,
  engineOf,
  type Heard,
  NAMES,
  readCall,
  startEmulation,
  understoodBy,
} from './emulation.ts';
import { TIME, TOOLS, WEATHER } from './scenes.ts';

const PAIRS = NAMES.flatMap((first) => NAMES.filter((name) => name !== first).map((second) => ({ first, second })));
const WAYS = ['chat', 'stream'] as const;

const QUESTION = { role: 'user', content: 'Take a coat?' } as const;
const request = { messages: [QUESTION], tools: TOOLS } satisfies ChatRequest;
const ANSWER = 'No: ☀️ all day, in every zone.';
const usage = { prompt_tokens: 11, completion_tokens: 7 };

/** Calls both tools, and answers when it has both results. */
function script(mock: LLMock): void {
  const toolCalls = [WEATHER, TIME].map(({ name, arguments: given }) => ({ name, arguments: JSON.stringify(given) }));
  mock.on({ hasToolResult: false }, { toolCalls, usage });
  mock.on({ hasToolResult: true }, { content: ANSWER, usage });
}

interface Words {
  readonly unavailable: Script;
  /** The first that comes of a stream. */
  readonly errorInside: Script;
}

const OVERLOADED = { message: 'Overloaded', type: 'server_error', param: null, code: 'server_is_overloaded' };
const OF_OPENAI: Words = { unavailable: fail(503), errorInside: sse([{ data: { error: OVERLOADED } }]) };
const OF_ANTHROPIC = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const OF_GEMINI = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };

/** How each of them says that it cannot answer now. */
const WORDS_OF: Readonly<Record<Dialect, Words>> = {
  openai: OF_OPENAI,
  azure: OF_OPENAI,
  anthropic: {
    unavailable: fail(503, { body: OF_ANTHROPIC }),
    errorInside: sse([
      { event: 'message_start', data: { type: 'message_start', message: { id: 'msg_1', model: 'm', usage } } },
      { event: 'ping', data: { type: 'ping' } },
      { event: 'error', data: OF_ANTHROPIC },
    ]),
  },
  gemini: { unavailable: fail(503, { body: OF_GEMINI }), errorInside: sse([{ data: OF_GEMINI }]) },
};

async function startBroken(how: Script): Promise<FaultyUpstream> {
  const upstream = await createFaultyUpstream({ script: how });
  onTestFinished(() => upstream.close());
  return upstream;
}

function expectBothCalls({ text, calls, finish, usage: counted }: Heard): void {
  expect({ text, called: calls.map(readCall), finish }).toEqual({
    text: '',
    called: [WEATHER, TIME],
    finish: 'tool_calls',
  });
  expect(new Set(calls.map(({ id }) => id).filter((id) => id !== '')).size).toBe(2);
  expect(counted).toMatchObject({ ...usage, total_tokens: 18 });
}

/** What an application sends next. */
function withResults({ calls }: Heard): ChatMessage[] {
  return [
    QUESTION,
    {
      role: 'assistant',
      content: null,
      tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
    },
    ...calls.map(({ id, name }) => ({ role: 'tool', tool_call_id: id, content: `result of ${name}` })),
  ];
}

describe.each(PAIRS)('From $first to $second', ({ first, second }) => {
  it.each([
    { way: 'chat', what: 'a 503', how: WORDS_OF[first].unavailable },
    { way: 'stream', what: 'a 503', how: WORDS_OF[first].unavailable },
    { way: 'stream', what: 'an error inside a 200', how: WORDS_OF[first].errorInside },
  ] as const)('$way: after $what the caller has the whole of the other answer', async ({ way, how }) => {
    const there = await startEmulation();
    script(there.mock);
    const down = await startBroken(how);
    const answer = await ASKS[way](
      engineOf([
        [first, down],
        [second, there.wire],
      ]),
      request,
    );

    expectBothCalls(answer);
    const { attempts, ...report } = answer.failover;
    expect(report).toMatchObject({ upstream: second, model: DIALECTS[second].model, failedOver: true, skipped: [] });
    expect(report.degraded).toBe('downgraded');
    expect(attempts.map(({ upstream, outcome }) => `${upstream} ${outcome}`)).toEqual([
      // The only one of its model is asked once more.
      `${first} overloaded`,
      `${first} overloaded`,
      `${second} ok`,
    ]);
    expect(there.wire.requests.map(({ path }) => DIALECTS[second].path.test(path))).toEqual([true]);
  });

  it.each(WAYS)('%s: what the one has called, the other goes on from', async (way) => {
    const [here, there] = [await startEmulation(), await startEmulation()];
    script(here.mock);
    script(there.mock);
    const failover = engineOf([
      [first, here.wire],
      [second, there.wire],
    ]);
    const calling = await ASKS[way](failover, request);
    expect(calling.failover.upstream).toBe(first);
    expectBothCalls(calling);

    here.wire.script(WORDS_OF[first].unavailable);
    const messages = withResults(calling);
    const answer = await ASKS[way](failover, { ...request, messages });
    expect(answer).toMatchObject({ text: ANSWER, calls: [], finish: 'stop', failover: { upstream: second } });

    const { messages: understood, tools } = understoodBy(there);
    expect(tools?.map(({ function: { name } }) => name)).toEqual(['weather', 'time']);
    expect(understood.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);
    const called = understood.flatMap(({ tool_calls: calls }) => calls ?? []);
    expect(called.map((call) => readCall(call.function))).toEqual([WEATHER, TIME]);
    const ids = called.map(({ id }) => id);
    expect(ids).toEqual(calling.calls.map(({ id }) => id));
    expect(understood.slice(2)).toMatchObject([
      { tool_call_id: ids[0], content: expect.stringContaining('result of weather') as string },
      { tool_call_id: ids[1], content: expect.stringContaining('result of time') as string },
    ]);
  });
});
