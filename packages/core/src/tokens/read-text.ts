/** Reads texts of any length in a bounded time: what is very long is sampled, unless it has to be known better. */
import { emptyMakeUp, PIECES, type MakeUp } from './make-up.js';
import { scanText } from './scan-text.js';

/** Characters that are read of a text at most. */
export const SAMPLED_ABOVE = 32_768;
const BLOCKS = 32;
const BLOCK = SAMPLED_ABOVE / BLOCKS;

/** All of it. */
export function readWhole(text: string, into: MakeUp): void {
  scanText(text, 0, text.length, into);
}

/** Blocks of it, from its beginning to its end, if it is very long; they stand for what is between them. */
export function readSampled(text: string, into: MakeUp): void {
  const { length } = text;
  if (length <= SAMPLED_ABOVE) return readWhole(text, into);
  const sample = emptyMakeUp();
  for (let block = 0; block < BLOCKS; block += 1) {
    const start = Math.floor((block * (length - BLOCK)) / (BLOCKS - 1));
    scanText(text, start, start + BLOCK, sample);
  }
  const scale = length / SAMPLED_ABOVE;
  for (let piece = 0; piece < PIECES; piece += 1) into[piece] = (into[piece] ?? 0) + (sample[piece] ?? 0) * scale;
}
