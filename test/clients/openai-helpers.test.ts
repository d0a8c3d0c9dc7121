/** What the official `openai` package builds on completions: assembled streams, parsed answers, tools that it runs. */
import type OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answer, stream, type ReceivedRequest, type Responder } from '@ai-failover/testing';
import { giving, LOGPROBS, REFUSAL, TOOLS, USAGE, wantsStream } from './answers.ts';
import { QUESTION, startStage, TEXT } from './stage.ts';

const ASKED = { model: 'm', messages: [...QUESTION] };
const WITH_USAGE = { stream_options: { include_usage: true } };

const Parcel = z.object({ city: z.string(), days: z.number() });
const JSON_TEXT = '{"city":"Köln","days":2}';
const parcelFormat = zodResponseFormat(Parcel, 'parcel');

/** Says JSON in small pieces, or in one. */
const sayJson: Responder = (request) =>
  wantsStream(request) ? stream(['{"city":"K', 'öln","da', 'ys":', '2}']) : answer(JSON_TEXT);

/** Asks for two tools, and once it has their results says what they were. */
const askTools: Responder = (request) => {
  const results = messagesOf(request).flatMap(({ role, content }) => (role === 'tool' ? [content] : []));
  if (results.length === 0) return giving(TOOLS)(request);
  const text = `I know: ${results.filter((result) => typeof result === 'string').join(', ')}`;
  return wantsStream(request) ? stream(text) : answer(text);
};

function messagesOf(request: ReceivedRequest): OpenAI.ChatCompletionMessageParam[] {
  return request.json()['messages'] as OpenAI.ChatCompletionMessageParam[];
}

function tools(ran: string[]) {
  return [
    zodFunction({
      name: 'weather',
      parameters: z.object({ city: z.string() }),
      function: ({ city }) => {
        ran.push(city);
        return `rain in ${city}`;
      },
    }),
    zodFunction({
      name: 'time',
      parameters: z.object({}),
      function: () => {
        ran.push('now');
        return '17:30';
      },
    }),
  ];
}

describe('The assembled stream', () => {
  it('tells of each piece and then of the whole', async () => {
    const { openai } = await startStage();
    const running = openai().chat.completions.stream({ ...ASKED, ...WITH_USAGE });
    const pieces: string[] = [];
    const snapshots: string[] = [];
    const done: string[] = [];
    const counts = { connect: 0, chunk: 0, end: 0, error: 0, abort: 0 };
    running.on('content.delta', ({ delta, snapshot }) => {
      pieces.push(delta);
      snapshots.push(snapshot);
    });
    running.on('content.done', ({ content }) => done.push(content));
    for (const name of ['connect', 'chunk', 'end', 'error', 'abort'] as const)
      running.on(name, () => (counts[name] += 1));
    await running.done();
    expect(pieces.join('')).toBe(TEXT);
    expect([snapshots.at(-1), done, await running.finalContent()]).toEqual([TEXT, [TEXT], TEXT]);
    // The role, the pieces, the finish and the usage.
    expect(counts).toEqual({ connect: 1, chunk: pieces.length + 3, end: 1, error: 0, abort: 0 });
    expect(await running.totalUsage()).toMatchObject({ prompt_tokens: 10 });
    expect(await running.finalMessage()).toMatchObject({ role: 'assistant', content: TEXT, refusal: null });
  });

  it('tells of each fragment of the arguments of each tool', async () => {
    const { openai } = await startStage({ P: giving(TOOLS) });
    const running = openai().chat.completions.stream({ ...ASKED, ...WITH_USAGE, tools: tools([]) });
    const fragments: [string, string][] = [];
    const done: unknown[] = [];
    running.on('tool_calls.function.arguments.delta', ({ name, arguments_delta: delta }) =>
      fragments.push([name, delta]),
    );
    running.on('tool_calls.function.arguments.done', ({ name, index, parsed_arguments: parsed }) =>
      done.push([name, index, parsed]),
    );
    const final = await running.finalChatCompletion();
    const ofWeather = fragments.filter(([name]) => name === 'weather').map(([, fragment]) => fragment);
    expect(ofWeather.filter(Boolean)).toEqual(['{"', 'city', '":"', 'Kö', 'ln', '"}']);
    expect(done).toEqual([
      ['weather', 0, { city: 'Köln' }],
      ['time', 1, {}],
    ]);
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
    expect(final.usage).toEqual(USAGE);
  });

  it('tells of figures about tokens, and of a refusal', async () => {
    const { openai, P } = await startStage({ P: giving(LOGPROBS) });
    const tokens: string[] = [];
    const withFigures = openai().chat.completions.stream({ ...ASKED, logprobs: true, top_logprobs: 1 });
    withFigures.on('logprobs.content.delta', ({ content }) => tokens.push(...content.map(({ token }) => token)));
    await withFigures.done();
    expect(tokens).toEqual(['Köln', '!']);

    P.script(giving(REFUSAL));
    const refusals: string[] = [];
    const refused = openai().chat.completions.stream(ASKED);
    refused.on('refusal.done', ({ refusal }) => refusals.push(refusal));
    await refused.done();
    expect(refusals).toEqual(["I'm sorry, I can't help with that."]);
  });

  it('can be handed on to a browser and assembled there', async () => {
    const { openai } = await startStage();
    const client = openai();
    const handedOn = client.chat.completions.stream(ASKED).toReadableStream();
    const there = ChatCompletionStream.fromReadableStream(handedOn);
    expect(await there.finalContent()).toBe(TEXT);
  });
});

