/** Tells texts apart without keeping them. */

/** Texts up to this length are read as a whole, longer ones at their ends and at points between. */
const READ_WHOLE = 1_024;
const HEAD = 512;
const TAIL = 256;
const POINTS = 256;

/**
 * A number below 2 to the power of 53. Two texts share it by chance only, or because they are as long and hardly differ, so that their
 * tokens hardly differ either. The `seed` makes it another one in each process.
 */
export function fingerprint(text: string, seed: number): number {
  const { length } = text;
  const step = length <= READ_WHOLE ? 1 : Math.max(1, Math.floor((length - HEAD - TAIL) / POINTS));
  const tail = length - TAIL;
  let one = seed ^ length;
  let other = Math.imul(seed, 0x9e3779b1) ^ length;
  for (let at = 0; at < length; at += at < HEAD || at >= tail ? 1 : step) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    one ^= one >>> 15;
    other = (Math.imul(other, 31) + code) | 0;
  }
  other = Math.imul(other ^ (other >>> 16), 0x85ebca6b);
  return (one >>> 0) * 0x200000 + ((other >>> 11) & 0x1fffff);
}
