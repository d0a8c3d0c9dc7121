/** The tool calls of a streamed message, whose ids, names and arguments come in pieces. */
import { given } from '../given.js';
import { isRecord, isUnset } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import { isEntryIndex, MAX_ENTRIES } from './entry-index.js';
import { GatheredFields } from './gathered-fields.js';

/** All calls of one message, several of which may come at the same time. */
export class ToolCallsAssembly {
  readonly #calls: ToolCallAssembly[] = [];
  /** By index, the call that a piece with this index goes on with. */
  readonly #current = new Map<number, ToolCallAssembly>();

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  add(pieces: readonly unknown[]): void {
    for (const piece of pieces) {
      if (isRecord(piece)) this.#callOf(piece)?.add(piece);
    }
  }

  whole(): object[] {
    return this.#calls.toSorted((one, other) => one.index - other.index).map((call) => call.whole());
  }

  /** Undefined for a piece that cannot belong anywhere. */
  #callOf(piece: Fields): ToolCallAssembly | undefined {
    const index = piece['index'];
    if (!isEntryIndex(index)) return undefined;
    const known = this.#current.get(index);
    return known === undefined || isAnother(piece, known) ? this.#begin(index) : known;
  }

  #begin(index: number): ToolCallAssembly | undefined {
    if (this.#calls.length >= MAX_ENTRIES) return undefined;
    const call = new ToolCallAssembly(index);
    this.#calls.push(call);
    this.#current.set(index, call);
    return call;
  }
}

class ToolCallAssembly {
  readonly index: number;
  #id: string | undefined;
  #type: string | undefined;
  #function: CallAssembly | undefined;
  #custom: CallAssembly | undefined;
  readonly #others = new GatheredFields();

  constructor(index: number) {
    this.index = index;
  }

  /** Undefined until it is known. */
  get id(): string | undefined {
    return this.#id;
  }

  add(piece: Fields): void {
    for (const name of Object.keys(piece)) this.#take(name, piece[name]);
  }

  whole(): object {
    const type = this.#type ?? (this.#function === undefined && this.#custom !== undefined ? 'custom' : 'function');
    const named = this.#function ?? (type === 'function' ? new CallAssembly('arguments') : undefined);
    const custom = this.#custom ?? (type === 'custom' ? new CallAssembly('input') : undefined);
    const calls = given({ function: named?.whole(), custom: custom?.whole() });
    return { id: this.#id ?? '', type, ...calls, ...this.#others.toObject() };
  }

  #take(name: string, value: unknown): void {
    switch (name) {
      case 'index':
        return;
      // Some repeat it with every piece.
      case 'id':
        if (typeof value === 'string' && value !== '') this.#id ??= value;
        return;
      case 'type':
        if (typeof value === 'string' && value !== '') this.#type = value;
        return;
      case 'function':
        if (isRecord(value)) (this.#function ??= new CallAssembly('arguments')).add(value);
        return;
      case 'custom':
        if (isRecord(value)) (this.#custom ??= new CallAssembly('input')).add(value);
        return;
      default:
        this.#others.keepLast(name, value);
    }
  }
}

/** What is called, and with what: of a function (also in the older `function_call`) or of a custom tool. */
export class CallAssembly {
  readonly #textField: 'arguments' | 'input';
  #name = '';
  #text = '';
  readonly #others = new GatheredFields();

  constructor(textField: 'arguments' | 'input') {
    this.#textField = textField;
  }

  add(piece: Fields): void {
    for (const name of Object.keys(piece)) {
      const value = piece[name];
      if (name === 'name' && typeof value === 'string') this.#addName(value);
      else if (name === this.#textField && typeof value === 'string') this.#text += value;
      else if (!isUnset(value) || (name !== 'name' && name !== this.#textField)) this.#others.keepLast(name, value);
    }
  }

  whole(): object {
    return { name: this.#name, [this.#textField]: this.#text, ...this.#others.toObject() };
  }

  /** It comes at once, in pieces, or with every piece of the arguments again. */
  #addName(piece: string): void {
    if (piece !== this.#name) this.#name += piece;
  }
}

/** Gemini and others number all calls 0 that come one after the other; each begins with an id and a name of its own. */
function isAnother(piece: Fields, known: ToolCallAssembly): boolean {
  const id = piece['id'];
  if (typeof id !== 'string' || id === '' || known.id === undefined || id === known.id) return false;
  return hasName(piece['function']) || hasName(piece['custom']);
}

function hasName(call: unknown): boolean {
  return isRecord(call) && typeof call['name'] === 'string' && call['name'] !== '';
}
