/** The fields of something that comes in pieces, of which the later ones complete or replace the earlier. */
import { saysNothing } from './says-nothing.js';

/** What a field says is never hidden by a later piece that says nothing; null stands where nothing else has come. */
export class GatheredFields {
  readonly #values = new Map<string, unknown>();
  readonly #lists = new Map<string, unknown[]>();

  get(name: string): unknown {
    return this.#values.get(name);
  }

  /** The first one wins; 0 is nothing to stay with, as in a time that is not known yet. */
  keepFirst(name: string, value: unknown): void {
    const known = this.#values.get(name);
    if (known === 0 || saysNothing(known)) this.keepLast(name, value);
  }

  /** The last one wins. */
  keepLast(name: string, value: unknown): void {
    // In an object `__proto__` would be its prototype.
    if (value === undefined || name === '__proto__') return;
    if (this.#values.has(name) && saysNothing(value)) return;
    this.#values.set(name, value);
  }

  /** Texts are joined; of anything else the last one wins. */
  join(name: string, value: unknown): void {
    const known = this.#values.get(name);
    this.keepLast(name, typeof known === 'string' && typeof value === 'string' ? known + value : value);
  }

  /** Lists are joined; of anything else the last one wins. */
  extend(name: string, value: unknown): void {
    if (!Array.isArray(value) || name === '__proto__') return this.keepLast(name, value);
    let list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, (list = []));
    // Spread into `push`, a long list would overflow the stack.
    for (const entry of value) list.push(entry);
  }

  /** Whatever is gathered afterwards does not change it. */
  toObject(): Record<string, unknown> {
    const fields: Record<string, unknown> = Object.fromEntries(this.#values);
    for (const [name, list] of this.#lists) fields[name] = [...list];
    return fields;
  }
}
