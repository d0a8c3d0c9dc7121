/** Finds out what a text consists of, in one pass over its characters. On the path of calls near a limit: nothing is allocated. */
import { add, PIECE, type MakeUp } from './make-up.js';
import { scanScript } from './scan-script.js';

const SIGN = 0;
const LOWER = 1;
const UPPER = 2;
const FIGURE = 3;
const BLANK = 4;
const BREAK = 5;

/** What each ASCII character is. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  if (isLower(code)) return LOWER;
  if (isUpper(code)) return UPPER;
  if (code >= 48 && code <= 57) return FIGURE;
  if (code === 32 || code === 9) return BLANK;
  return code === 10 || code === 13 ? BREAK : SIGN;
});

const APOSTROPHE = 39;
/** Letters of a word that may be one. */
const LONGEST_WORD = 20;
/** Behind which a long run of the same blank or sign is another token. */
const LONGEST_RUN = 100;
const MOST_LINE_BREAKS = 40;

/** Adds what stands from `start` to `end` in `text`. Parts add up to the whole but for the pieces that they cut. */
export function scanText(text: string, start: number, end: number, into: MakeUp): void {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code >= 128) {
      at = isLatin(code) ? scanWord(text, at, end, into) : scanScript(text, at, end, into);
      continue;
    }
    // Nearly always a single blank in front of a word.
    if (code === 32 && isLower(text.charCodeAt(at + 1))) {
      at += 1;
      continue;
    }
    switch (ASCII[code] ?? SIGN) {
      case LOWER:
      case UPPER:
        at = scanWord(text, at, end, into);
        break;
      case FIGURE:
        at = scanFigures(text, at, end, into);
        break;
      case BLANK:
        at = scanBlanks(text, at, end, into);
        break;
      case BREAK:
        at = scanBreaks(text, at, end, into);
        break;
      default:
        at = scanSigns(text, at, end, into);
    }
  }
}

function isLower(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

function classAt(text: string, at: number, end: number): number {
  if (at >= end) return -1;
  const code = text.charCodeAt(at);
  return code < 128 ? (ASCII[code] ?? SIGN) : -1;
}

function isLetterAt(text: string, at: number, end: number): boolean {
  const kind = at < 0 ? -1 : classAt(text, at, end);
  return kind === LOWER || kind === UPPER;
}

function runEnd(text: string, start: number, end: number, kind: number): number {
  let at = start + 1;
  while (at < end && classAt(text, at, end) === kind) at += 1;
  return at;
}

/** Latin letters with accents, of all languages that are written with them. */
function isLatin(code: number): boolean {
  return (code >= 0xc0 && code < 0x250 && code !== 0xd7 && code !== 0xf7) || (code >= 0x1e00 && code < 0x1f00);
}

/** One word, or what stands before the next capital in it. */
function scanWord(text: string, start: number, end: number, into: MakeUp): number {
  let at = start;
  while (at < end && isUpper(text.charCodeAt(at))) at += 1;
  if (at - start > 1) {
    // The last of several capitals begins the next word: "HTTPServer".
    if (at < end && isLower(text.charCodeAt(at))) at -= 1;
    if (at - start > 1) return scanCapitals(text, start, at, into);
  }
  at = lowerEnd(text, at, end, into);
  const length = at - start;
  addWord(text, start, length, into);
  if (length > 5) addLength(text, start, length, into);
  if (at >= end || text.charCodeAt(at) !== APOSTROPHE) return at;
  return isContraction(text, at, end) ? scanContraction(text, at, end, into) : at;
}

function lowerEnd(text: string, start: number, end: number, into: MakeUp): number {
  let at = start;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (isLower(code)) continue;
    if (isLatin(code)) add(into, code < 0x250 ? PIECE.accented : PIECE.accentedTwice, 1);
    else break;
  }
  return at;
}

function scanCapitals(text: string, start: number, at: number, into: MakeUp): number {
  const length = at - start;
  const before = kindBefore(text, start);
  add(into, before === BLANK || before === BREAK ? PIECE.capitals : PIECE.capitalsBehind, 1);
  if (length > 4) add(into, PIECE.capitalLetters, Math.min(length, LONGEST_WORD) - 4);
  if (length > LONGEST_WORD) addSenseless(text, start + LONGEST_WORD, at, into);
  return at;
}

