import { describe, expect, it } from 'vitest';
import { bestLocale, parseAcceptLanguage } from '../../src/call/locale.js';

describe('parseAcceptLanguage', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['de', ['de']],
    ['fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5', ['fr-CH', 'fr', 'en', 'de']],
    ['en;q=0.1, de;q=0.9', ['de', 'en']],
    ['en;q=0, de', ['de']],
    [' EN-us ; Q=0.5 ,de ; q=0.6 ', ['de', 'EN-us']],
    ['en;q=2, de;q=-1, fr;q=x, es;q=0.1234, it', ['it']],
    ['*, ,;;, <script>, en_US, de', ['de']],
  ])('%j is %j', (header, languages) => {
    expect(parseAcceptLanguage(header)).toEqual(languages);
  });

  it('keeps the order of languages that are wanted equally', () => {
    expect(parseAcceptLanguage('c, a, b')).toEqual(['c', 'a', 'b']);
  });

  it('reads no more than a person would write', () => {
    const many = Array.from({ length: 10_000 }, () => 'en').join(',');
    expect(parseAcceptLanguage(many)).toHaveLength(20);
    expect(parseAcceptLanguage(`${'x'.repeat(2_000)},de`)).toEqual([]);
  });
});

describe('bestLocale', () => {
  const available = ['en', 'pt-BR', 'zh-Hant', 'zh-Hans', 'de_AT'];

  it.each([
    [['pt-BR'], 'pt-BR'],
    [['PT-br'], 'pt-BR'],
    [['pt'], 'pt-BR'],
    [['pt-PT'], 'pt-BR'],
    [['en-GB-oxendict'], 'en'],
    [['de'], 'de_AT'],
    [['de-AT'], 'de_AT'],
    [['zh-Hans-CN'], 'zh-Hans'],
    [['zh'], 'zh-Hant'],
    [['fr', 'en'], 'en'],
    [['fr'], undefined],
    [[], undefined],
    // No more than a language: `e` is not the beginning of `en`.
    [['e'], undefined],
  ])('of %j is %s', (locales, found) => {
    expect(bestLocale(locales, available)).toBe(found);
  });

  it('prefers a worse fit of the first language to a better one of the second', () => {
    expect(bestLocale(['pt-PT', 'en'], available)).toBe('pt-BR');
  });

  it('takes the first of two spellings of one locale', () => {
    expect(bestLocale(['en-us'], ['en_US', 'en-US'])).toBe('en_US');
  });
});
