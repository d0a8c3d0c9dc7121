import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinByPrefill, joinByRepeating } from '../../src/stream/join.js';
import type { Join } from '../../src/stream/join.js';
import { SentText } from '../../src/stream/sent-text.js';
import { answer, chunked, chunkLengths, cutAnswer, whiteSpace } from './texts.js';

/** What went to the caller of these deltas, and `undefined` if the continuation did not fit when it ended. */
function passedOn(join: Join, deltas: readonly string[]): string | undefined {
  let text = '';
  for (const delta of deltas) {
    const next = join.push(delta);
    if (next === undefined) {
      expect(text).toBe('');
      expect(join.fits()).toBe(false);
      return undefined;
    }
    text += next;
  }
  return join.fits() ? text : undefined;
}

function tailOf(text: string): string {
  const sent = new SentText();
  sent.add(text);
  return sent.tail();
}

const runs = { numRuns: 1_000 };

describe('A continuation that repeats', () => {
  it('is joined behind what it repeats', () => {
    const join = joinByRepeating('is on its way');
    expect(['is on', ' its', ' way to', ' you.'].map((delta) => join.push(delta))).toEqual(['', '', ' to', ' you.']);
    expect(join.fits()).toBe(true);
  });

  it('makes the whole answer, wherever it was cut and however it comes', () => {
    fc.assert(
      fc.property(cutAnswer, chunkLengths, ({ text, sent, rest }, lengths) => {
        const tail = tailOf(sent);
        expect(passedOn(joinByRepeating(tail), chunked(tail + rest, lengths))).toBe(rest);
        expect(sent + rest).toBe(text);
      }),
      runs,
    );
  });

  it('is joined exactly where it begins with the tail, and nothing of any other is passed on', () => {
    const others = fc.tuple(cutAnswer, answer).map(([{ sent, rest }, other]) => ({ tail: tailOf(sent), rest, other }));
    fc.assert(
      fc.property(others, fc.nat(60), chunkLengths, ({ tail, rest, other }, kept, lengths) => {
        const continuation = tail.slice(0, kept) + other + rest;
        const expected = continuation.startsWith(tail) ? continuation.slice(tail.length) : undefined;
        expect(passedOn(joinByRepeating(tail), chunked(continuation, lengths))).toBe(expected);
      }),
      runs,
    );
  });

  it('does not fit with a single unit that differs', () => {
    fc.assert(
      fc.property(cutAnswer, fc.nat(), fc.nat(0xffff), chunkLengths, ({ sent, rest }, place, unit, lengths) => {
        const tail = tailOf(sent);
        const index = place % Math.max(1, tail.length);
        fc.pre(tail !== '' && tail.charCodeAt(index) !== unit);
        const mutated = tail.slice(0, index) + String.fromCharCode(unit) + tail.slice(index + 1);
        expect(passedOn(joinByRepeating(tail), chunked(mutated + rest, lengths))).toBeUndefined();
      }),
      runs,
    );
  });

  it.each([
    ['white space in front', 'on its way', ' on its way to you'],
    ['another white space inside', 'on its way', 'on\nits way to you'],
    ['a space that does not break', 'on its way', 'on\u00a0its way to you'],
    ['two spaces for one', 'on its way', 'on its  way to you'],
    ['none at the seam', 'on its ', 'on itsway to you'],
    ['another at the seam', 'on its\n', 'on its way to you'],
    ['less at the seam', 'First.\n\n', 'First.\nSecond.'],
    ['another line break at the seam', 'First.\r\n', 'First.\nSecond.'],
  ])('does not fit with %s', (_, tail, continuation) => {
    expect(passedOn(joinByRepeating(tail), [continuation])).toBeUndefined();
    expect(passedOn(joinByRepeating(tail), continuation.split(''))).toBeUndefined();
  });

  it('does not fit with any other white space at the seam', () => {
    fc.assert(
      fc.property(answer, whiteSpace, whiteSpace, chunkLengths, (text, space, other, lengths) => {
        const word = text.trimEnd();
        const tail = tailOf(word + space);
        fc.pre(tail.trimEnd() !== '' && !other.startsWith(space));
        const continuation = `${tail.trimEnd()}${other}x`;
        expect(passedOn(joinByRepeating(tail), chunked(continuation, lengths))).toBeUndefined();
      }),
      runs,
    );
  });

  it('does not fit when it ends before it has repeated everything', () => {
    const join = joinByRepeating('on its way');
    expect([join.push('on its'), join.fits()]).toEqual(['', false]);
    expect([join.push(' way'), join.fits()]).toEqual(['', true]);
  });

  it('never fits again after it did not', () => {
    const join = joinByRepeating('way');
    expect([join.push('w'), join.push('o'), join.push('way'), join.push('')]).toEqual([
      '',
      undefined,
      undefined,
      undefined,
    ]);
    expect(join.fits()).toBe(false);
  });

  it('completes a character of which the caller has the first half', () => {
    expect(passedOn(joinByRepeating('Hello \ud83d'), ['Hello ', '😀!'])).toBe('\ude00!');
    expect(passedOn(joinByRepeating('Hello \ud83d'), ['Hello ', '🦊!'])).toBeUndefined();
    expect(passedOn(joinByRepeating('Hello \ud83d'), ['Hello ', 'you'])).toBeUndefined();
  });

  it('may be split inside a character, which stays split', () => {
    const join = joinByRepeating('a😀b');
    expect(['a\ud83d', '\ude00', 'bc\ud83d', '\ude00'].map((delta) => join.push(delta))).toEqual([
      '',
      '',
      'c\ud83d',
      '\ude00',
    ]);
  });
});

