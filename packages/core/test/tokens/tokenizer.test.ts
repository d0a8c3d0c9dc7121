import { describe, expect, it } from 'vitest';
import { tokenizerOf } from '../../src/tokens/tokenizer.js';

describe('The tokenizer of', () => {
  it.each([
    ['gpt-4.1', 'o200k'],
    ['gpt-4o-mini', 'o200k'],
    ['chatgpt-4o-latest', 'o200k'],
    ['gpt-5-mini', 'o200k'],
    ['o3-mini', 'o200k'],
    ['gpt-oss-120b', 'o200k'],
    ['openai/GPT-4.1', 'o200k'],
    ['gpt-4', 'cl100k'],
    ['gpt-4-turbo-2024-04-09', 'cl100k'],
    ['gpt-3.5-turbo', 'cl100k'],
    ['gpt-35-turbo', 'cl100k'],
    ['claude-3-5-sonnet-20241022', 'claude'],
    ['claude-sonnet-4.5', 'claude'],
    ['claude-sonnet-4-20250514', 'claude'],
    ['us.anthropic.claude-sonnet-4-5-v1:0', 'claude'],
    ['claude-opus-4-20250514', 'claude'],
    ['claude-opus-4-6', 'claude'],
    ['claude-opus-4.7', 'newer-claude'],
    ['claude-opus-4-8', 'newer-claude'],
    ['claude-sonnet-5', 'newer-claude'],
    ['gemini-2.5-flash', 'gemini'],
    ['deepseek-v3.2', 'deepseek'],
    ['deepseek-r1-distill-qwen-32b', 'qwen'],
    ['qwen3-max', 'qwen'],
    ['qwq-32b', 'qwen'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'llama'],
    ['kimi-k2', 'unknown'],
  ])('%s is %s', (model, name) => {
    expect(tokenizerOf([model], 'openai').name).toBe(name);
  });

  it('a model is known by the upstream’s name for it first, and by the provider last', () => {
    expect(tokenizerOf(['ep-1', 'qwen3'], 'openai').name).toBe('qwen');
    expect(tokenizerOf(['gpt-4o', 'qwen3'], 'openai').name).toBe('o200k');
    expect(tokenizerOf(['mine'], 'anthropic').name).toBe('claude');
    expect(tokenizerOf(['mine'], 'gemini').name).toBe('gemini');
    expect(tokenizerOf(['mine'], 'azure').name).toBe('o200k');
  });
});
