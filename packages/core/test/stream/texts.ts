/** Texts for properties of streams: what models write, and what is hard to cut. */
import * as fc from 'fast-check';

const space = fc.constantFrom(' ', '\n', '\t', '\r\n', '\u00a0', '\u3000', '\n\n');
const word = fc.constantFrom('order', 'the', 'a', '"no"', '</ending>', '订单', 'é', 'e\u0301', '😀', '👩‍👩‍👧', '𝒳');

export const whiteSpace = fc.array(space, { maxLength: 4 }).map((parts) => parts.join(''));

/** Whole characters only, up to a few hundred of them. */
export const answer = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.oneof(word, space), { maxLength: 60 }).map((parts) => parts.join('')) },
  fc.string({ unit: 'binary', maxLength: 80 }),
);

/** An answer, and the unit before which it was cut: anywhere, also inside a character. */
export const cutAnswer = answer.chain((text) =>
  fc.nat(text.length).map((cut) => ({ text, sent: text.slice(0, cut), rest: text.slice(cut) })),
);

/** Lengths for `chunked`; most of them short, because most deltas are. */
export const chunkLengths = fc.array(fc.oneof(fc.nat(3), fc.nat(80)), { minLength: 1, maxLength: 30 });

/** The text in pieces of these lengths, some empty, cut anywhere; what is left comes as one. */
export function chunked(text: string, lengths: readonly number[]): string[] {
  const chunks: string[] = [];
  let start = 0;
  for (const length of lengths) {
    chunks.push(text.slice(start, start + length));
    start += length;
  }
  return [...chunks, text.slice(start)];
}
