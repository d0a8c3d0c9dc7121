import { describe, expect, it } from 'vitest';
import { readRateLimits, tellsRateLimits } from '../../src/judgement/rate-limits.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('readRateLimits', () => {
  it("reads OpenAI's durations: https://platform.openai.com/docs/guides/rate-limits", () => {
    const headers = {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-tokens': '6m0s',
    };
    expect(readRateLimits(headers, NOW)).toEqual([
      { kind: 'requests', limit: 60, remaining: 59, resetIn: 1_000 },
      { kind: 'tokens', limit: 150_000, remaining: 149_984, resetIn: 360_000 },
    ]);
  });

  it("reads Anthropic's times, and its tokens of prompts and answers: https://docs.anthropic.com/en/api/rate-limits", () => {
    const of = (kind: string, remaining: string) => ({
      [`anthropic-ratelimit-${kind}-limit`]: '1000',
      [`anthropic-ratelimit-${kind}-remaining`]: remaining,
      [`anthropic-ratelimit-${kind}-reset`]: '2026-01-01T00:00:30Z',
    });
    const headers = { ...of('requests', '7'), ...of('input-tokens', '8'), ...of('output-tokens', '9') };
    expect(readRateLimits(headers, NOW)).toEqual([
      { kind: 'requests', limit: 1_000, remaining: 7, resetIn: 30_000 },
      { kind: 'input-tokens', limit: 1_000, remaining: 8, resetIn: 30_000 },
      { kind: 'output-tokens', limit: 1_000, remaining: 9, resetIn: 30_000 },
    ]);
  });

  it("reads Azure's, which may lack the limit and the reset", () => {
    expect(readRateLimits({ 'x-ratelimit-remaining-tokens': '12' }, NOW)).toEqual([
      { kind: 'tokens', limit: undefined, remaining: 12, resetIn: undefined },
    ]);
  });

  it.each(['-1', '', '1.5', 'many', '1e3', '9999999999999'])('does not take "%s" for a reading', (remaining) => {
    expect(readRateLimits({ 'x-ratelimit-remaining-requests': remaining }, NOW)).toEqual([]);
  });

  it.each([
    'x-ratelimit-remaining-requests',
    'x-ratelimit-remaining-tokens',
    'anthropic-ratelimit-requests-remaining',
    'anthropic-ratelimit-tokens-remaining',
    'anthropic-ratelimit-input-tokens-remaining',
    'anthropic-ratelimit-output-tokens-remaining',
  ])('reads %s, and knows that it is there', (name) => {
    expect(tellsRateLimits({ [name]: '5' })).toBe(true);
    expect(readRateLimits({ [name]: '5' }, NOW)).toMatchObject([{ remaining: 5 }]);
  });

  it('finds nothing in headers that say nothing of limits', () => {
    expect(readRateLimits({ 'content-type': 'application/json' }, NOW)).toEqual([]);
    expect(tellsRateLimits({ 'content-type': 'application/json' })).toBe(false);
  });
});
