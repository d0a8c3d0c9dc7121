/** Makes a text from outside fit to be shown in an event, a log or a page: one line, without control characters, not too long. */

const LONGEST = 200;

/** Control and format characters (those that turn the direction of a line among them), halves of pairs, line separators. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu;

/** Empty for what is no text. */
export function shownText(value: unknown): string {
  if (typeof value !== 'string') return '';
  // What is cut off is never looked at, however long it is.
  const text = value
    .slice(0, 10 * LONGEST)
    .replaceAll(UNSHOWABLE, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  // A pair that was cut in two is no character any more.
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/\p{Cs}$/u, '')}…`;
}