describe('A parsed answer', () => {
  it.each([false, true])('follows its schema, streamed inside: %s', async (streamInside) => {
    const { openai, P } = await startStage({ P: sayJson, endpoint: { call: { streamInside } } });
    const { choices } = await openai().chat.completions.parse({ ...ASKED, response_format: parcelFormat });
    expect(choices[0]?.message.parsed).toEqual({ city: 'Köln', days: 2 });
    expect(P.requests[0]?.json()['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'parcel' },
    });
    expect(P.requests[0]?.json()['stream'] ?? false).toBe(streamInside);
  });

  it('grows as it is streamed', async () => {
    const { openai } = await startStage({ P: sayJson });
    const running = openai().chat.completions.stream({ ...ASKED, response_format: parcelFormat });
    const partial: unknown[] = [];
    running.on('content.delta', ({ parsed }) => partial.push(parsed));
    const final = await running.finalChatCompletion();
    expect(final.choices[0]?.message.parsed).toEqual({ city: 'Köln', days: 2 });
    expect(partial).toContainEqual({ city: 'K' });
  });

  it('has the arguments of its tools parsed', async () => {
    const { openai } = await startStage({ P: giving(TOOLS) });
    const { choices } = await openai().chat.completions.parse({ ...ASKED, tools: tools([]) });
    const parsed = choices[0]?.message.tool_calls?.map((call) => 'function' in call && call.function.parsed_arguments);
    expect(parsed).toEqual([{ city: 'Köln' }, {}]);
  });

  it('that is refused is no parsed one', async () => {
    const { openai } = await startStage({ P: giving(REFUSAL) });
    const { choices } = await openai().chat.completions.parse({ ...ASKED, response_format: parcelFormat });
    expect(choices[0]?.message).toMatchObject({ parsed: null, refusal: "I'm sorry, I can't help with that." });
  });
});

describe('Tools that the package runs', () => {
  it('run, and their results are sent back', async () => {
    const { openai, visits, P } = await startStage({ P: askTools });
    const ran: string[] = [];
    const runner = openai().chat.completions.runTools({ ...ASKED, tools: tools(ran) });
    expect(await runner.finalContent()).toBe('I know: rain in Köln, 17:30');
    expect(ran).toEqual(['Köln', 'now']);
    expect(visits).toHaveLength(2);
    expect(await runner.totalUsage()).toMatchObject({ prompt_tokens: USAGE.prompt_tokens + 10 });
    const [, second] = P.requests.map(messagesOf);
    expect(second?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);
  });

  it('run as well when all is streamed', async () => {
    const { openai, visits } = await startStage({ P: askTools });
    const ran: string[] = [];
    const runner = openai().chat.completions.runTools({ ...ASKED, stream: true, tools: tools(ran) });
    const pieces: string[] = [];
    runner.on('content', (delta) => pieces.push(delta));
    expect(await runner.finalContent()).toBe('I know: rain in Köln, 17:30');
    expect(pieces.join('')).toBe('I know: rain in Köln, 17:30');
    expect(ran).toEqual(['Köln', 'now']);
    expect(visits).toHaveLength(2);
  });
});
