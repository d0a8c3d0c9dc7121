/** Which generation a name tells of: https://ai.google.dev/gemini-api/docs/models */
import { describe, expect, it } from 'vitest';
import { traitsOf } from '../../../src/provider/gemini/model-traits.js';

function summary(modelId: string, model = 'any'): string {
  const traits = traitsOf({ modelId, model });
  const taken = (['sampling', 'penalties', 'prefill', 'signsCalls', 'hasMinimal'] as const).filter(
    (name) => traits[name],
  );
  return [traits.thinking, ...taken].join(' ');
}

describe('the traits of a model', () => {
  it.each([
    ['gemini-1.5-pro-002', 'none sampling penalties prefill'],
    ['gemini-2.0-flash', 'none sampling penalties prefill hasMinimal'],
    ['gemini-2.0-flash-lite-001', 'none sampling penalties prefill hasMinimal'],
    ['gemini-2.5-pro', 'budget sampling prefill'],
    ['gemini-2.5-flash', 'budget sampling prefill hasMinimal'],
    ['gemini-2.5-flash-preview-09-2025', 'budget sampling prefill hasMinimal'],
    ['gemini-2.5-flash-image', 'none sampling prefill hasMinimal'],
    ['gemini-3-flash-preview', 'level sampling prefill signsCalls hasMinimal'],
    ['gemini-3-pro-image-preview', 'none sampling prefill signsCalls'],
    ['gemini-3.1-pro-preview', 'level sampling prefill signsCalls'],
    ['gemini-3.1-flash-lite', 'level sampling prefill signsCalls hasMinimal'],
    ['gemini-3.5-flash', 'level sampling prefill signsCalls hasMinimal'],
    ['gemini-3.5-flash-lite', 'level signsCalls hasMinimal'],
    ['gemini-3.6-flash', 'level signsCalls hasMinimal'],
    ['gemini-3.7-flash', 'level signsCalls'],
    ['gemini-3.8-flash', 'level signsCalls'],
    ['gemini-4-pro', 'level signsCalls'],
    ['gemini-12-flash', 'level signsCalls'],
    ['gemini-flash-latest', 'level signsCalls'],
    ['gemini-exp-1206', 'level signsCalls'],
  ])('%s: %s', (name, expected) => {
    expect(summary(name)).toBe(expected);
  });

  it.each(['models/gemini-2.5-pro', 'google/gemini-2.5-pro', 'Gemini-2.5-Pro', 'gemini-2.5-pro@001'])(
    'are known by the names that others give: %s',
    (name) => {
      expect(summary(name)).toBe(summary('gemini-2.5-pro'));
    },
  );

  it('are known by the name in the chain where the upstream has one of its own', () => {
    expect(summary('tunedModels/shop', 'gemini-2.5-flash')).toBe(summary('gemini-2.5-flash'));
  });

  it('are those of the API for models of which nothing is known', () => {
    expect(summary('tunedModels/shop')).toBe('none sampling penalties prefill');
  });

  it.each([
    ['gemma-3-27b-it', false],
    ['gemma-3n-e4b-it', false],
    ['gemma-4-31b-it', true],
  ])('tell that %s takes instructions: %s', (name, expected) => {
    expect(traitsOf({ modelId: name, model: name }).instructions).toBe(expected);
  });
});
