/** Engines before `@copilotkit/aimock`, which emulates all four providers independently of us, and what is asked and heard there. */
import { isChatCompletionBody, LLMock } from '@copilotkit/aimock';
import {
  createFailover,
  type ChatChunk,
  type ChatRequest,
  type ChatUsage,
  type Failover,
  type FailoverReport,
  type UpstreamOptions,
} from '@ai-failover/core';
import { createFaultyUpstream, proxyTo, type FaultyUpstream } from '@ai-failover/testing';
import { onTestFinished } from 'vitest';

export type Dialect = UpstreamOptions['provider'];

/** What is asked of each, where it stands below the address of a server, and how its keys and paths look. */
export const DIALECTS = {
  openai: {
    model: 'gpt-4.1',
    base: '/v1',
    signed: { authorization: 'Bearer key-of-openai' },
    path: /^\/v1\/chat\/completions$/,
  },
  anthropic: {
    model: 'claude-haiku-4-5',
    base: '/v1',
    signed: { 'x-api-key': 'key-of-anthropic', 'anthropic-version': '2023-06-01' },
    path: /^\/v1\/messages$/,
  },
  gemini: {
    model: 'gemini-2.5-flash',
    base: '/v1beta',
    signed: { 'x-goog-api-key': 'key-of-gemini' },
    path: /^\/v1beta\/models\/gemini-2\.5-flash:\w+(\?alt=sse)?$/,
  },
  azure: {
    model: 'gpt-4o',
    base: '',
    signed: { 'api-key': 'key-of-azure' },
    path: /^\/openai\/deployments\/gpt-4o\/chat\/completions\?api-version=2024-10-21$/,
  },
} as const satisfies Record<Dialect, { model: string; base: string; signed: object; path: RegExp }>;

export const NAMES = ['openai', 'anthropic', 'gemini', 'azure'] as const satisfies readonly Dialect[];

/** The emulation behind a server that writes down what goes over the wire. */
export interface Emulation {
  readonly mock: LLMock;
  readonly wire: FaultyUpstream;
}

/** Listens until the test has ended. */
export async function startEmulation(): Promise<Emulation> {
  const mock = new LLMock({ host: '127.0.0.1', port: 0, chunkSize: 5 });
  await mock.start();
  const wire = await createFaultyUpstream({ script: proxyTo(mock.url) });
  onTestFinished(async () => {
    await wire.close();
    await mock.stop();
  });
  return { mock, wire };
}

/** One upstream for each of them, asked in this order: a chain of their models. */
export function engineOf(places: readonly (readonly [Dialect, FaultyUpstream])[]): Failover {
  const upstreams = places.map(([provider, { url }]): UpstreamOptions => ({
    name: provider,
    provider,
    baseUrl: url + DIALECTS[provider].base,
    keys: [`key-of-${provider}`],
    models: [DIALECTS[provider].model],
    ...(provider === 'azure' && { apiVersion: '2024-10-21' }),
  }));
  const chains = { default: places.map(([provider]) => DIALECTS[provider].model) };
  const failover = createFailover<string, string>({ upstreams, chains }, { random: () => 0 });
  // Somebody who listens keeps alarms from becoming warnings of the process.
  failover.onAny(() => {});
  onTestFinished(() => failover.close({ timeout: 0 }));
  return failover;
}

export interface CalledTool {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** An answer, whole or put together. */
export interface Heard {
  readonly text: string;
  readonly calls: readonly CalledTool[];
  readonly finish: string | null | undefined;
  readonly usage: ChatUsage | undefined;
  readonly failover: FailoverReport;
}

/** With its arguments as a value: their JSON may be written in different ways. */
export function readCall({ name, arguments: json }: Pick<CalledTool, 'name' | 'arguments'>) {
  const value: unknown = JSON.parse(json);
  return { name, arguments: value };
}

export type Ask = (failover: Failover, request: ChatRequest) => Promise<Heard>;

const chat: Ask = async (failover, request) => {
  const { text, choices, usage, failover: report } = await failover.chat(request);
  const [choice] = choices;
  const calls: CalledTool[] = [];
  for (const call of choice?.message.tool_calls ?? []) {
    if (call.type === 'function') calls.push({ id: call.id, ...call.function });
  }
  return { text, calls, finish: choice?.finish_reason, usage, failover: report };
};

const stream: Ask = async (failover, request) => {
  const answer = await failover.stream(request);
  const pieces: ChatChunk['choices'] = [];
  for await (const { choices } of answer) pieces.push(...choices);
  const outcome = await answer.finished;
  return {
    text: pieces.map(({ delta }) => delta.content ?? '').join(''),
    calls: callsIn(pieces),
    finish: pieces.at(-1)?.finish_reason,
    usage: outcome.status === 'done' ? outcome.usage : undefined,
    failover: answer.failover,
  };
};

/** The ways to ask, by name. */
export const ASKS = { chat, stream } as const;

function callsIn(pieces: ChatChunk['choices']): CalledTool[] {
  const calls: CalledTool[] = [];
  for (const { index, id, function: said } of pieces.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    const { id: before = '', name = '', arguments: text = '' } = calls[index] ?? {};
    calls[index] = {
      id: before + (id ?? ''),
      name: name + (said?.name ?? ''),
      arguments: text + (said?.arguments ?? ''),
    };
  }
  return calls;
}

/** What the emulation took the last request for, in OpenAI's words. */
export function understoodBy({ mock }: Emulation) {
  const body = mock.getLastRequest()?.body;
  if (!isChatCompletionBody(body)) throw new Error('the emulation has seen no request for a chat');
  return body;
}
