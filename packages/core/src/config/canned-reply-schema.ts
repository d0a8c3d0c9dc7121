/** The canned reply: text, text per locale, or a function. */
import { z } from 'zod';
import type { CannedReply } from '../call/canned-reply.js';
import { type Fault, stringWithout } from './fault.js';

const EXPECTED = "a text, texts by locale such as { en: '…', 'pt-BR': '…' }, or a function that returns one";

const text = stringWithout(
  (value) =>
    value.trim() === '' ? { expected: 'a text; it is blank, and this is all that a user would get' } : undefined,
  'a text',
);

const locale = stringWithout(findLocaleFault, 'a locale');

const byLocale = z
  .record(locale, text)
  .refine((texts) => Object.keys(texts).length > 0, { error: `at least one text: ${EXPECTED}` });

export const cannedReplySchema = z.union(
  [
    text,
    byLocale,
    z.custom<Extract<CannedReply, (...given: never[]) => unknown>>((value) => typeof value === 'function', {
      error: EXPECTED,
    }),
  ],
  { error: EXPECTED },
);

function findLocaleFault(name: string): Fault | undefined {
  if (isLocale(name)) return undefined;
  const meant = name.trim().replaceAll('_', '-');
  return {
    expected: "a locale as in accept-language, such as 'en' or 'pt-BR' (BCP 47)",
    suggestion: isLocale(meant) ? meant : undefined,
  };
}

function isLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length === 1;
  } catch {
    return false;
  }
}
