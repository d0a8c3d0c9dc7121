/** The real tokenizers, to hold the estimates against. */
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';

/** Words such as `<|endoftext|>` are text like any other. */
const PLAIN = { disallowedSpecial: new Set<string>() };

/** By the name of the tokenizer. */
export const REFERENCES: Readonly<Record<'o200k' | 'cl100k', (text: string) => number>> = {
  o200k: (text) => countO200k(text, PLAIN),
  cl100k: (text) => countCl100k(text, PLAIN),
};
