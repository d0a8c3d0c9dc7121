/** Streams as services send them, shortened: the shapes of recordings with words of our own. */
import type { ChatChunk, ChatTokenLogprob } from '../../src/request/chat-types.js';

type Fields = Readonly<Record<string, unknown>>;

/** A chunk with one choice, or with what stands in `fields` instead. */
function chunksBy(service: Fields): (choice: Fields | undefined, fields?: Fields) => ChatChunk {
  return (choice, fields) => {
    const choices = choice === undefined ? [] : [{ index: 0, logprobs: null, finish_reason: null, ...choice }];
    // Services send more than their types say.
    return { ...service, choices, ...fields } as unknown as ChatChunk;
  };
}

const OPENAI = {
  id: 'chatcmpl-A1',
  object: 'chat.completion.chunk',
  created: 1_727_346_178,
  model: 'gpt-4o-2024-08-06',
  service_tier: 'default',
  system_fingerprint: 'fp_5050236cbd',
};
const openai = chunksBy(OPENAI);

export const OPENAI_FACTS = { ...OPENAI, object: 'chat.completion' };

export function usageOf(prompt: number, completion: number): Required<ChatChunk>['usage'] & object {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function logprobOf(token: string): ChatTokenLogprob {
  return { token, bytes: [...Buffer.from(token)], logprob: -0.25, top_logprobs: [] };
}

/** With `include_usage`: null until the last chunk, which has no choices. */
export const text: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', content: '', refusal: null } }, { usage: null, obfuscation: 'x7' }),
  openai({ delta: { content: 'Good' } }, { usage: null, obfuscation: 'kQ3' }),
  openai({ delta: { content: ' day' } }, { usage: null, obfuscation: '' }),
  openai({ delta: {}, finish_reason: 'stop' }, { usage: null, obfuscation: 'p' }),
  openai(undefined, { usage: usageOf(14, 2), obfuscation: 'zz' }),
];

export const toolCall: readonly ChatChunk[] = [
  openai({
    delta: {
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '' } }],
      refusal: null,
    },
  }),
  openai({ delta: { tool_calls: [{ index: 0, function: { arguments: '{"city' } }] } }),
  openai({ delta: { tool_calls: [{ index: 0, function: { arguments: '":"Łódź"}' } }] } }),
  openai({ delta: {}, finish_reason: 'tool_calls' }),
];

/** Two calls at the same time, and the second one's first piece before the first one's end. */
export const parallelToolCalls: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', content: null } }),
  openai({
    delta: { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] },
  }),
  openai({ delta: { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] } }),
  openai({
    delta: { tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'g', arguments: '' } }] },
  }),
  openai({ delta: { tool_calls: [{ index: 1, function: { arguments: '{"b"' } }] } }),
  openai({
    delta: {
      tool_calls: [
        { index: 0, function: { arguments: ':1}' } },
        { index: 1, function: { arguments: ':2}' } },
      ],
    },
  }),
  openai({ delta: {}, finish_reason: 'tool_calls' }),
];

export const customTool: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', content: null } }),
  openai({ delta: { tool_calls: [{ index: 0, id: 'call_1', type: 'custom', custom: { name: 'sql', input: '' } }] } }),
  openai({ delta: { tool_calls: [{ index: 0, custom: { input: 'select ' } }] } }),
  openai({ delta: { tool_calls: [{ index: 0, custom: { input: '1' } }] } }),
  openai({ delta: {}, finish_reason: 'tool_calls' }),
];

export const functionCall: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', content: null, function_call: { name: 'lookup', arguments: '' } } }),
  openai({ delta: { function_call: { arguments: '{"x":' } } }),
  openai({ delta: { function_call: { arguments: '1}' } } }),
  openai({ delta: {}, finish_reason: 'function_call' }),
];

export const refusal: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', content: null, refusal: '' }, logprobs: { content: null, refusal: [] } }),
  openai({ delta: { refusal: "I'm" }, logprobs: { content: null, refusal: [logprobOf("I'm")] } }),
  openai({ delta: { refusal: ' sorry' }, logprobs: { content: null, refusal: [logprobOf(' sorry')] } }),
  openai({ delta: {}, finish_reason: 'stop' }),
];

export const logprobs: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', content: '', refusal: null }, logprobs: { content: [], refusal: null } }),
  openai({ delta: { content: 'Foo' }, logprobs: { content: [logprobOf('Foo')], refusal: null } }),
  openai({ delta: { content: '!' }, logprobs: { content: [logprobOf('!')], refusal: null } }),
  openai({ delta: {}, finish_reason: 'stop' }),
];

/** n = 2, and the second answer comes and ends first. */
export const twoChoices: readonly ChatChunk[] = [
  openai({ index: 1, delta: { role: 'assistant', content: '', refusal: null } }),
  openai({ index: 1, delta: { content: 'Ja' } }),
  openai({ index: 0, delta: { role: 'assistant', content: '', refusal: null } }),
  openai({ index: 0, delta: { content: 'Ne' } }),
  openai({ index: 1, delta: {}, finish_reason: 'length' }),
  openai({ index: 0, delta: { content: 'in' } }),
  openai({ index: 0, delta: {}, finish_reason: 'stop' }),
  openai(undefined, { usage: usageOf(9, 3) }),
];

