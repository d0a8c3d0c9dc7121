/**
 * The events of one stream differ in a few characters of text and in nothing else. What an event has in common with an earlier one need
 * not be parsed again: comparing takes a quarter of the time, and parsing is most of what reading a stream costs.
 */
import type { ChatChunk, ChatChunkChoice } from '../request/chat-types.js';

interface PaddedChunk extends ChatChunk {
  /** OpenAI's padding against guessing a text by the lengths of its pieces. */
  obfuscation?: string;
}

/** What is no ordinary character of a JSON string. */
const ESCAPED_OR_WRONG = /[\\\p{Control}]/u;

type TextField = 'content' | 'reasoning_content';

/** An event around the texts that vary. */
interface Pattern {
  readonly chunk: ChatChunk;
  /** Its only one. */
  readonly choice: ChatChunkChoice;
  /** The field of the delta whose text varies. */
  readonly field: TextField;
  /** Up to the quote in front of that text. */
  readonly before: string;
  /** From the quote behind it to the one in front of the padding; undefined where there is none. */
  readonly between: string | undefined;
  /** From the quote behind the last text to the end. */
  readonly behind: string;
}

export class RepeatedChunk {
  #pattern: Pattern | undefined;

  /** The chunk of an event that differs from the one learned by the text of its delta, and by its padding, at most. */
  read(event: string): ChatChunk | undefined {
    const pattern = this.#pattern;
    if (pattern === undefined) return undefined;
    const { before, between, behind } = pattern;
    // Faster than `startsWith`.
    if (event.slice(0, before.length) !== before) return undefined;
    const text = textAt(event, before.length);
    if (text === undefined) return undefined;
    const at = before.length + text.length;
    if (between === undefined) return event.slice(at) === behind ? chunkOf(pattern, text) : undefined;
    if (event.slice(at, at + between.length) !== between) return undefined;
    const padding = textAt(event, at + between.length);
    if (padding === undefined || event.slice(at + between.length + padding.length) !== behind) return undefined;
    const padded: PaddedChunk = chunkOf(pattern, text);
    padded.obfuscation = padding;
    return padded;
  }

  /** Does nothing with an event that is no plain piece of text. */
  learn(event: string, chunk: ChatChunk): void {
    const [choice, ...others] = chunk.choices;
    if (choice === undefined || others.length > 0) return;
    const { delta } = choice;
    // What is nested would be shared by all that are read.
    if (!isFlatBeside('choices', chunk) || !isFlatBeside('delta', choice) || !isFlatBeside('', delta)) return;
    if (delta.content) this.#learn('content', event, chunk, choice);
    else if (delta.reasoning_content) this.#learn('reasoning_content', event, chunk, choice);
  }

  #learn(field: TextField, event: string, chunk: PaddedChunk, choice: ChatChunkChoice): void {
    const text = placeOf(field, event);
    if (text === undefined) return;
    // Copies: whoever reads a chunk may change it.
    const known = { chunk: { ...chunk }, choice: { ...choice, delta: { ...choice.delta } }, field };
    const before = event.slice(0, text.start);
    if (typeof chunk.obfuscation !== 'string') {
      this.#pattern = { ...known, before, between: undefined, behind: event.slice(text.end) };
      return;
    }
    const padding = placeOf('obfuscation', event);
    if (padding === undefined || padding.start < text.end) return;
    const between = event.slice(text.end, padding.start);
    this.#pattern = { ...known, before, between, behind: event.slice(padding.end) };
  }
}

/** The text of a JSON string that needs no unescaping. */
function textAt(event: string, start: number): string | undefined {
  const end = event.indexOf('"', start);
  const text = event.slice(start, end);
  return end === -1 || ESCAPED_OR_WRONG.test(text) ? undefined : text;
}

function chunkOf({ chunk, choice, field }: Pattern, text: string): ChatChunk {
  const delta = { ...choice.delta };
  delta[field] = text;
  return { ...chunk, choices: [{ ...choice, delta }] };
}

/** Where the text of a field stands, if it is sure to be this field's: the name is there once, and nothing is escaped. */
function placeOf(field: string, event: string): { start: number; end: number } | undefined {
  const name = `"${field}"`;
  const at = event.indexOf(name);
  if (at === -1 || event.includes(name, at + 1) || event.includes('\\')) return undefined;
  const start = event.indexOf('"', at + name.length) + 1;
  return { start, end: event.indexOf('"', start) };
}

function isFlatBeside(nested: string, fields: object): boolean {
  return Object.entries(fields).every(
    ([name, value]) => name === nested || typeof value !== 'object' || value === null,
  );
}
