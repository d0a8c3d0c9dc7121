/** Tells in the terminal what the engine does, one line for each thing that is new. */
import type { Failover } from '@ai-failover/core';
import { sentenceFor, type Sentence } from '../stage/sentences.ts';
import { paint } from './paint.ts';

const WIDTH = 100;
const INDENT = '   ';
/** What has not happened for so many milliseconds is news again. */
const FORGOTTEN_AFTER = 10_000;

const MARKS = {
  quiet: ['·', 'gray'],
  failure: ['✗', 'red'],
  failover: ['→', 'green'],
  rest: ['z', 'yellow'],
  circuit: ['○', 'magenta'],
  alarm: ['!', 'redBright'],
  canned: ['□', 'cyan'],
} as const;

export class Narrator {
  readonly #stop: () => void;
  /** What has been said, and when it last happened. */
  readonly #said = new Map<string, number>();
  #startedAt = performance.now();

  constructor(failover: Failover) {
    this.#stop = failover.onAny((name, event) => {
      const sentence = sentenceFor(name, event);
      if (sentence !== undefined) this.#say(sentence);
    });
  }

  begin(title: string, explanation: string): void {
    this.#startedAt = performance.now();
    this.#said.clear();
    const heading = `── ${title} `;
    console.log(`\n${paint('bold', heading.padEnd(WIDTH, '─'))}`);
    for (const line of wrapped(explanation, WIDTH - INDENT.length)) console.log(paint('gray', INDENT + line));
  }

  /** Something that the demo itself does. */
  act(text: string): void {
    // Whatever happens again after this is news.
    this.#said.clear();
    this.#line(paint('bold', `* ${text}`));
  }

  end(summary: string): void {
    console.log(`${INDENT}${paint('bold', `= ${summary}`)}`);
  }

  close(): void {
    this.#stop();
  }

  #say({ key, tone, text }: Sentence): void {
    const last = this.#said.get(key) ?? -Infinity;
    const at = performance.now();
    this.#said.set(key, at);
    if (at - last < FORGOTTEN_AFTER) return;
    const [mark, style] = MARKS[tone];
    this.#line(`${paint(style, mark)} ${tone === 'quiet' ? paint('gray', text) : text}`);
  }

  #line(text: string): void {
    const elapsed = ((performance.now() - this.#startedAt) / 1_000).toFixed(2).padStart(5);
    console.log(`${INDENT}${paint('gray', `${elapsed} s`)}  ${text}`);
  }
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
