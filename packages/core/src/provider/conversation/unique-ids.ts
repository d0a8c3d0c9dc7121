/** Ids that are each given once: a repeated one gets a number. Depends only on what was asked for before. */
export class UniqueIds {
  readonly #taken = new Set<string>();
  /** Of ids that were asked for again, the number to try next: counting from the start each time is slow for many that are alike. */
  readonly #numbers = new Map<string, number>();

  idFor(wanted: string): string {
    let id = wanted;
    if (this.#taken.has(id)) {
      let number = this.#numbers.get(wanted) ?? 2;
      while (this.#taken.has((id = `${wanted}_${number}`))) number += 1;
      this.#numbers.set(wanted, number + 1);
    }
    this.#taken.add(id);
    return id;
  }
}
