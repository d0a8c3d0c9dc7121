/**
 * Tool calls of a stream, told apart: Gemini and others number all calls 0 that come one after the other, and some
 * leave out what kind of call it is. Clients would make one call of two, with the arguments of both, or fail.
 */
import type { ChatChunk, ChatChunkChoice, ChatToolCallDelta } from '../request/chat-types.js';
import { madeFrame, type Frame } from './frame.js';

/** A call that has begun. */
interface BegunCall {
  readonly id: string | undefined;
  /** The reader's index of it. */
  readonly number: number;
}

/** The calls of one choice. */
interface Calls {
  /** By the upstream's index, the call that a piece with this index goes on with. */
  readonly current: Map<number, BegunCall>;
  readonly taken: Set<number>;
  /** The highest of those that are taken. */
  highest: number;
}

/** Of one stream, whose frames it is shown in their order. */
export class CallNumbers {
  /** By the index of the choice. */
  readonly #calls = new Map<number, Calls>();

  /** The same frames, but for those in which a call has to be numbered anew, or told what it is. */
  toldApart(frames: readonly Frame[]): readonly Frame[] {
    let changed: Frame[] | undefined;
    let at = 0;
    for (const { chunk } of frames) {
      if (hasCalls(chunk)) {
        const choices = chunk.choices.map((choice) => this.#choice(choice));
        const same = choices.every((choice, index) => choice === chunk.choices[index]);
        if (!same) (changed ??= [...frames])[at] = madeFrame({ ...chunk, choices });
      }
      at += 1;
    }
    return changed ?? frames;
  }

  #choice(choice: ChatChunkChoice): ChatChunkChoice {
    const { tool_calls: pieces } = choice.delta;
    if (pieces === undefined) return choice;
    let calls = this.#calls.get(choice.index);
    if (calls === undefined)
      this.#calls.set(choice.index, (calls = { current: new Map(), taken: new Set(), highest: -1 }));
    const of = calls;
    const told = pieces.map((piece) => pieceOf(of, piece));
    if (told.every((piece, index) => piece === pieces[index])) return choice;
    return { ...choice, delta: { ...choice.delta, tool_calls: told } };
  }
}

function hasCalls({ choices }: ChatChunk): boolean {
  for (const { delta } of choices) if (delta.tool_calls !== undefined) return true;
  return false;
}

function pieceOf(calls: Calls, piece: ChatToolCallDelta): ChatToolCallDelta {
  const { current, taken } = calls;
  const known = current.get(piece.index);
  if (known !== undefined && !isAnother(piece, known)) {
    return known.number === piece.index ? piece : { ...piece, index: known.number };
  }
  const number = taken.has(piece.index) ? calls.highest + 1 : piece.index;
  calls.highest = Math.max(calls.highest, number);
  taken.add(number);
  current.set(piece.index, { id: piece.id, number });
  if (number === piece.index && piece.type !== undefined) return piece;
  return { type: piece.custom === undefined ? 'function' : 'custom', ...piece, index: number };
}

/** Each call begins with an id and a name of its own; some repeat the id with every piece. */
function isAnother({ id, function: called, custom }: ChatToolCallDelta, known: BegunCall): boolean {
  return Boolean(id) && Boolean(known.id) && id !== known.id && Boolean(called?.name ?? custom?.name);
}
