/** The Vercel AI SDK against our endpoint: texts, tools and objects, whole and streamed. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { answer, stream, type Responder } from '@ai-failover/testing';
import { generateText, isStepCount, Output, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ASKED, kinds, partsOf, PROVIDERS, textIn } from './ai-sdk.ts';
import { giving, REFUSAL, TOOLS, USAGE, wantsStream } from './answers.ts';
import { inFrontOf, startAimock } from './aimock.ts';
import { startStage, TEXT } from './stage.ts';

/** Asks for two tools, and then says that it knows. */
const askTools: Responder = (request) => {
  if (!request.body.includes('"role":"tool"')) return giving(TOOLS)(request);
  return wantsStream(request) ? stream('It rains at 17:30.') : answer('It rains at 17:30.');
};

function tools(ran: unknown[]) {
  return {
    weather: tool({
      description: 'The weather in a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        ran.push(city);
        return { rain: true };
      },
    }),
    time: tool({
      inputSchema: z.object({}),
      execute: async () => {
        ran.push('now');
        return '17:30';
      },
    }),
  };
}

const Parcel = z.object({ city: z.string(), days: z.number() });
const sayJson: Responder = (request) =>
  wantsStream(request) ? stream(['{"city":"K', 'öln","da', 'ys":', '2}']) : answer('{"city":"Köln","days":2}');

describe.each(PROVIDERS)('$provider', ({ model }) => {
  it('has the text, its end and its cost, whole', async () => {
    const { url, P } = await startStage();
    const { text, finishReason, usage, response } = await generateText({
      ...ASKED,
      model: model(url),
      temperature: 0.2,
    });
    expect([text, finishReason]).toEqual([TEXT, 'stop']);
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 36, totalTokens: 46 });
    expect(response).toMatchObject({ id: 'chatcmpl-0', modelId: 'm', headers: { 'x-request-id': expect.any(String) } });
    expect(P.requests[0]?.json()).toMatchObject({ model: 'm', temperature: 0.2 });
  });

  it('has the same as a stream', async () => {
    const { url } = await startStage();
    const { parts, errors } = await partsOf({ model: model(url) });
    expect(kinds(parts)).toEqual([
      'start',
      'start-step',
      'text-start',
      'text-delta',
      'text-end',
      'finish-step',
      'finish',
    ]);
    const pieces = textIn(parts);
    expect([pieces.join(''), pieces.length > 30, errors]).toEqual([TEXT, true, []]);
    expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', totalUsage: { inputTokens: 10, outputTokens: 36 } });
  });

  it('runs tools over several steps', async () => {
    const { url, visits, P } = await startStage({ P: askTools });
    const ran: unknown[] = [];
    const result = await generateText({ ...ASKED, model: model(url), tools: tools(ran), stopWhen: isStepCount(3) });
    expect([result.text, ran]).toEqual(['It rains at 17:30.', ['Köln', 'now']]);
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(result.steps[0]?.toolCalls).toMatchObject([
      { toolCallId: 'call_1', toolName: 'weather', input: { city: 'Köln' } },
      { toolCallId: 'call_2', toolName: 'time', input: {} },
    ]);
    expect(result.totalUsage.inputTokens).toBe(USAGE.prompt_tokens + 10);
    expect(P.requests.at(-1)?.json()['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] },
      { role: 'tool', tool_call_id: 'call_1', content: '{"rain":true}' },
      { role: 'tool', tool_call_id: 'call_2', content: '17:30' },
    ]);
    expect(visits).toHaveLength(2);
  });

  it('runs tools over several steps of a stream', async () => {
    const { url, visits } = await startStage({ P: askTools });
    const ran: unknown[] = [];
    const { parts, errors } = await partsOf({ model: model(url), tools: tools(ran), stopWhen: isStepCount(3) });
    const input = parts.flatMap((part) =>
      part.type === 'tool-input-delta' && part.id === 'call_1' ? [part.delta] : [],
    );
    expect([input.join(''), input.length > 3]).toEqual(['{"city":"Köln"}', true]);
    expect([textIn(parts).join(''), ran, errors, visits.length]).toEqual([
      'It rains at 17:30.',
      ['Köln', 'now'],
      [],
      2,
    ]);
    expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', totalUsage: { inputTokens: USAGE.prompt_tokens + 10 } });
  });

  it('has objects that follow a schema', async () => {
    const { url, P } = await startStage({ P: sayJson });
    const output = Output.object({ schema: Parcel });
    const whole = await generateText({ ...ASKED, model: model(url), output });
    const streamed = streamText({ ...ASKED, model: model(url), output });
    const partial: unknown[] = [];
    for await (const part of streamed.partialOutputStream) partial.push(part);
    expect([whole.output, await streamed.output]).toEqual([
      { city: 'Köln', days: 2 },
      { city: 'Köln', days: 2 },
    ]);
    expect(partial).toContainEqual({ city: 'K' });
    expect(P.requests.map((request) => request.json()['response_format'])).toMatchObject([
      { type: 'json_schema' },
      { type: 'json_schema' },
    ]);
  });

  it('has a refusal as such', async () => {
    const { url } = await startStage({ P: giving(REFUSAL) });
    const whole = await generateText({ ...ASKED, model: model(url) });
    const streamed = streamText({ ...ASKED, model: model(url) });
    expect([whole.text, whole.finishReason]).toEqual([await streamed.text, await streamed.finishReason]);
    expect([whole.text, whole.finishReason]).toEqual(["I'm sorry, I can't help with that.", 'content-filter']);
  });

  it('sees no difference to an independent emulation, tools and all', async () => {
    const mock = await startAimock();
    const calls = [{ id: 'call_a', name: 'weather', arguments: '{"city":"Köln"}' }];
    mock.on({ userMessage: /parcel/, hasToolResult: false }, { content: 'Let me look.', toolCalls: calls });
    mock.on({ hasToolResult: true }, { content: 'It rains.', usage: { prompt_tokens: 30, completion_tokens: 3 } });
    const { url } = await inFrontOf([mock]);
    const steps = async (baseURL: string): Promise<unknown> => {
      const ran: unknown[] = [];
      const given = { ...ASKED, model: model(baseURL), tools: tools(ran), stopWhen: isStepCount(3) };
      const whole = await generateText(given);
      const streamed = streamText(given);
      return [whole.steps, await streamed.steps].map((all) => [
        ran.length,
        all.map(({ text, finishReason, usage, toolCalls, toolResults }) => ({
          text,
          finishReason,
          usage,
          toolCalls,
          toolResults,
        })),
      ]);
    };
    expect(await steps(url)).toEqual(await steps(`${mock.url}/v1`));
  });
});

describe('Thoughts', () => {
  it('of models that think come apart from the words', async () => {
    const mock = await startAimock();
    mock.onMessage(/parcel/, { content: 'In Köln.', reasoning: 'Let me think.' });
    const { url } = await inFrontOf([mock]);
    const model = createOpenAICompatible({ name: 'ours', baseURL: url }).chatModel('m');
    const whole = await generateText({ ...ASKED, model });
    const streamed = streamText({ ...ASKED, model });
    expect([whole.reasoningText, whole.text]).toEqual(['Let me think.', 'In Köln.']);
    expect([await streamed.reasoningText, await streamed.text]).toEqual(['Let me think.', 'In Köln.']);
  });
});
