import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownText } from '../../src/status-page/shown-text.ts';

describe('a text from outside', () => {
  it.each([
    ['Elevated errors', 'Elevated errors'],
    ['  two\r\nlines\tand\u2028more ', 'two lines and more'],
    ['\u001b[31mred\u0007', '[31mred'],
    ['turned \u202Earound', 'turned around'],
    ['half \ud83d a pair', 'half a pair'],
    ['故障 🚀', '故障 🚀'],
    [null, ''],
    [{ toString: () => 'x' }, ''],
    [5, ''],
  ])('is shown on one line, without what cannot be shown: %j', (value, expected) => {
    expect(shownText(value)).toBe(expected);
  });

  it('is cut to two hundred characters, not inside one', () => {
    expect(shownText('x'.repeat(1_000_000))).toBe(`${'x'.repeat(199)}…`);
    const cut = shownText('🚀'.repeat(1_000));
    expect(cut).toBe(`${'🚀'.repeat(99)}…`);
    expect(shownText('x'.repeat(200))).toHaveLength(200);
  });

  it('is the same when it is shown again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const once = shownText(text);
        expect(shownText(once)).toBe(once);
        expect(once.length).toBeLessThanOrEqual(200);
      }),
    );
  });
});