describe('A continuation of a prefill', () => {
  it('is passed on as it comes', () => {
    const join = joinByPrefill('It is on');
    expect([' its', '', ' way', '.'].map((delta) => join.push(delta))).toEqual([' its', '', ' way', '.']);
    expect(join.fits()).toBe(true);
  });

  it('makes the whole answer, wherever it was cut and however it comes, with the white space that was kept back', () => {
    fc.assert(
      fc.property(cutAnswer, whiteSpace, chunkLengths, ({ sent, rest }, space, lengths) => {
        fc.pre(!/^[\udc00-\udfff]/.test(rest));
        const text = sent + space;
        const keptBack = text.slice(text.trimEnd().length);
        expect(passedOn(joinByPrefill(text), chunked(keptBack + rest, lengths))).toBe(rest);
      }),
      runs,
    );
  });

  it('does not double as much of the white space as it begins with', () => {
    fc.assert(
      fc.property(answer, whiteSpace, fc.nat(4), chunkLengths, (text, space, kept, lengths) => {
        const sent = text.trimEnd() + space;
        expect(passedOn(joinByPrefill(sent), chunked(`${space.slice(0, kept)}next`, lengths))).toBe('next');
      }),
      runs,
    );
  });

  it('keeps white space that the caller does not have', () => {
    expect(passedOn(joinByPrefill('First.\n'), ['\n', '\nSecond.'])).toBe('\nSecond.');
    expect(passedOn(joinByPrefill('First. '), ['\n', 'Second.'])).toBe('\nSecond.');
    expect(passedOn(joinByPrefill('First.\n\n'), ['\n ', '\nSecond.'])).toBe(' \nSecond.');
    expect(passedOn(joinByPrefill('First.'), [' ', 'Second.'])).toBe(' Second.');
  });

  it('may end at once, or with white space that the caller has', () => {
    expect(passedOn(joinByPrefill('Done.'), [])).toBe('');
    expect(passedOn(joinByPrefill('Done.\n\n'), ['\n'])).toBe('');
  });

  it('completes a character of which the caller has the first half, wherever it was cut and however it comes', () => {
    const halves = fc.tuple(answer, whiteSpace, fc.boolean(), answer);
    fc.assert(
      fc.property(halves, chunkLengths, ([text, space, repeatsSpace, rest], lengths) => {
        const before = text.trimEnd() + space;
        const continuation = `${repeatsSpace ? space : ''}😀${rest}`;
        expect(passedOn(joinByPrefill(`${before}\ud83d`), chunked(continuation, lengths))).toBe(`\ude00${rest}`);
      }),
      runs,
    );
  });

  it('does not fit when it does not complete that character', () => {
    for (const continuation of ['Hello', '🦊', '\ude00', ' ', '']) {
      expect(passedOn(joinByPrefill('It is \ud83d'), [continuation])).toBeUndefined();
      expect(passedOn(joinByPrefill('It is \ud83d'), [' ', continuation])).toBeUndefined();
    }
  });
});