export const audio: readonly ChatChunk[] = [
  openai({ delta: { role: 'assistant', refusal: null, audio: { id: 'audio_1', transcript: 'Hel' } } }),
  openai({ delta: { audio: { transcript: 'lo' } } }),
  openai({ delta: { audio: { data: 'AAAA' } } }),
  openai({ delta: { audio: { data: 'BBBB' } } }),
  openai({ delta: { audio: { expires_at: 1_729_234_747 } } }),
  openai({ delta: {}, finish_reason: 'stop' }),
];

const deepseek = chunksBy({
  id: 'd1',
  object: 'chat.completion.chunk',
  created: 1_737_000_000,
  model: 'deepseek-reasoner',
  system_fingerprint: 'fp_7e73fd9a08',
});

/** The usage comes with the end; of thoughts and text the other one is null. */
export const deepseekThoughts: readonly ChatChunk[] = [
  deepseek({ delta: { role: 'assistant', content: null, reasoning_content: '' } }),
  deepseek({ delta: { content: null, reasoning_content: 'Nine' } }),
  deepseek({ delta: { content: null, reasoning_content: ' or eight?' } }),
  deepseek({ delta: { content: 'Ni', reasoning_content: null } }),
  deepseek({ delta: { content: 'ne.', reasoning_content: null } }),
  deepseek({ delta: { content: '', reasoning_content: null }, finish_reason: 'stop' }, { usage: usageOf(5, 8) }),
];

const openrouter = chunksBy({
  id: 'gen-1',
  provider: 'Anthropic',
  model: 'anthropic/claude-sonnet-4.5',
  object: 'chat.completion.chunk',
  created: 1_762_000_000,
});

function thought(piece: Fields): Fields {
  const words = typeof piece['text'] === 'string' ? piece['text'] : null;
  const details = [{ type: 'reasoning.text', ...piece, format: 'anthropic-claude-v1', index: 0 }];
  return {
    delta: { role: 'assistant', content: '', reasoning: words, reasoning_details: details },
    native_finish_reason: null,
  };
}

/** Each delta has the role; the block of thought is signed at its end. */
export const openrouterThoughts: readonly ChatChunk[] = [
  openrouter(thought({ text: 'Let' })),
  openrouter(thought({ text: ' me see' })),
  openrouter(thought({ signature: 'EtwB' })),
  openrouter({ delta: { role: 'assistant', content: 'Here' }, native_finish_reason: null }),
  openrouter({ delta: { role: 'assistant', content: '' }, finish_reason: 'stop', native_finish_reason: 'end_turn' }),
  openrouter({ delta: { role: 'assistant', content: '' }, native_finish_reason: null }, { usage: usageOf(20, 6) }),
];

const azure = chunksBy({
  id: 'chatcmpl-Z',
  object: 'chat.completion.chunk',
  created: 1_710_000_000,
  model: 'gpt-4o',
  system_fingerprint: 'fp_ee1d74bde0',
});

export const SAFE = { hate: { filtered: false, severity: 'safe' } };

/** Before anything else come the results for the prompt, in a chunk of which the rest is empty. */
export const azureText: readonly ChatChunk[] = [
  azure(undefined, {
    id: '',
    object: '',
    created: 0,
    model: '',
    system_fingerprint: undefined,
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }],
  }),
  azure({ delta: { role: 'assistant', content: '', refusal: null }, content_filter_results: {} }),
  azure({ delta: { content: 'Fine' }, content_filter_results: SAFE }),
  azure({ delta: {}, finish_reason: 'stop', content_filter_results: {} }),
];

const mistral = chunksBy({
  id: 'm1',
  object: 'chat.completion.chunk',
  created: 1_720_000_000,
  model: 'mistral-small-latest',
});

/** The last piece, the end and the usage in one chunk. */
export const mistralText: readonly ChatChunk[] = [
  mistral({ delta: { role: 'assistant', content: '' } }),
  mistral({ delta: { content: 'Bon' } }),
  mistral({ delta: { content: 'jour' }, finish_reason: 'stop' }, { usage: usageOf(4, 2) }),
];

/** The whole call at once, without its type. */
export const mistralToolCall: readonly ChatChunk[] = [
  mistral({ delta: { role: 'assistant', content: '' } }),
  mistral({
    delta: { content: '', tool_calls: [{ id: 'D681PevKs', function: { name: 'f', arguments: '{}' }, index: 0 }] },
    finish_reason: 'tool_calls',
  }),
];

const gemini = chunksBy({ id: 'g1', object: 'chat.completion.chunk', created: 1_750_755_309, model: 'gemini-2.5-pro' });

function geminiCall(id: string, query: string): Fields {
  const called = { name: 'search', arguments: JSON.stringify({ query }) };
  return { delta: { role: 'assistant', tool_calls: [{ index: 0, id, type: 'function', function: called }] } };
}

/** Calls of the same tool one after the other, each as number 0. */
export const geminiToolCalls: readonly ChatChunk[] = [
  gemini(geminiCall('function-call-1', 'Bern')),
  gemini(geminiCall('function-call-2', 'Rom')),
  gemini({ delta: { role: 'assistant' }, finish_reason: 'stop' }),
];
