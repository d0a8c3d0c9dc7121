import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { emptyMakeUp, PIECE, type MakeUp } from '../../src/tokens/make-up.js';
import { readSampled, readWhole, SAMPLED_ABOVE } from '../../src/tokens/read-text.js';
import { scanText } from '../../src/tokens/scan-text.js';
import { MOST_PER_CHARACTER, tokensOfText } from '../../src/tokens/token-counter.js';
import { TOKENIZERS } from '../../src/tokens/tokenizer.js';
import { CHINESE } from './prompts/chinese.js';
import { ENGLISH } from './prompts/english.js';
import { OTHER_TEXTS } from './prompts/other-texts.js';

type Pieces = { readonly [Name in keyof typeof PIECE]?: number };

/** What is in it, without what is not. */
function pieces(text: string): Pieces {
  const makeUp = emptyMakeUp();
  scanText(text, 0, text.length, makeUp);
  const named = Object.entries(PIECE).map(([name, place]) => [name, makeUp[place] ?? 0] as const);
  return Object.fromEntries(named.filter(([, count]) => count !== 0));
}

const SAMPLES = [...ENGLISH, ...CHINESE, ...OTHER_TEXTS].map(({ text }) => text);

/** Texts as they come, and as they never come. */
const anyText = fc.oneof(
  fc.constantFrom(...SAMPLES),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom('a', 'B', '7', ' ', '\n', '.', '_', "'", '的', 'é', 'ế', 'я', '\ud800'),
    maxLength: 60,
  }),
);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('A text consists of', () => {
  it.each<[string, Pieces]>([
    ['a word', { word: 2 }],
    ['Hello, world', { word: 2, signs: 1 }],
    ['orderName', { word: 1, wordInside: 1 }],
    ['HTTPServer', { capitals: 1, wordInside: 1, beyond5: 1 }],
    ['NOT_FOUND', { capitals: 1, joint: 1, capitalsBehind: 1, capitalLetters: 1 }],
    ['a.b', { word: 1, joint: 1, wordBehindSign: 1 }],
    ["don't", { word: 1, contraction: 1 }],
    ["it's we'll", { word: 2, contraction: 2 }],
    ['electrification', { word: 1, beyond5: 10, beyond8: 7, beyond12: 3 }],
    ['1234567', { figureGroup: 3, figure: 7 }],
    ['a 1', { word: 1, gap: 1, figureGroup: 1, figure: 1 }],
    ['a\n  b', { word: 2, lineBreak: 1, indent: 1 }],
    ['a.\n\nb', { word: 2, signs: 1 }],
    ['a  \nb', { word: 2, lineBreak: 1 }],
    ['a   b', { word: 2, gap: 1 }],
    ['({[)', { signs: 1, signChange: 3 }],
    ['é', { word: 1, accented: 1 }],
    ['的', { hanCommon: 1 }],
    ['龘', { hanRare: 1 }],
    ['、', { wideSign: 1 }],
    ['ひカ', { kana: 2 }],
    ['한국', { hangul: 2 }],
    ['да', { cyrillicWord: 1, cyrillicLetter: 2 }],
    ['ναι', { greekLetter: 3 }],
    ['نعم', { arabicWord: 1, arabicLetter: 3 }],
    ['हाँ', { indicLetter: 3 }],
    ['🙂', { otherFourBytes: 1 }],
    ['£', { otherTwoBytes: 1 }],
    ['€', { otherThreeBytes: 1 }],
    ['', {}],
  ])('%j', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });
});

describe('Whatever the text', () => {
  it('its tokens are a whole number, and at most six for each of its characters, by every tokenizer', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...TOKENIZERS), (text, tokenizer) => {
        const tokens = tokensOfText(text, tokenizer);
        expect(Number.isSafeInteger(tokens)).toBe(true);
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(tokens).toBeLessThanOrEqual(Math.ceil(MOST_PER_CHARACTER * text.length));
      }),
      { numRuns: 1_000 },
    );
  });

  it('two texts have about as many tokens as both in one', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.constantFrom(...TOKENIZERS), (one, other, tokenizer) => {
        const apart = tokensOfText(one, tokenizer) + tokensOfText(other, tokenizer);
        const together = tokensOfText(one + other, tokenizer);
        // Two pieces may have been one, and the other way round.
        expect(Math.abs(together - apart)).toBeLessThanOrEqual(14);
        expect(together).toBeGreaterThanOrEqual(tokensOfText(one, tokenizer) - 14);
      }),
      { numRuns: 1_000 },
    );
  });

  it('where it is cut does not matter, but for the pieces that are cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 4 });
    fc.assert(
      fc.property(anyText, cuts, fc.constantFrom(...TOKENIZERS), (text, places, { weights }) => {
        const bounds = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
        const parts = emptyMakeUp();
        const whole = emptyMakeUp();
        for (let part = 1; part < bounds.length; part += 1)
          scanText(text, bounds[part - 1] ?? 0, bounds[part] ?? 0, parts);
        scanText(text, 0, text.length, whole);
        const weighed = (makeUp: MakeUp): number =>
          makeUp.reduce((sum, count, place) => sum + count * (weights[place] ?? 0), 0);
        expect(Math.abs(weighed(parts) - weighed(whole))).toBeLessThanOrEqual(10 * places.length + 1e-9);
      }),
      { numRuns: 1_000 },
    );
  });

  it('each character is read a few times at most', () => {
    const read = vi.spyOn(String.prototype, 'charCodeAt');
    for (const text of [
      ...SAMPLES,
      'a1'.repeat(5_000),
      "a'b".repeat(5_000),
      'A'.repeat(9_999),
      '\ud800'.repeat(9_999),
    ]) {
      read.mockClear();
      readWhole(text, emptyMakeUp());
      expect(read.mock.calls.length).toBeLessThanOrEqual(6 * text.length + 6);
    }
  });
});

describe('A very long text', () => {
  const long = SAMPLES.join('\n').repeat(200);

  it('is sampled, however long it is', () => {
    const read = vi.spyOn(String.prototype, 'charCodeAt');
    readSampled(long, emptyMakeUp());
    expect(long.length).toBeGreaterThan(2_000_000);
    expect(read.mock.calls.length).toBeLessThanOrEqual(6 * SAMPLED_ABOVE);
  });

  it('is counted nearly as well by samples as by all of it', () => {
    const [sampled, whole] = [emptyMakeUp(), emptyMakeUp()];
    readSampled(long, sampled);
    readWhole(long, whole);
    const size = (makeUp: MakeUp): number => makeUp.reduce((sum, count) => sum + count, 0);
    expect(size(sampled) / size(whole)).toBeGreaterThan(0.9);
    expect(size(sampled) / size(whole)).toBeLessThan(1.1);
  });

  it('is read as a whole as long as it is not too long', () => {
    const text = 'word '.repeat(SAMPLED_ABOVE / 5);
    const [sampled, whole] = [emptyMakeUp(), emptyMakeUp()];
    readSampled(text, sampled);
    readWhole(text, whole);
    expect(sampled).toEqual(whole);
  });
});
