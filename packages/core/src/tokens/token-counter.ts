/**
 * Estimates the tokens of prompts, as exactly as the limit that asks for it needs: not at all where even the densest text would fit, by
 * samples of very long texts where there is room, and from the whole text near a limit.
 */
import { attachmentTokens, type Viewer } from './attachment-tokens.js';
import { MakeUpMemory } from './make-up-memory.js';
import { emptyMakeUp, PIECES, type MakeUp } from './make-up.js';
import type { Prompt, PromptMakeUp } from './prompt.js';
import { readSampled } from './read-text.js';
import { O200K, type Tokenizer } from './tokenizer.js';
import type { Weights } from './weights.js';

/** Who reads a prompt. */
export interface PromptReader extends Viewer {
  readonly tokenizer: Tokenizer;
}

/** No character costs more by any of the weights: that of a letter with an accent between figures is the highest. */
export const MOST_PER_CHARACTER = 6;
/** Within this share of a limit a sample is not enough. */
const NEAR = 0.25;
/** What begins a prompt and the answer to it. */
const FRAME = 3;

/** One for an engine: what it remembers is of use to all calls. */
export class TokenCounter {
  readonly #memory: MakeUpMemory;

  constructor(random: () => number) {
    this.#memory = new MakeUpMemory(random);
  }

  /** At least 1. `limit` is what it will be held against. */
  count(prompt: Prompt, reader: PromptReader, limit = Infinity): number {
    const sampled = total(prompt, prompt.makeUp(this.#memory), reader);
    if (!prompt.isSampled || !isNear(sampled, limit)) return sampled;
    return total(prompt, prompt.wholeMakeUp(this.#memory), reader);
  }

  /** How many it has, if they are more than `limit`. Free for prompts that are far below it. */
  above(limit: number, prompt: Prompt, reader: PromptReader): number | undefined {
    if (limit === Infinity || isFarBelow(limit, prompt, reader.tokenizer)) return undefined;
    const tokens = this.count(prompt, reader, limit);
    return tokens > limit ? tokens : undefined;
  }
}

/** Of a text by itself, such as an answer. Without a tokenizer by one that is like most. */
export function tokensOfText(text: string, { weights, factor }: Tokenizer = O200K): number {
  const makeUp = emptyMakeUp();
  readSampled(text, makeUp);
  return Math.ceil(factor * weighed(makeUp, weights));
}

function total(prompt: Prompt, { messages, schemas }: PromptMakeUp, reader: PromptReader): number {
  const { weights, factor, schemaFactor, ...own } = reader.tokenizer;
  const text = weighed(messages, weights) + schemaFactor * weighed(schemas, weights);
  let tokens = FRAME + factor * text + own.perMessage * prompt.messages + own.perToolCall * prompt.toolCalls;
  if (prompt.hasTools) tokens += own.beforeTools;
  for (const attachment of prompt.attachments) tokens += attachmentTokens(attachment, reader);
  return Math.ceil(tokens);
}

function isNear(tokens: number, limit: number): boolean {
  return tokens > (1 - NEAR) * limit && tokens < (1 + NEAR) * limit;
}

function weighed(makeUp: MakeUp, weights: Weights): number {
  let sum = 0;
  for (let piece = 0; piece < PIECES; piece += 1) sum += (makeUp[piece] ?? 0) * (weights[piece] ?? 0);
  return sum;
}

function isFarBelow(limit: number, prompt: Prompt, tokenizer: Tokenizer): boolean {
  if (prompt.attachments.length > 0) return false;
  const { perMessage, perToolCall, beforeTools } = tokenizer;
  const marks = FRAME + perMessage * prompt.messages + perToolCall * prompt.toolCalls + beforeTools;
  return marks + MOST_PER_CHARACTER * prompt.characters <= limit;
}
