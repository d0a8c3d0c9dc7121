/** How a model counts tokens: by whose tokenizer, and what it adds to the text of a prompt. */
import type { ProviderName } from '../config/options.js';
import { bareName } from '../config/model-name.js';
import { WEIGHTS, type Weights } from './weights.js';

export interface Tokenizer {
  readonly name: string;
  readonly weights: Weights;
  /** The sum of the weights times this. */
  readonly factor: number;
  /** For the role and the marks around each message. */
  readonly perMessage: number;
  /** For the id and the marks of each call of a tool. */
  readonly perToolCall: number;
  /** What is put before the definitions of tools. */
  readonly beforeTools: number;
  /** What the JSON of definitions and schemas becomes on its way to the model, against its own size. */
  readonly schemaFactor: number;
  /** How much an estimate may exceed a limit before it is believed. */
  readonly margin: number;
}

/** Its tokenizer is public, and the estimate has been measured against it. */
const PUBLIC = { factor: 1, perToolCall: 8, beforeTools: 12, schemaFactor: 1, margin: 1.15 };

/**
 * OpenAI's numbers: its cookbook has three tokens a message and one for the role, and shows how definitions are written as types,
 * which are shorter than JSON.
 */
const OPENAI = { ...PUBLIC, perMessage: 4, schemaFactor: 0.6 };

/**
 * Anthropic has published a tokenizer only for its second generation. What came later is known to need about a tenth more, and the one
 * that began with Opus 4.7 about 30 % more than those before it, says its documentation; so does it name the size of the text that tools need.
 */
const ANTHROPIC = { perMessage: 3, perToolCall: 20, beforeTools: 346, schemaFactor: 1, margin: 1.25 };

export const O200K: Tokenizer = { name: 'o200k', weights: WEIGHTS.o200k, ...OPENAI };
const CL100K: Tokenizer = { name: 'cl100k', weights: WEIGHTS.cl100k, ...OPENAI };
const CLAUDE: Tokenizer = { name: 'claude', weights: WEIGHTS.claude, ...ANTHROPIC, factor: 1.1 };
const NEWER_CLAUDE: Tokenizer = { name: 'newer-claude', weights: WEIGHTS.claude, ...ANTHROPIC, factor: 1.43 };
/** Google's own client counts the tokens of Gemini with the tokenizer of Gemma 3. */
const GEMINI: Tokenizer = { name: 'gemini', weights: WEIGHTS.gemini, ...PUBLIC, perMessage: 1 };
const DEEPSEEK: Tokenizer = { name: 'deepseek', weights: WEIGHTS.deepseek, ...PUBLIC, perMessage: 3 };
const QWEN: Tokenizer = { name: 'qwen', weights: WEIGHTS.qwen, ...PUBLIC, perMessage: 5, beforeTools: 110 };
const LLAMA: Tokenizer = { name: 'llama', weights: WEIGHTS.llama, ...PUBLIC, perMessage: 5, beforeTools: 60 };
/** Of many makers; their tokenizers are alike in English and Chinese. */
const UNKNOWN: Tokenizer = { ...O200K, name: 'unknown', schemaFactor: 1, margin: 1.25 };

export const TOKENIZERS: readonly Tokenizer[] = [
  O200K,
  CL100K,
  CLAUDE,
  NEWER_CLAUDE,
  GEMINI,
  DEEPSEEK,
  QWEN,
  LLAMA,
  UNKNOWN,
];

/** The first that fits. */
const BY_NAME: readonly (readonly [RegExp, Tokenizer])[] = [
  [/^gpt-3\.?5|^gpt-4(?:-(?!o)|$)/, CL100K],
  [/^(?:chat)?gpt-|^o\d/, O200K],
  [/^claude-(?:[123]|instant)/, CLAUDE],
  [/^claude-opus-4[-.](?:[7-9]|\d\d(?!\d))/, NEWER_CLAUDE],
  [/^claude-[a-z]+-4\b/, CLAUDE],
  [/^claude-[a-z]+-\d/, NEWER_CLAUDE],
  [/^claude\b/, CLAUDE],
  [/^(?:gemini|gemma)-/, GEMINI],
  [/^deepseek-r1-distill-qwen/, QWEN],
  [/^deepseek-r1-distill-llama/, LLAMA],
  [/^deepseek\b/, DEEPSEEK],
  [/^(?:qwen|qwq|qvq)/, QWEN],
  [/^(?:meta-)?llama-?v?[34]/, LLAMA],
];

const BY_PROVIDER: Readonly<Record<ProviderName, Tokenizer>> = {
  openai: UNKNOWN,
  azure: O200K,
  anthropic: CLAUDE,
  gemini: GEMINI,
};

/** By the first name that is known, else by who is asked. */
export function tokenizerOf(names: readonly string[], provider: ProviderName): Tokenizer {
  for (const name of names) {
    const bare = bareName(name);
    const found = BY_NAME.find(([pattern]) => pattern.test(bare));
    if (found !== undefined) return found[1];
  }
  return BY_PROVIDER[provider];
}
