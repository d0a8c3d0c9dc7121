/**
 * Remembers what long texts consist of, so that a conversation that grows from call to call is not read from its beginning each time.
 * It keeps no text, only fingerprints, and never grows: what comes later takes the place of what came before.
 */
import { fingerprint } from './fingerprint.js';
import { PIECES, type MakeUp, emptyMakeUp } from './make-up.js';

/** A power of two; 172 bytes each. */
const PLACES = 1_024;

/** Reads a text and adds what it consists of. */
export type Reader = (text: string, into: MakeUp) => void;

export class MakeUpMemory {
  readonly #seed: number;
  /** Of what is remembered in each place; 0 for nothing. Made when there is something. */
  #fingerprints: Float64Array | undefined;
  #makeUps: Float32Array | undefined;

  /** `random` makes the fingerprints of this process its own. */
  constructor(random: () => number) {
    this.#seed = Math.floor(random() * 0x7fffffff) | 1;
  }

  /** Adds what the text consists of; the text is only read if it is not remembered for this kind of reader. */
  add(text: string, into: MakeUp, { read, kind }: { readonly read: Reader; readonly kind: number }): void {
    const print = fingerprint(text, this.#seed + kind) || 1;
    this.#fingerprints ??= new Float64Array(PLACES);
    this.#makeUps ??= new Float32Array(PLACES * PIECES);
    const place = print % PLACES;
    const known = this.#makeUps.subarray(place * PIECES, (place + 1) * PIECES);
    if (this.#fingerprints[place] !== print) {
      const fresh = emptyMakeUp();
      read(text, fresh);
      known.set(fresh);
      this.#fingerprints[place] = print;
    }
    for (let piece = 0; piece < PIECES; piece += 1) into[piece] = (into[piece] ?? 0) + (known[piece] ?? 0);
  }
}
