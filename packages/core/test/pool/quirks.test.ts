import { describe, expect, it } from 'vitest';
import { Quirks } from '../../src/pool/quirks.js';

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
});
