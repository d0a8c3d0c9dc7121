/** Characters beyond the first 65,536 are two UTF-16 units, a pair of surrogates; a stream may be cut between them. */

/** Whether the units before and at `index` are the two halves of one character. */
export function isInsidePair(text: string, index: number): boolean {
  return isHighHalf(text.charCodeAt(index - 1)) && isLowHalf(text.charCodeAt(index));
}

/** The first half of a character, if the text ends in one; else an empty string. */
export function trailingHalf(text: string): string {
  return isHighHalf(text.charCodeAt(text.length - 1)) ? text.slice(-1) : '';
}

/** The text with U+FFFD for each half that stands alone: many services refuse the JSON of one. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

// `charCodeAt` gives NaN outside of the text, which is neither.
function isHighHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
