/** An answer that broke off after some of it had left, and how each candidate would be asked to go on with it. */
import type { Lane } from '../pool/pool.js';
import type { BodyShape, Continuation } from '../request/checked-request.js';
import { continueFrom, type Resumption } from '../stream/continuation.js';
import type { SentText } from '../stream/sent-text.js';
import type { GoingOn } from './streamed.js';

export type ContinuedBy = 'prefill' | 'repeating' | 'asking-again';

export class CutAnswer implements GoingOn {
  readonly #sent: SentText;
  readonly #prefill: Continuation | undefined;
  readonly #repeat: Continuation | undefined;
  readonly #doubted = new Set<Lane['deployment']>();

  private constructor(sent: SentText, prefill: Resumption, repeat: Resumption) {
    this.#sent = sent;
    this.#prefill = prefill.continuation;
    this.#repeat = repeat.continuation;
  }

  /** Undefined where it cannot be gone on with. */
  static of(sent: SentText): CutAnswer | undefined {
    const prefill = continueFrom(sent, true);
    const repeat = continueFrom(sent, false);
    return prefill === undefined || repeat === undefined ? undefined : new CutAnswer(sent, prefill, repeat);
  }

  continuationFor({ deployment }: Lane): Continuation | undefined {
    const { settings, quirks } = deployment;
    const prefills = settings.prefill && !quirks.refuses('prefill') && !this.#doubted.has(deployment);
    return prefills ? this.#prefill : this.#repeat;
  }

  doubtPrefill({ deployment }: Lane): void {
    this.#doubted.add(deployment);
  }

  doubts({ deployment }: Lane): boolean {
    return this.#doubted.has(deployment);
  }

  prefills(continuation: Continuation): boolean {
    return continuation === this.#prefill;
  }

  /** How an attempt that was sent this goes on, and how its answer is joined. */
  resumed(shape: BodyShape | undefined): { readonly by: ContinuedBy; readonly join: Resumption['join'] } | undefined {
    const prefilled = shape?.continuation !== undefined && this.prefills(shape.continuation);
    const resumption = continueFrom(this.#sent, prefilled);
    if (resumption === undefined) return undefined;
    const by = resumption.continuation === undefined ? 'asking-again' : prefilled ? 'prefill' : 'repeating';
    return { by, join: resumption.join };
  }
}
