/**
 * OpenRouter's `reasoning_details`: blocks of thought, some of them signed, which the application sends back with its next
 * request. They have to be whole by then, as they are in an unstreamed reply: no signature fits a part of its block.
 */
import { isRecord } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import { GatheredFields } from './gathered-fields.js';

/** Where the words of a block stand that comes in pieces; blocks of other types come whole. */
const TEXT_FIELDS: ReadonlyMap<unknown, string> = new Map([
  ['reasoning.text', 'text'],
  ['reasoning.summary', 'summary'],
]);

export class ReasoningDetails {
  readonly #blocks: GatheredFields[] = [];

  /** The list of one delta. Its first entry may go on with the last block; side by side they are blocks of their own. */
  add(pieces: readonly unknown[]): void {
    let last = this.#blocks.at(-1);
    for (const piece of pieces) {
      if (!isRecord(piece)) continue;
      const block = last !== undefined && goesOn(last, piece) ? last : this.#begin();
      addTo(block, piece);
      last = undefined;
    }
  }

  whole(): object[] {
    return this.#blocks.map((block) => block.toObject());
  }

  #begin(): GatheredFields {
    const block = new GatheredFields();
    this.#blocks.push(block);
    return block;
  }
}

/** The index alone tells nothing: in streams it is 0 for blocks of all types. A block that is signed is complete. */
function goesOn(block: GatheredFields, piece: Fields): boolean {
  const textField = TEXT_FIELDS.get(piece['type']);
  if (textField === undefined || block.get('type') !== piece['type']) return false;
  if (block.get('index') !== piece['index']) return false;
  const isSigned = typeof block.get('signature') === 'string' && block.get('signature') !== '';
  return !(isSigned && typeof piece[textField] === 'string' && piece[textField] !== '');
}

function addTo(block: GatheredFields, piece: Fields): void {
  const textField = TEXT_FIELDS.get(piece['type']);
  for (const name of Object.keys(piece)) {
    if (name === textField) block.join(name, piece[name]);
    else block.keepLast(name, piece[name]);
  }
}
