import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Quirks } from '../../src/pool/quirks.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('A deployment', () => {
  it('takes everything until it was found to refuse it', () => {
    const quirks = new Quirks();
    expect(quirks.all()).toEqual([]);
    expect(quirks.note('stream-options')).toBe(true);
    expect(quirks.all()).toEqual(['stream-options']);
    expect(quirks.note('prefill')).toBe(true);
    expect(quirks.note('temperature')).toBe(true);
    expect(quirks.note('stream')).toBe(true);
    expect(quirks.all()).toEqual(['stream', 'stream-options', 'prefill', 'temperature']);
    expect(quirks.parameters).toEqual(['temperature']);
    expect(['stream', 'top_p'].map((feature) => quirks.refuses(feature as 'stream'))).toEqual([true, false]);
  });

  it('is news once', () => {
    const quirks = new Quirks(['temperature']);
    expect(quirks.parameters).toEqual(['temperature']);
    // What was known without it having said so is news when it says so.
    expect([quirks.note('temperature'), quirks.note('temperature')]).toEqual([true, false]);
    expect(quirks.all()).toEqual(['temperature']);
  });

  it('knows better than what was known of its model which name of a limit it takes', () => {
    const quirks = new Quirks(['max_tokens', 'temperature']);
    expect(quirks.couldDoWithout('max_completion_tokens')).toBe(true);
    quirks.note('max_completion_tokens');
    expect(quirks.all()).toEqual(['max_completion_tokens', 'temperature']);
    expect(quirks.couldDoWithout('max_completion_tokens')).toBe(true);
  });

  it('that has refused one name of a limit is not asked without the other', () => {
    const quirks = new Quirks();
    quirks.note('max_tokens');
    expect(quirks.couldDoWithout('max_completion_tokens')).toBe(false);
    expect(quirks.couldDoWithout('max_tokens')).toBe(true);
    expect(quirks.couldDoWithout('temperature')).toBe(true);
  });

  it('is tried again with a parameter after an hour, because it may have been refused for another one', () => {
    const quirks = new Quirks(['top_p']);
    expect(quirks.note('temperature')).toBe(true);
    vi.advanceTimersByTime(1_800_000);
    quirks.note('top_p');
    quirks.note('top_k');
    vi.advanceTimersByTime(1_799_999);
    expect(quirks.parameters).toEqual(['top_p', 'temperature', 'top_k']);
    vi.advanceTimersByTime(1);
    expect(quirks.parameters).toEqual(['top_p', 'top_k']);
    expect([quirks.refuses('temperature'), quirks.refuses('top_k')]).toEqual([false, true]);
    vi.advanceTimersByTime(1_800_000);
    // What was known before stays.
    expect(quirks.all()).toEqual(['top_p']);
    expect(quirks.note('temperature')).toBe(true);
  });

  it('is tried again an hour after it refused, also where an earlier process was told', () => {
    const quirks = new Quirks();
    quirks.note('temperature', Date.now() - 3_599_999);
    quirks.note('top_k', Date.now() - 3_600_000);
    // A clock that was put back.
    quirks.note('top_p', Date.now() + 1e9);
    expect(quirks.found().map(({ feature }) => feature)).toEqual(['temperature', 'top_p']);
    vi.advanceTimersByTime(1);
    expect(quirks.parameters).toEqual(['top_p']);
    vi.advanceTimersByTime(3_599_999);
    expect(quirks.found()).toEqual([]);
  });

  it('is never tried again with what depends on no other parameter', () => {
    const quirks = new Quirks();
    for (const feature of ['stream', 'stream-options', 'prefill', 'max_tokens'] as const) quirks.note(feature);
    vi.advanceTimersByTime(1e9);
    expect(quirks.all()).toEqual(['stream', 'stream-options', 'prefill', 'max_tokens']);
  });

  it('has only been found to refuse what was not known before', () => {
    const quirks = new Quirks(['top_p']);
    quirks.note('top_p');
    quirks.note('top_k');
    expect((['top_p', 'top_k', 'temperature'] as const).map((name) => quirks.isOnlyFound(name))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
