/**
 * What a text consists of, as far as its tokens depend on it: words, figures and signs as tokenizers cut them apart, and
 * characters by script. The tokens of a text are about a weighted sum of these counts, with weights for each tokenizer.
 */

/** Where each kind of piece stands in a make-up. */
export const PIECE = {
  /** Words of Latin letters behind white space or at the beginning; one with a capital inside is several. */
  word: 0,
  /** Those directly behind a sign, such as the dot of a method, which is often part of the same token. */
  wordBehindSign: 1,
  /** Those directly behind a letter or a figure, of four letters and more. */
  wordInside: 2,
  /** And the shorter ones, such as base64 is made of. */
  fragment: 3,
  /** Letters of words beyond the fifth, the eighth and the twelfth. */
  beyond5: 4,
  beyond8: 5,
  beyond12: 6,
  /** Letters beyond the twentieth that differ from the one before; no word is so long. */
  senseless: 7,
  /** Words of capitals only, behind white space or at the beginning. */
  capitals: 8,
  /** Those that stand directly behind something else, as in names with underscores. */
  capitalsBehind: 9,
  /** The letters of both beyond the fourth. */
  capitalLetters: 10,
  /** Letters that are not ASCII, within words: those of Europe, and those of Vietnamese. */
  accented: 11,
  accentedTwice: 12,
  /** Endings such as those of "it's" and "don't". */
  contraction: 13,
  /** Runs of figures, by three; and the figures. */
  figureGroup: 14,
  figure: 15,
  /** Runs of white space that are not just the space in front of a word. */
  gap: 16,
  /** Those at the beginning of a line. */
  indent: 17,
  lineBreak: 18,
  /** Single ASCII signs between letters, such as hyphens and the dots of methods. */
  joint: 19,
  /** Other runs of ASCII signs. */
  signs: 20,
  /** Changes from one sign to another within them, up to the fourth and beyond. */
  signChange: 21,
  signChangeBeyond4: 22,
  /** Han characters, by how common they are. */
  hanCommon: 23,
  hanUsual: 24,
  hanRare: 25,
  /** Ideographic and full-width punctuation. */
  wideSign: 26,
  kana: 27,
  hangul: 28,
  /** Words of Cyrillic letters, and their letters. */
  cyrillicWord: 29,
  cyrillicLetter: 30,
  /** Hebrew, Arabic and their kin. */
  arabicWord: 31,
  arabicLetter: 32,
  /** Armenian as well. */
  greekLetter: 33,
  /** Letters of the scripts of India and its neighbours. */
  indicLetter: 34,
  /** Other characters, by their bytes in UTF-8. */
  otherTwoBytes: 35,
  otherThreeBytes: 36,
  otherFourBytes: 37,
} as const;

/** How many kinds of pieces there are. */
export const PIECES = 38;

/** How many pieces there are of each kind, by `PIECE`; sums of several texts, and of samples, are make-ups as well. */
export type MakeUp = number[];

const EMPTY: Readonly<MakeUp> = Array.from({ length: PIECES }, () => 0);

/** A plain list: a typed one of this size has its memory outside of the heap, which is dear for what every call makes. */
export function emptyMakeUp(): MakeUp {
  return EMPTY.slice();
}

export function add(into: MakeUp, piece: number, count: number): void {
  into[piece] = (into[piece] ?? 0) + count;
}
