/** What stands in a text that is written in other letters than Latin ones. */
import { hanPiece } from './han.js';
import { add, PIECE, type MakeUp } from './make-up.js';

/** Adds what begins with the character at `start`, which is neither ASCII nor a Latin letter; returns where it ends. */
export function scanScript(text: string, start: number, end: number, into: MakeUp): number {
  const code = text.charCodeAt(start);
  if (isHan(code)) return scanHan(text, start, end, into);
  if (isCyrillic(code)) return scanCyrillic(text, start, end, into);
  if (isArabic(code)) return scanArabic(text, start, end, into);
  if (code >= 0xd800 && code < 0xdc00) {
    add(into, PIECE.otherFourBytes, 1);
    return Math.min(start + 2, end);
  }
  add(into, pieceOf(code), 1);
  return start + 1;
}

function isHan(code: number): boolean {
  return code >= 0x4e00 && code <= 0x9fff;
}

function isCyrillic(code: number): boolean {
  return code >= 0x400 && code < 0x530;
}

/** Hebrew and Syriac as well. */
function isArabic(code: number): boolean {
  return code >= 0x590 && code < 0x780;
}

function scanHan(text: string, start: number, end: number, into: MakeUp): number {
  let at = start;
  let common = 0;
  let usual = 0;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!isHan(code)) break;
    const piece = hanPiece(code);
    if (piece === PIECE.hanCommon) common += 1;
    else if (piece === PIECE.hanUsual) usual += 1;
  }
  add(into, PIECE.hanCommon, common);
  add(into, PIECE.hanUsual, usual);
  add(into, PIECE.hanRare, at - start - common - usual);
  return at;
}

function scanCyrillic(text: string, start: number, end: number, into: MakeUp): number {
  let at = start + 1;
  while (at < end && isCyrillic(text.charCodeAt(at))) at += 1;
  add(into, PIECE.cyrillicWord, 1);
  add(into, PIECE.cyrillicLetter, at - start);
  return at;
}

function scanArabic(text: string, start: number, end: number, into: MakeUp): number {
  let at = start + 1;
  while (at < end && isArabic(text.charCodeAt(at))) at += 1;
  add(into, PIECE.arabicWord, 1);
  add(into, PIECE.arabicLetter, at - start);
  return at;
}

function pieceOf(code: number): number {
  if (code >= 0x3000) {
    if (code < 0x3040 || code >= 0xff00) return PIECE.wideSign;
    if (code < 0x3100 || (code >= 0x31f0 && code < 0x3200)) return PIECE.kana;
    return code >= 0xac00 && code < 0xd7b0 ? PIECE.hangul : PIECE.otherThreeBytes;
  }
  if (code >= 0x900 && code < 0x1100) return PIECE.indicLetter;
  if (code >= 0x370 && code < 0x590) return PIECE.greekLetter;
  return code < 0x800 ? PIECE.otherTwoBytes : PIECE.otherThreeBytes;
}
