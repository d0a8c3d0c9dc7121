import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentText } from '../../src/stream/sent-text.js';
import { answer, chunked, chunkLengths, cutAnswer } from './texts.js';

function sentText(...deltas: readonly string[]): SentText {
  const sent = new SentText();
  for (const delta of deltas) sent.add(delta);
  return sent;
}

describe('What was sent', () => {
  it('is nothing at first', () => {
    const sent = sentText();
    expect([sent.text(), sent.tail(), sent.length]).toEqual(['', '', 0]);
  });

  it('is the deltas one behind the other, however many and whenever asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), fc.nat(300), (deltas, asked) => {
        const sent = new SentText();
        for (const [index, delta] of deltas.entries()) {
          sent.add(delta);
          if (index === asked) expect(sent.text()).toBe(deltas.slice(0, index + 1).join(''));
        }
        expect(sent.text()).toBe(deltas.join(''));
        expect(sent.length).toBe(deltas.join('').length);
      }),
      { numRuns: 300 },
    );
  });

  it('is whole again where a character came in two deltas', () => {
    expect(sentText('a\ud83d', '\ude00b').text()).toBe('a😀b');
  });
});

describe('The tail', () => {
  it('is all of a short text', () => {
    expect(sentText('Your order', ' is on its').tail()).toBe('Your order is on its');
  });

  it('is the last 60 characters of a long one', () => {
    const text = Array.from({ length: 50 }, (_, index) => `word${index}`).join(' ');
    expect(sentText(...text.split('')).tail()).toBe(text.slice(-60));
  });

  it('begins with no white space and keeps what is at its end', () => {
    expect(sentText(' \n\u3000Hello \n').tail()).toBe('Hello \n');
    expect(sentText(`${'x'.repeat(40)}  ${'y'.repeat(58)} `).tail()).toBe(`${'y'.repeat(58)} `);
    expect(sentText(' \n ').tail()).toBe('');
  });

  it('does not begin inside a character', () => {
    expect(sentText(`😀${'x'.repeat(59)}`).tail()).toBe('x'.repeat(59));
    expect(sentText(`😀${'x'.repeat(58)}`).tail()).toBe(`😀${'x'.repeat(58)}`);
    expect(sentText(`a😀 ${'x'.repeat(58)}`).tail()).toBe('x'.repeat(58));
  });

  it('ends in half a character if that is what was sent', () => {
    expect(sentText('Hello \ud83d').tail()).toBe('Hello \ud83d');
  });

  it('is the end of the text, as long as it may be', () => {
    fc.assert(
      fc.property(cutAnswer, chunkLengths, ({ sent: text }, lengths) => {
        const tail = sentText(...chunked(text, lengths)).tail();
        expect(text.endsWith(tail)).toBe(true);
        expect(tail.length).toBeLessThanOrEqual(60);
        expect(tail).toBe(tail.trimStart());
        const leftOut = text.slice(-60, text.length - tail.length);
        // White space, behind the second half of a character at most.
        expect(leftOut).toMatch(/^[\udc00-\udfff]?\s*$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not depend on the deltas', () => {
    fc.assert(
      fc.property(answer, chunkLengths, (text, lengths) => {
        expect(sentText(...chunked(text, lengths)).tail()).toBe(sentText(text).tail());
      }),
    );
  });
});