function addWord(text: string, start: number, length: number, into: MakeUp): void {
  const before = kindBefore(text, start);
  if (before === BLANK || before === BREAK) add(into, PIECE.word, 1);
  else if (before === SIGN) add(into, PIECE.wordBehindSign, 1);
  else add(into, length < 4 ? PIECE.fragment : PIECE.wordInside, 1);
}

/** What stands in front; the beginning is like a blank. */
function kindBefore(text: string, start: number): number {
  if (start === 0) return BLANK;
  const code = text.charCodeAt(start - 1);
  return code < 128 ? (ASCII[code] ?? SIGN) : LOWER;
}

function addLength(text: string, start: number, length: number, into: MakeUp): void {
  const letters = Math.min(length, LONGEST_WORD);
  add(into, PIECE.beyond5, letters - 5);
  if (letters > 8) add(into, PIECE.beyond8, letters - 8);
  if (letters > 12) add(into, PIECE.beyond12, letters - 12);
  if (length > letters) addSenseless(text, start + letters, start + length, into);
}

/** One letter again and again is cut into tokens of about eight. */
function addSenseless(text: string, start: number, end: number, into: MakeUp): void {
  let changes = 0;
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at) !== text.charCodeAt(at - 1)) changes += 1;
  add(into, PIECE.senseless, changes);
  add(into, PIECE.fragment, Math.floor((end - start - changes) / 8));
}

/** Tokenizers know the English ones, which have one or two letters. */
function isContraction(text: string, at: number, end: number): boolean {
  if (classAt(text, at + 1, end) !== LOWER) return false;
  return classAt(text, at + 2, end) !== LOWER || classAt(text, at + 3, end) !== LOWER;
}

function scanContraction(text: string, apostrophe: number, end: number, into: MakeUp): number {
  add(into, PIECE.contraction, 1);
  return runEnd(text, apostrophe + 1, end, LOWER);
}

function scanFigures(text: string, start: number, end: number, into: MakeUp): number {
  const at = runEnd(text, start, end, FIGURE);
  add(into, PIECE.figureGroup, Math.ceil((at - start) / 3));
  add(into, PIECE.figure, at - start);
  return at;
}

/** One blank belongs to the word or sign behind it, and all of them to the end of a line. */
function scanBlanks(text: string, start: number, end: number, into: MakeUp): number {
  const at = runEnd(text, start, end, BLANK);
  const next = classAt(text, at, end);
  if (next === BREAK) return at;
  if (at - start === 1 && next !== FIGURE) return at;
  const piece = kindBefore(text, start) === BREAK ? PIECE.indent : PIECE.gap;
  add(into, piece, 1 + Math.floor((at - start) / LONGEST_RUN));
  return at;
}

function scanBreaks(text: string, start: number, end: number, into: MakeUp): number {
  const at = runEnd(text, start, end, BREAK);
  add(into, PIECE.lineBreak, 1 + Math.floor((at - start) / MOST_LINE_BREAKS));
  return at;
}

/** Line breaks directly behind them are part of the last token. */
function scanSigns(text: string, start: number, end: number, into: MakeUp): number {
  let at = start;
  let previous = -1;
  let changes = -1;
  while (classAt(text, at, end) === SIGN) {
    const code = text.charCodeAt(at);
    if (code !== previous) changes += 1;
    previous = code;
    at += 1;
  }
  if (at - start === 1 && isLetterAt(text, start - 1, end) && isLetterAt(text, at, end)) {
    add(into, PIECE.joint, 1);
    return at;
  }
  add(into, PIECE.signs, 1 + Math.floor((at - start) / LONGEST_RUN));
  if (changes > 0) add(into, PIECE.signChange, Math.min(changes, 4));
  if (changes > 4) add(into, PIECE.signChangeBeyond4, changes - 4);
  return classAt(text, at, end) === BREAK ? runEnd(text, at, end, BREAK) : at;
}
