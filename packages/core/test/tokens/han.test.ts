import { expect, it } from 'vitest';
import { hanPiece } from '../../src/tokens/han.js';
import { PIECE } from '../../src/tokens/make-up.js';
import { REFERENCES } from './references.js';

it('A Han character is common or usual where OpenAI has one token for it', () => {
  const wrong: string[] = [];
  for (let code = 0x4e00; code <= 0x9fff; code += 1) {
    const character = String.fromCharCode(code);
    const expected =
      REFERENCES.cl100k(character) === 1
        ? PIECE.hanCommon
        : REFERENCES.o200k(character) === 1
          ? PIECE.hanUsual
          : PIECE.hanRare;
    if (hanPiece(code) !== expected) wrong.push(character);
  }
  expect(wrong).toEqual([]);
});
