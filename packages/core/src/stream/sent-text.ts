/** What the caller has been sent of an answer, kept so that another model can go on with it. */
import { isInsidePair } from './surrogates.js';

/** Deltas that are kept apart until they are joined into one flat string. */
const DELTAS_PER_BLOCK = 64;

/** UTF-16 units at most that a continuation has to repeat. */
const OVERLAP = 60;

/**
 * Collects deltas. An answer is thousands of them, of a few characters each, and nearly none is ever asked for: adding one
 * costs a push, and what is kept is no chain of tiny strings.
 */
export class SentText {
  readonly #deltas: string[] = [];
  #blocks: string[] = [];
  #length = 0;

  add(delta: string): void {
    if (delta === '') return;
    this.#length += delta.length;
    if (this.#deltas.push(delta) === DELTAS_PER_BLOCK) this.#joinDeltas();
  }

  /** In UTF-16 units. */
  get length(): number {
    return this.#length;
  }

  text(): string {
    this.#joinDeltas();
    if (this.#blocks.length > 1) this.#blocks = [this.#blocks.join('')];
    return this.#blocks[0] ?? '';
  }

  /**
   * What a continuation has to begin with to prove that it goes on from here: the last 60 UTF-16 units at most, from the
   * first whole character on that is no white space. It may end in half a character, if that is what was sent.
   */
  tail(): string {
    const text = this.text();
    const start = Math.max(0, text.length - OVERLAP);
    return text.slice(isInsidePair(text, start) ? start + 1 : start).trimStart();
  }

  #joinDeltas(): void {
    if (this.#deltas.length === 0) return;
    this.#blocks.push(this.#deltas.join(''));
    this.#deltas.length = 0;
  }
}
