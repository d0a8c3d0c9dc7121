/** The official package of each provider, pointed at the emulation: what it is told of an answer, in OpenAI's words. */
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI, type GenerateContentResponse } from '@google/genai';
import OpenAI, { AzureOpenAI } from 'openai';
import { type Dialect, DIALECTS, readCall } from './emulation.ts';
import type { OfAnthropic, OfficialScene, OfGoogle, OfOpenAI } from './official-scenes.ts';

export type Way = 'chat' | 'stream';

/** What can be compared across providers. Ids are made by each answer anew. */
export interface Told {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly finish: string;
  /** Of the prompt and of the answer. */
  readonly usage: readonly [number | undefined, number | undefined];
}

type Official = (url: string, scene: OfficialScene, way: Way) => Promise<Told>;

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
const OF_STOP_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  refusal: 'content_filter',
};

/** https://ai.google.dev/api/generate-content#FinishReason: a call ends with `STOP` too; the emulation has a word of its own for it. */
const OF_FINISH_REASONS: Readonly<Record<string, string>> = {
  STOP: 'stop',
  FUNCTION_CALL: 'stop',
  MAX_TOKENS: 'length',
};

export const OFFICIAL: Readonly<Record<Dialect, Official>> = {
  openai: (url, { request }, way) =>
    byOpenAI(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key-of-openai', maxRetries: 0 }), request, way),
  azure: (url, { request }, way) => {
    const apiVersion = '2024-10-21';
    return byOpenAI(
      new AzureOpenAI({ endpoint: url, apiKey: 'key-of-azure', apiVersion, maxRetries: 0 }),
      request,
      way,
    );
  },
  anthropic: (url, { anthropic }, way) =>
    byAnthropic(new Anthropic({ baseURL: url, apiKey: 'key-of-anthropic', maxRetries: 0 }), anthropic, way),
  gemini: (url, { gemini }, way) => {
    const httpOptions = { baseUrl: url, apiVersion: 'v1beta' };
    return byGoogle(new GoogleGenAI({ apiKey: 'key-of-gemini', httpOptions }), gemini, way);
  },
};

async function byOpenAI(client: OpenAI, request: OfOpenAI, way: Way): Promise<Told> {
  const { completions } = client.chat;
  const asked = { ...request, model: DIALECTS[client instanceof AzureOpenAI ? 'azure' : 'openai'].model };
  const { choices, usage } =
    way === 'chat'
      ? await completions.create(asked)
      : await completions.stream({ ...asked, stream_options: { include_usage: true } }).finalChatCompletion();
  const [choice] = choices;
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? [readCall(call.function)] : [],
  );
  const counted = [usage?.prompt_tokens, usage?.completion_tokens] as const;
  return { text: choice?.message.content ?? '', calls, finish: String(choice?.finish_reason), usage: counted };
}

async function byAnthropic(client: Anthropic, request: OfAnthropic, way: Way): Promise<Told> {
  const asked = { ...request, model: DIALECTS.anthropic.model };
  const message =
    way === 'chat' ? await client.messages.create(asked) : await client.messages.stream(asked).finalMessage();
  const { content, stop_reason: reason, usage } = message;
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
    ),
    finish: OF_STOP_REASONS[String(reason)] ?? `unknown: ${reason}`,
    usage: [usage.input_tokens, usage.output_tokens],
  };
}

async function byGoogle(client: GoogleGenAI, request: OfGoogle, way: Way): Promise<Told> {
  const asked = { ...request, model: DIALECTS.gemini.model };
  const replies: GenerateContentResponse[] = [];
  if (way === 'chat') replies.push(await client.models.generateContent(asked));
  else for await (const reply of await client.models.generateContentStream(asked)) replies.push(reply);
  const parts = replies.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  const calls = parts.flatMap(({ functionCall }) =>
    functionCall === undefined ? [] : [{ name: functionCall.name ?? '', arguments: functionCall.args }],
  );
  const last = replies.at(-1);
  const reason = String(last?.candidates?.[0]?.finishReason);
  const finish = OF_FINISH_REASONS[reason] ?? `unknown: ${reason}`;
  const { promptTokenCount, candidatesTokenCount } = last?.usageMetadata ?? {};
  return {
    text: parts.map(({ text }) => text ?? '').join(''),
    calls,
    finish: finish === 'stop' && calls.length > 0 ? 'tool_calls' : finish,
    usage: [promptTokenCount, candidatesTokenCount],
  };
}
