import { describe, expect, it } from 'vitest';
import { tokensOfText } from '../../src/tokens/token-counter.js';
import { TOKENIZERS, type Tokenizer } from '../../src/tokens/tokenizer.js';
import { CHINESE } from './prompts/chinese.js';
import { ENGLISH } from './prompts/english.js';
import { OTHER_TEXTS } from './prompts/other-texts.js';
import type { SamplePrompt } from './prompts/sample-prompt.js';
import { REFERENCES } from './references.js';

function tokenizer(name: string): Tokenizer {
  const found = TOKENIZERS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no tokenizer ${name}`);
  return found;
}

function joined(prompts: readonly SamplePrompt[]): SamplePrompt {
  return { name: 'all of them, one behind the other', text: prompts.map(({ text }) => text).join('\n\n') };
}

describe.each(['o200k', 'cl100k'] as const)('The estimate for %s', (name) => {
  const reference = REFERENCES[name];
  const error = (text: string): number => tokensOfText(text, tokenizer(name)) / reference(text) - 1;

  it.each([...ENGLISH, joined(ENGLISH)])('is within 15 % in English: $name', ({ text }) => {
    expect(Math.abs(error(text))).toBeLessThanOrEqual(0.15);
  });

  it.each([...CHINESE, joined(CHINESE)])('is within 15 % in Chinese: $name', ({ text }) => {
    expect(Math.abs(error(text))).toBeLessThanOrEqual(0.15);
  });

  it.each(OTHER_TEXTS)('is in the right order: $name', ({ text }) => {
    expect(tokensOfText(text, tokenizer(name))).toBeGreaterThanOrEqual(reference(text) / 2);
    expect(tokensOfText(text, tokenizer(name))).toBeLessThanOrEqual(reference(text) * 2);
  });

  it.each([
    ['English', ENGLISH],
    ['Chinese', CHINESE],
  ] as const)('leans to no side in %s', (_, prompts) => {
    const mean = prompts.reduce((sum, { text }) => sum + error(text), 0) / prompts.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
  });
});

describe('The prompts', () => {
  it.each([
    ['English', ENGLISH],
    ['Chinese', CHINESE],
  ] as const)('are at least twelve in %s, of 50 to 3,000 tokens', (_, prompts) => {
    expect(prompts.length).toBeGreaterThanOrEqual(12);
    for (const { text } of prompts) {
      expect(REFERENCES.o200k(text)).toBeGreaterThanOrEqual(50);
      expect(REFERENCES.o200k(text)).toBeLessThanOrEqual(3_000);
    }
  });

  it('are not all counted well by their length, so that the test can fail', () => {
    const byLength = [...ENGLISH, ...CHINESE].filter(
      ({ text }) => Math.abs(text.length / 4 / REFERENCES.o200k(text) - 1) <= 0.15,
    );
    expect(byLength.length).toBeLessThan(12);
  });
});

describe('Any tokenizer', () => {
  it.each(TOKENIZERS)('has weights that make sense: $name', ({ weights, margin, factor, schemaFactor }) => {
    for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(0);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeGreaterThan(20);
    expect(margin).toBeGreaterThan(1);
    expect(factor).toBeGreaterThanOrEqual(1);
    expect(schemaFactor).toBeLessThanOrEqual(1);
  });

  it.each(TOKENIZERS)('finds more than a token in six characters of English: $name', (one) => {
    for (const { text } of ENGLISH) {
      expect(tokensOfText(text, one)).toBeGreaterThan(text.length / 6);
      expect(tokensOfText(text, one)).toBeLessThan(text.length / 1.3);
    }
  });
});
