/** What is to be said of a request that was put into another provider's words. */

/** Gathered while the request is translated, so that what is done and what is said of it cannot differ. */
export class Remarks {
  readonly #changes = new Set<string>();
  #objection: string | undefined;

  /** What is left out or said differently, in words for a trail. Nothing of a prompt may go in. */
  change(words: string): void {
    this.#changes.add(words);
  }

  /** Why it cannot be said at all: one short clause, such as "cannot take audio". The first one stands. */
  object(words: string): void {
    this.#objection ??= words;
  }

  /** Each once, in the order in which they came up. */
  get changes(): readonly string[] {
    return [...this.#changes];
  }

  get objection(): string | undefined {
    return this.#objection;
  }
}
