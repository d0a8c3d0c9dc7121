/** The right to make one attempt, and the duty to say how it ended. */

/** Each pass settles once, by `success`, `failure` or `neutral`; what comes later is ignored. */
export interface BreakerPass {
  /** This attempt decides whether a half-open circuit closes. */
  readonly trial: boolean;
  readonly generation: number;
  /** A stream has begun to answer: a trial has succeeded with it and frees its slot. The pass still has to be settled. */
  firstContent(): void;
  success(options?: PassOutcome): void;
  failure(): void;
  /** Nobody's fault, or not the upstream's: frees the slot of a trial and says nothing. */
  neutral(options?: PassOutcome): void;
}

export interface PassOutcome {
  /** Counts to the slow rate. */
  readonly slow?: boolean;
}

/** Who hears the verdicts. */
export interface Judge {
  firstContent(pass: Pass): void;
  success(pass: Pass, slow: boolean): void;
  failure(pass: Pass): void;
  neutral(pass: Pass, slow: boolean): void;
}

export class Pass implements BreakerPass {
  readonly trial: boolean;
  readonly generation: number;
  /** Its place among all beginnings and verdicts of the circuit. */
  readonly order: number;
  /** Its first content has already counted as a trial's success. */
  credited = false;
  readonly #judge: Judge;
  #settled = false;

  constructor(judge: Judge, facts: Pick<Pass, 'trial' | 'generation' | 'order'>) {
    this.#judge = judge;
    this.trial = facts.trial;
    this.generation = facts.generation;
    this.order = facts.order;
  }

  firstContent(): void {
    if (!this.#settled && this.trial && !this.credited) this.#judge.firstContent(this);
  }

  success(options?: PassOutcome): void {
    if (this.#settle()) this.#judge.success(this, options?.slow === true);
  }

  failure(): void {
    if (this.#settle()) this.#judge.failure(this);
  }

  neutral(options?: PassOutcome): void {
    if (this.#settle()) this.#judge.neutral(this, options?.slow === true);
  }

  #settle(): boolean {
    const first = !this.#settled;
    this.#settled = true;
    return first;
  }
}
