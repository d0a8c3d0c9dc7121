/** The official `openai` package through our endpoint, with each provider behind it: it must not notice which one it is. */
import type OpenAI from 'openai';
import { LengthFinishReasonError } from 'openai/error';
import { describe, expect, it } from 'vitest';
import { serveEndpoint } from '../clients/stage.ts';
import { DIALECTS, engineOf, NAMES, readCall, startEmulation, understoodBy } from './emulation.ts';
import { TOOLS, WEATHER } from './scenes.ts';

const TEXT = 'Grüße! Ihr Paket 📦 ist in Köln.';
const usage = { prompt_tokens: 11, completion_tokens: 7 };
const COUNTED = { ...usage, total_tokens: 18 };
const TOOL_CALLS = [{ name: WEATHER.name, arguments: JSON.stringify(WEATHER.arguments) }];
const OFFERED = TOOLS.map(({ type, function: { name, parameters } }) => ({
  type,
  function: { name, parameters: { ...parameters } },
}));

type Asked = Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages' | 'tools'>;

describe.each(NAMES)('%s', (dialect) => {
  async function start() {
    const emulation = await startEmulation();
    emulation.mock.on({ userMessage: 'words' }, { content: TEXT, usage });
    emulation.mock.on({ userMessage: 'a tool', hasToolResult: false }, { toolCalls: TOOL_CALLS, usage });
    emulation.mock.on({ userMessage: 'a tool', hasToolResult: true }, { content: TEXT, usage });
    emulation.mock.on({ userMessage: 'too much' }, { content: '{"place":"K', finishReason: 'length', usage });
    const { openai } = await serveEndpoint(engineOf([[dialect, emulation.wire]]));
    return { emulation, completions: openai().chat.completions };
  }

  function asking(content: string, tools?: Asked['tools']): Asked {
    const messages: Asked['messages'] = [{ role: 'user', content }];
    return { model: DIALECTS[dialect].model, messages, ...(tools !== undefined && { tools }) };
  }

  const ASKS = {
    whole: (completions: OpenAI.Chat.Completions, request: Asked) => completions.create(request),
    streamed: (completions: OpenAI.Chat.Completions, request: Asked) =>
      completions.stream({ ...request, stream_options: { include_usage: true } }).finalChatCompletion(),
  };

  describe.each(['whole', 'streamed'] as const)('%s', (way) => {
    it('has words', async () => {
      const { completions } = await start();
      const { choices, usage: counted } = await ASKS[way](completions, asking('words'));
      expect(choices).toMatchObject([
        { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: TEXT } },
      ]);
      expect(choices[0]?.message.tool_calls ?? []).toEqual([]);
      expect(counted).toMatchObject(COUNTED);
    });

    it('has a tool call', async () => {
      const { completions } = await start();
      const { choices, usage: counted } = await ASKS[way](completions, asking('a tool', OFFERED));
      const [choice, ...more] = choices;
      expect(more).toEqual([]);
      expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { role: 'assistant' } });
      const [call, ...others] = choice?.message.tool_calls ?? [];
      expect(others).toEqual([]);
      expect(call?.type === 'function' && readCall(call.function)).toEqual(WEATHER);
      expect(call?.id).toMatch(/^[\w-]{1,40}$/);
      expect(counted).toMatchObject(COUNTED);
    });
  });

  it('goes on from what it was given', async () => {
    const { emulation, completions } = await start();
    const first = await ASKS.streamed(completions, asking('a tool', OFFERED));
    const message = first.choices[0]?.message;
    const id = message?.tool_calls?.[0]?.id ?? '';
    const { messages, ...request } = asking('a tool', OFFERED);
    const told = [
      ...messages,
      ...(message ? [message] : []),
      { role: 'tool' as const, tool_call_id: id, content: 'sun ☀️' },
    ];
    const { choices } = await ASKS.streamed(completions, { ...request, messages: told });
    expect(choices).toMatchObject([{ finish_reason: 'stop', message: { content: TEXT } }]);
    const [, called, result] = understoodBy(emulation).messages;
    expect(called?.tool_calls?.map((call) => readCall(call.function))).toEqual([WEATHER]);
    expect(result?.tool_call_id).toBe(called?.tool_calls?.[0]?.id);
    expect(result?.content).toContain('sun ☀️');
  });

  it('is told of an answer that was cut short in the way it knows', async () => {
    const { completions } = await start();
    const parse = completions.parse({ ...asking('too much'), response_format: { type: 'json_object' } });
    await expect(parse).rejects.toBeInstanceOf(LengthFinishReasonError);
  });
});
