/**
 * The role of each choice, said once and at its beginning. OpenAI's Python package joins what comes twice to
 * `assistantassistant`, and its JavaScript one fails without any; there are services that send it with every chunk, and
 * services that never do.
 */
import type { ChatChunk, ChatChunkChoice } from '../request/chat-types.js';
import { madeFrame, type Frame } from './frame.js';

/** Of one stream, whose frames it is shown in order. Asked for every event, it allocates only for what it changes. */
export class OneRole {
  /** Choices that have begun, by index. */
  readonly #begun: boolean[] = [];

  /** The same frames, but for those in which a role has to be put or left out. */
  saidOnce(frames: readonly Frame[]): readonly Frame[] {
    let changed: Frame[] | undefined;
    let at = 0;
    for (const { chunk } of frames) {
      if (!this.#fits(chunk)) (changed ??= [...frames])[at] = madeFrame(this.#corrected(chunk));
      for (const { index } of chunk.choices) this.#begun[index] = true;
      at += 1;
    }
    return changed ?? frames;
  }

  #fits({ choices }: ChatChunk): boolean {
    for (const { index, delta } of choices) {
      if ((delta.role === undefined) !== (this.#begun[index] === true)) return false;
    }
    return true;
  }

  #corrected(chunk: ChatChunk): ChatChunk {
    const choices = chunk.choices.map((choice): ChatChunkChoice => {
      const { role: _, ...delta } = choice.delta;
      return { ...choice, delta: this.#begun[choice.index] === true ? delta : { role: 'assistant', ...delta } };
    });
    return { ...chunk, choices };
  }
}
