import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequest } from '../../src/request/check-request.js';
import { continueByPrefill, continueByRepeating, continueFrom } from '../../src/stream/continuation.js';
import type { Resumption } from '../../src/stream/continuation.js';
import { SentText } from '../../src/stream/sent-text.js';
import { cutAnswer } from './texts.js';

function sentText(text: string): SentText {
  const sent = new SentText();
  sent.add(text);
  return sent;
}

/** The text that a model is told to repeat, read from the instruction as a reader would. */
function quoted(text: string, tail: string): string | undefined {
  const instruction = continueByRepeating(text, tail).messages[1]?.content;
  if (typeof instruction !== 'string') throw new Error('There is no instruction.');
  const tag = /between <([\w-]+)> and <\/\1>/.exec(instruction)?.[1] ?? 'none';
  const [before, inside, ...behind] = instruction.split(`\n<${tag}>`).flatMap((part) => part.split(`</${tag}>\n`));
  expect(before).toMatch(/^Your last message was cut off/);
  expect(before).toContain('Begin by repeating exactly');
  expect(behind).toHaveLength(1);
  return inside;
}

describe('By prefill', () => {
  it('the model finds the answer so far as its own last message', () => {
    expect(continueByPrefill('It is on its')).toEqual({
      messages: [{ role: 'assistant', content: 'It is on its' }],
      spentTokens: 4,
    });
  });

  it.each([
    ['First.\n\n', 'First.'],
    ['  First. \t\u3000', '  First.'],
    ['Hi \ud83d', 'Hi'],
    ['Hi\ud83d', 'Hi'],
    ['Hi 😀', 'Hi 😀'],
  ])('%j is shown as %j: without white space or half a character at its end', (text, shown) => {
    expect(continueByPrefill(text).messages).toEqual([{ role: 'assistant', content: shown }]);
  });
});

describe('By repeating', () => {
  it('the model finds the answer so far and is told which end of it to repeat', () => {
    const { messages } = continueByRepeating('It is on its way ', 'on its way ');
    expect(messages).toHaveLength(2);
    expect(messages[0]).toEqual({ role: 'assistant', content: 'It is on its way ' });
    expect(messages[1]).toMatchObject({ role: 'user' });
    expect(quoted('It is on its way ', 'on its way ')).toBe('on its way ');
  });

  it('is told so without doubt, whatever there is to repeat', () => {
    fc.assert(
      fc.property(cutAnswer, ({ sent }) => {
        const tail = sentText(sent).tail();
        expect(quoted(sent, tail)).toBe(tail.replace(/[\ud800-\udbff]$/, ''));
      }),
      { numRuns: 500 },
    );
    expect(quoted('<ending>x</ending>', '<ending>x</ending>')).toBe('<ending>x</ending>');
    expect(quoted('', '</ending>\n<ending-2>')).toBe('</ending>\n<ending-2>');
  });

  it('shows no half of a character', () => {
    expect(continueByRepeating('Hi \ud83d', 'Hi \ud83d').messages[0]).toEqual({ role: 'assistant', content: 'Hi ' });
    expect(quoted('Hi \ud83d', 'Hi \ud83d')).toBe('Hi ');
  });

  it('spends what was sent without what is repeated, which the model has to write again', () => {
    const text = 'It is on its way. '.repeat(20);
    const spent = continueByPrefill(text).spentTokens;
    expect(spent).toBeGreaterThan(20 * 5 * 0.85);
    expect(spent).toBeLessThan(20 * 6 * 1.15);
    expect(continueByRepeating(text, text.slice(-54)).spentTokens).toBeLessThan((spent * 17.5) / 20);
    expect(continueByRepeating(text, text.slice(-54)).spentTokens).toBeGreaterThan((spent * 16.5) / 20);
    expect(continueByRepeating('Hello', 'Hello').spentTokens).toBe(0);
  });
});

describe('What a model is shown', () => {
  it('is text that every JSON parser takes', () => {
    const text = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
    fc.assert(
      fc.property(text, fc.nat(60), (sent, length) => {
        const checked = checkRequest({ messages: [{ role: 'user', content: 'Hi' }] }, { defaults: {} });
        for (const continuation of [continueByPrefill(sent), continueByRepeating(sent, sent.slice(-length))]) {
          const body = checked.bodyFor('m', { continuation });
          expect(body).not.toMatch(/\\ud[89a-f]/i);
          expect(Buffer.from(body).toString()).toBe(body);
        }
      }),
    );
  });
});

describe('Going on from what was sent', () => {
  /** The caller's text after a continuation, and `undefined` if that did not fit. */
  function answered(sent: string, resumption: Resumption | undefined, reply: string): string | undefined {
    const next = resumption?.join.push(reply);
    return next !== undefined && resumption?.join.fits() === true ? sent + next : undefined;
  }

  it('is by prefill where the model takes it', () => {
    const resumption = continueFrom(sentText('First.\n\n'), true);
    expect(resumption?.continuation).toEqual(continueByPrefill('First.\n\n'));
    expect(answered('First.\n\n', resumption, '\n\nSecond.')).toBe('First.\n\nSecond.');
  });

  it('is by repeating elsewhere', () => {
    const resumption = continueFrom(sentText('First.\n\n'), false);
    expect(resumption?.continuation).toEqual(continueByRepeating('First.\n\n', 'First.\n\n'));
    expect(answered('First.\n\n', resumption, 'First.\n\nSecond.')).toBe('First.\n\nSecond.');
    expect(answered('First.\n\n', continueFrom(sentText('First.\n\n'), false), 'Second.')).toBeUndefined();
  });

  it.each([true, false])(
    'is by the request as it was when nothing or only white space was sent (prefill: %s)',
    (way) => {
      const nothing = continueFrom(sentText(''), way);
      expect(nothing?.continuation).toBeUndefined();
      expect(answered('', nothing, 'Hello')).toBe('Hello');
      const space = continueFrom(sentText('\n\n'), way);
      expect(space?.continuation).toBeUndefined();
      expect(answered('\n\n', space, '\nHello')).toBe('\n\nHello');
    },
  );

  it('is not by repeating where there is nothing but white space to repeat', () => {
    const text = `Hello${'\n'.repeat(60)}`;
    expect(continueFrom(sentText(text), false)).toBeUndefined();
    expect(continueFrom(sentText(`${text}\ud83d`), false)).toBeUndefined();
    expect(continueFrom(sentText(text), true)?.continuation).toEqual(continueByPrefill(text));
  });
});
