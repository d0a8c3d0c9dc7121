/**
 * What each piece of a text costs in tokens, by tokenizer. Fitted to the real tokenizers on four million characters of manuals, code, lists
 * and prose in twenty languages; docs/decisions/0021-token-estimate.md says how, and how far off the estimate is.
 */
import { PIECE, PIECES } from './make-up.js';

/** Those that have been measured; models of other makers are counted by one of them. */
export type MeasuredTokenizer = (typeof MEASURED)[number];

const MEASURED = ['o200k', 'cl100k', 'claude', 'gemini', 'deepseek', 'qwen', 'llama'] as const;

/** In the order of `MEASURED`. */
type Row = readonly [number, number, number, number, number, number, number];

const ROWS: Readonly<Record<keyof typeof PIECE, Row>> = {
  word: [0.95, 1, 1.04, 0.95, 0.97, 0.93, 0.93],
  wordBehindSign: [1.31, 1.35, 1.29, 0.98, 1.34, 1.26, 1.23],
  wordInside: [0.6, 0.59, 0.78, 0.96, 0.79, 0.66, 0.54],
  fragment: [1.22, 1.16, 1.3, 1.21, 1.22, 1.18, 1.19],
  beyond5: [0.05, 0.01, 0, 0.04, 0.03, 0.06, 0.08],
  beyond8: [0.08, 0.13, 0.2, 0.08, 0.09, 0.14, 0.13],
  beyond12: [0.14, 0.29, 0.38, 0.26, 0.23, 0.3, 0.3],
  senseless: [0.58, 0.6, 0.59, 0.56, 0.59, 0.6, 0.6],
  capitals: [1.08, 1.08, 1.3, 1.14, 1.29, 0.84, 0.8],
  capitalsBehind: [1.62, 1.67, 1.38, 1.39, 1.75, 1.58, 1.62],
  capitalLetters: [0.16, 0.14, 0.21, 0.1, 0.31, 0.23, 0.23],
  accented: [0.95, 2.2, 2.5, 0.79, 1.92, 1.26, 1.12],
  accentedTwice: [0, 0.03, 1.9, 0, 0, 0, 0],
  contraction: [1.05, 1.66, 2.6, 2.79, 1.55, 1.87, 1.98],
  figureGroup: [0.83, 0.96, 0.61, 0, 0.92, 0, 0.89],
  figure: [0.03, 0, 0.15, 0.94, 0, 0.91, 0.01],
  gap: [1.4, 1.31, 0.64, 1.26, 1.34, 1.51, 1.36],
  indent: [0.9, 0.93, 0.56, 1.46, 0.9, 0.83, 0.88],
  lineBreak: [1.48, 1.2, 1.25, 1.84, 1.48, 1.52, 1.31],
  joint: [0.02, 0, 0.87, 1.04, 0.2, 0, 0.01],
  signs: [1.07, 1.03, 1.17, 1.21, 1.1, 1.09, 1.07],
  signChange: [0, 0, 0.04, 0.04, 0.01, 0, 0],
  signChangeBeyond4: [0.69, 0.69, 0.7, 0.66, 0.74, 0.69, 0.68],
  hanCommon: [0.68, 0.89, 0.82, 0.54, 0.53, 0.57, 0.7],
  hanUsual: [1.01, 2.12, 1.74, 1.01, 0.67, 0.85, 1.14],
  hanRare: [2.09, 2.01, 2.91, 1.59, 1.79, 1.09, 1.9],
  wideSign: [0.79, 0.87, 1.01, 0.98, 0.84, 1, 0.86],
  kana: [0.65, 0.92, 0.96, 0.34, 0.59, 0.55, 0.56],
  hangul: [0.68, 1.11, 1.34, 0.67, 0.79, 0.81, 0.74],
  cyrillicWord: [0, 0, 0, 0, 0, 0, 0],
  cyrillicLetter: [0.28, 0.51, 0.59, 0.26, 0.34, 0.38, 0.31],
  arabicWord: [0.9, 2.63, 0.95, 1.12, 1.2, 0.37, 2.26],
  arabicLetter: [0.19, 0.33, 0.87, 0.17, 0.2, 0.35, 0.03],
  greekLetter: [0.4, 1.04, 1.32, 0.4, 0.52, 0.99, 0.42],
  indicLetter: [0.38, 1.12, 1.86, 0.28, 0.42, 0.71, 0.6],
  otherTwoBytes: [0.77, 0.99, 0.62, 1.53, 1.19, 1, 1.05],
  otherThreeBytes: [0.57, 0.6, 0.55, 0.6, 0.66, 0.65, 0.57],
  otherFourBytes: [2.05, 3.42, 3.02, 1.25, 2.2, 1.26, 3.39],
};

/** By `PIECE`. */
export type Weights = Float64Array;

export const WEIGHTS: Readonly<Record<MeasuredTokenizer, Weights>> = {
  o200k: weightsOf('o200k'),
  cl100k: weightsOf('cl100k'),
  claude: weightsOf('claude'),
  gemini: weightsOf('gemini'),
  deepseek: weightsOf('deepseek'),
  qwen: weightsOf('qwen'),
  llama: weightsOf('llama'),
};

function weightsOf(tokenizer: MeasuredTokenizer): Weights {
  const column = MEASURED.indexOf(tokenizer);
  const weights = new Float64Array(PIECES);
  for (const [name, row] of Object.entries(ROWS)) weights[PIECE[name as keyof typeof PIECE]] = row[column] ?? 0;
  return weights;
}
