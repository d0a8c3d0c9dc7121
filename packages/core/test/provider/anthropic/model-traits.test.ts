/** Which generation a name tells of: https://platform.claude.com/docs/en/about-claude/models/overview */
import { describe, expect, it } from 'vitest';
import { traitsOf } from '../../../src/provider/anthropic/model-traits.js';

function summary(modelId: string, model = 'any'): string {
  const { thinking, sampling, schemas, prefill } = traitsOf({ modelId, model });
  return `${thinking}, samples ${sampling}${schemas ? ', schemas' : ''}${prefill ? ', prefill' : ''}`;
}

describe('the traits of a model', () => {
  it.each([
    ['claude-2.1', 'none, samples both, prefill'],
    ['claude-instant-1.2', 'none, samples both, prefill'],
    ['claude-3-haiku-20240307', 'none, samples both, prefill'],
    ['claude-3-5-sonnet-20241022', 'none, samples both, prefill'],
    ['claude-3-7-sonnet-latest', 'budget, samples both, prefill'],
    ['claude-sonnet-4-20250514', 'budget, samples both, prefill'],
    ['claude-opus-4-0', 'budget, samples both, prefill'],
    ['claude-opus-4-1-20250805', 'budget, samples one, schemas, prefill'],
    ['claude-sonnet-4-5', 'budget, samples one, schemas, prefill'],
    ['claude-haiku-4-5-20251001', 'budget, samples one, schemas, prefill'],
    ['claude-sonnet-4.6', 'adaptive, samples one, schemas'],
    ['claude-opus-4-6', 'adaptive, samples one, schemas'],
    ['claude-opus-4-7', 'adaptive, samples none, schemas'],
    ['claude-opus-4-8', 'adaptive, samples none, schemas'],
    ['claude-sonnet-5', 'adaptive, samples none, schemas'],
    ['claude-opus-5', 'adaptive, samples none, schemas'],
    ['claude-fable-5', 'adaptive, samples none, schemas'],
    ['claude-mythos-preview', 'adaptive, samples none, schemas'],
    ['claude-opus-5-5', 'adaptive, samples none, schemas'],
    ['claude-haiku-11', 'adaptive, samples none, schemas'],
  ])('%s: %s', (name, expected) => {
    expect(summary(name)).toBe(expected);
  });

  it.each([
    'anthropic.claude-3-7-sonnet-20250219-v1:0',
    'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
    'claude-3-7-sonnet@20250219',
    'anthropic/claude-3.7-sonnet',
    'Claude-3-7-Sonnet',
  ])('are known by the names that others give: %s', (name) => {
    expect(summary(name)).toBe(summary('claude-3-7-sonnet-20250219'));
  });

  it('are known by the name in the chain where the upstream has one of its own', () => {
    expect(summary('their-name', 'claude-sonnet-4.5')).toBe(summary('claude-sonnet-4-5'));
  });

  it('are those of the API for models of other makers', () => {
    expect(summary('MiniMax-M2')).toBe('budget, samples both, schemas, prefill');
  });
});
