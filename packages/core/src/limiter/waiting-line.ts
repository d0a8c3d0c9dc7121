/** An order of waiters: by priority, then first come, first served. */

/** What tells two waiters apart. No two have the same number. */
export interface Ranked {
  /** Higher goes first. */
  readonly priority: number;
  /** Lower goes first within a priority. */
  readonly number: number;
}

/**
 * Waiters in their order. A sorted array: waiters nearly always join near the end and leave near the front, so each
 * step is a binary search and a short move, and nothing is left behind by those who leave early.
 */
export class WaitingLine<Item extends Ranked> {
  readonly #items: Item[] = [];

  /** Who is served next. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    this.#items.splice(this.#placeOf(item), 0, item);
  }

  /** Only those who stand in it. */
  remove(item: Item): void {
    // Nearly always it is the first one, and `shift` moves nothing.
    if (this.#items[0] === item) this.#items.shift();
    else this.#items.splice(this.#placeOf(item), 1);
  }

  /** Where `item` stands, or would stand. */
  #placeOf(item: Item): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#items[middle];
      if (other !== undefined && goesBefore(other, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether `one` is served before `other`. */
export function goesBefore(one: Ranked, other: Ranked): boolean {
  return one.priority === other.priority ? one.number < other.number : one.priority > other.priority;
}
