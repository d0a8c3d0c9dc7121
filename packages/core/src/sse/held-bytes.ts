/** The bytes of something unfinished, gathered from piece to piece: what one byte at a time adds up to is not copied each time. */

const FIRST_CAPACITY = 512;

export class HeldBytes {
  #bytes: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** `undefined` while nothing is held. */
  get last(): number | undefined {
    return this.#bytes?.[this.#length - 1];
  }

  /** Copies them, so that a few bytes do not keep the large buffer alive in which they came. */
  append(from: Buffer, start: number, end: number): void {
    if (end <= start) return;
    this.#length += from.copy(this.#withRoomFor(end - start), this.#length, start, end);
  }

  /** Everything; afterwards nothing is held. */
  take(): Buffer {
    const taken = this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#bytes = undefined;
    this.#length = 0;
    return taken;
  }

  #withRoomFor(more: number): Buffer {
    const needed = this.#length + more;
    if (this.#bytes !== undefined && needed <= this.#bytes.length) return this.#bytes;
    const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, 2 * needed));
    this.#bytes?.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    return grown;
  }
}
