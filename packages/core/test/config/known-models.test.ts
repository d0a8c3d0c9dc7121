import { describe, expect, it } from 'vitest';
import { knownModel } from '../../src/config/known-models.js';
import { traitsOf } from '../../src/provider/anthropic/model-traits.js';

/** One line: window, most output, what it cannot do. */
function known(name: string): string {
  const model = knownModel(name);
  if (model === undefined) return 'unknown';
  const { contextWindow, maxOutputTokens, capabilities = {}, reasoning, prefill } = model;
  const unable = Object.entries(capabilities).flatMap(([capability, can]) => (can === false ? [capability] : []));
  const marks = [...(reasoning === true ? ['reasoning'] : []), ...(prefill === true ? ['prefill'] : [])];
  return [contextWindow ?? '-', maxOutputTokens ?? '-', ...marks, ...unable.map((one) => `no ${one}`)].join(' ');
}

const NO_SOUND = 'no audio no speech no video';
const TEXT_ONLY = 'no vision no audio no speech no video no files';

describe('What is known of a model', () => {
  it.each([
    ['gpt-4.1', `1047576 32768 ${NO_SOUND}`],
    ['gpt-4.1-nano-2025-04-14', `1047576 32768 ${NO_SOUND}`],
    ['gpt-4o', `128000 16384 ${NO_SOUND}`],
    ['gpt-4o-mini-2024-07-18', `128000 16384 ${NO_SOUND}`],
    ['gpt-4o-2024-05-13', `128000 4096 ${NO_SOUND} no jsonSchema`],
    ['gpt-4o-audio-preview', '128000 16384 no vision no video no files no jsonSchema'],
    ['gpt-5', `400000 128000 reasoning ${NO_SOUND} no stop`],
    ['gpt-5-nano', `400000 128000 reasoning ${NO_SOUND} no stop`],
    ['gpt-5.2-2025-12-11', `400000 128000 reasoning ${NO_SOUND} no stop`],
    ['gpt-5-chat-latest', `128000 16384 ${NO_SOUND}`],
    ['gpt-5.4', `- - reasoning ${NO_SOUND} no stop`],
    ['gpt-3.5-turbo-0125', `16385 4096 ${TEXT_ONLY} no jsonSchema`],
    ['gpt-35-turbo', `16385 4096 ${TEXT_ONLY} no jsonSchema`],
    ['o1-mini', `128000 65536 reasoning ${TEXT_ONLY} no tools no jsonSchema no jsonMode`],
    ['o1', `200000 100000 reasoning ${NO_SOUND} no parallelTools`],
    ['o3-mini', `200000 100000 reasoning ${TEXT_ONLY} no parallelTools no stop`],
    ['o3', `200000 100000 reasoning ${NO_SOUND} no parallelTools no stop`],
    ['o4-mini-2025-04-16', `200000 100000 reasoning ${NO_SOUND} no parallelTools no stop`],
    ['gpt-oss-120b', `131072 131072 reasoning ${TEXT_ONLY}`],
    ['claude-3-5-sonnet-20241022', `200000 8192 prefill ${NO_SOUND}`],
    ['claude-3.7-sonnet', `200000 64000 prefill ${NO_SOUND}`],
    ['claude-opus-4-20250514', `200000 32000 prefill ${NO_SOUND}`],
    ['claude-opus-4-1-20250805', `200000 32000 prefill ${NO_SOUND}`],
    ['claude-sonnet-4-20250514', `200000 64000 prefill ${NO_SOUND}`],
    ['claude-sonnet-4.5', `200000 64000 prefill ${NO_SOUND}`],
    ['claude-opus-4-5-20251101', `200000 64000 prefill ${NO_SOUND}`],
    ['claude-opus-4-6', `1000000 128000 ${NO_SOUND}`],
    ['gemini-1.5-pro-002', '2105344 8192 no speech'],
    ['gemini-2.0-flash', '1056768 8192 no speech'],
    ['gemini-2.5-pro', '1114112 65536 reasoning no speech'],
    ['gemini-2.5-flash-lite', '1114112 65536 no speech'],
    ['gemini-2.5-flash-image', '65536 32768 no tools no speech'],
    ['deepseek-chat', `- - ${TEXT_ONLY} no jsonSchema`],
    ['deepseek-reasoner', `- - reasoning ${TEXT_ONLY} no jsonSchema`],
    ['deepseek-r1-0528', `163840 - reasoning ${TEXT_ONLY}`],
    ['deepseek-v3.2', `163840 - ${TEXT_ONLY}`],
    ['qwen2.5-72b-instruct', `- - ${TEXT_ONLY}`],
    ['qwen2.5-vl-72b-instruct', '- -'],
    ['qwen3-235b-a22b-thinking-2507', `262144 - reasoning ${TEXT_ONLY}`],
    ['qwen-plus-latest', `- - ${TEXT_ONLY}`],
    ['llama-3.3-70b-versatile', `131072 - ${TEXT_ONLY}`],
    ['llama3.1:8b', `131072 - ${TEXT_ONLY}`],
    ['llama-3.2-11b-vision-preview', `131072 - ${NO_SOUND} no files`],
    ['llama-4-maverick-17b-128e-instruct', `- - ${NO_SOUND} no files`],
    ['mistral-large-2411', `131072 - ${TEXT_ONLY}`],
    ['codestral-latest', `- - ${TEXT_ONLY}`],
  ])('of %s is %s', (name, facts) => {
    expect(known(name)).toBe(facts);
  });

  it.each([
    ['openai/gpt-4.1', 'gpt-4.1'],
    ['GPT-4.1', 'gpt-4.1'],
    ['ft:gpt-4o-mini:my-org:shop:id', 'gpt-4o-mini'],
    ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4.5'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['deepseek-ai/DeepSeek-V3.2', 'deepseek-v3.2'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'llama-3.3-70b'],
    ['accounts/fireworks/models/llama-v3p1-70b-instruct', 'llama-3.1-70b'],
    ['meta.llama3-1-70b-instruct-v1:0', 'llama-3.1-70b'],
  ])('is found by the name that a service gives it: %s', (name, plain) => {
    expect(known(name)).toBe(known(plain));
    expect(known(name)).not.toBe('unknown');
  });

  it.each(['m', 'gpt', 'gpt-4', 'gpt-4-eu', 'my-gpt-4o', 'gpt-6', 'o5', 'claudette', 'qwen4', 'gpt-41', 'o30'])(
    'is nothing where the name may mean anything: %s',
    (name) => {
      expect(known(name)).toBe('unknown');
    },
  );

  it('agrees with what the dialect of Claude models knows of prefilling', () => {
    for (const name of [
      '3-haiku',
      '3-5-sonnet',
      '3.7-sonnet',
      'opus-4-1',
      'sonnet-4-5',
      'haiku-4.5',
      'opus-4-6',
      'opus-5',
    ]) {
      const modelId = `claude-${name}`;
      const { prefill } = traitsOf({ modelId, model: modelId });
      expect({ [modelId]: knownModel(modelId)?.prefill === true }).toEqual({ [modelId]: prefill });
    }
  });
});
