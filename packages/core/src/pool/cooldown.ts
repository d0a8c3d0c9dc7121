/** A rest that an upstream asked for or a failure earned. Not the breaker: it says when, not whether. */
import type { FailureClass } from '../judgement/failure.js';

/** `no-token`: the function that gives a key has failed. */
export type RestReason = FailureClass | 'by-hand' | 'no-token';

/** A failure that may earn a rest. Times are on the engine's clock. */
export interface Offence {
  readonly reason: RestReason;
  /** When the attempt that failed had begun. */
  readonly attemptStartedAt: number;
  readonly at: number;
  /** The upstream named the time. */
  readonly hinted: boolean;
  /** The rest in milliseconds that the nth failure of this kind in a row earns. */
  readonly duration: (run: number) => number;
}

/** A rest as another process goes on with it. */
export interface KeptRest {
  /** On the clock of the engine. */
  readonly until: number;
  readonly reason: Exclude<RestReason, 'by-hand'>;
  /** How many failures in a row have earned it. */
  readonly run: number;
}

export class Cooldown {
  /** When it may be asked again; in the past when it does not rest. */
  until = -Infinity;
  /** Why it rests, or last rested. */
  reason: RestReason | undefined;
  #startedAt = -Infinity;
  #run = 0;

  /**
   * Rests as long as the offence earns; returns that duration if this is a new offence. Failures of attempts that began before
   * the last rest did are part of its cause: a hundred calls in flight that all meet a 401 are one failure, not a
   * hundred doublings. A time that the upstream names is kept all the same.
   */
  offend({ reason, attemptStartedAt, at, hinted, duration }: Offence): number | undefined {
    const repeated = reason === this.reason;
    const late = repeated && attemptStartedAt < this.#startedAt;
    if (late && !hinted) return undefined;
    if (!late) {
      this.#run = repeated ? this.#run + 1 : 1;
      this.#startedAt = at;
    }
    const rest = duration(this.#run);
    if (at + rest > this.until) {
      this.until = at + rest;
      this.reason = reason;
    }
    return late ? undefined : rest;
  }

  /** A success ends the run: the next failure rests as briefly as the first did. */
  recover(): void {
    this.#run = 0;
  }

  /** Takes a rest back that was earned by something else, as if there had been none; true if it rested. */
  pardon(reason: RestReason, at: number): boolean {
    if (this.reason !== reason) return false;
    const rested = this.until > at;
    this.until = -Infinity;
    this.reason = undefined;
    this.#startedAt = -Infinity;
    this.#run = 0;
    return rested;
  }

  /** The rest of this moment, unless somebody wanted it by hand. */
  kept(at: number): KeptRest | undefined {
    const { until, reason } = this;
    if (!(until > at && until < Infinity) || reason === undefined || reason === 'by-hand') return undefined;
    return { until, reason, run: this.#run };
  }

  /** Goes on with a rest that began in another process. */
  restore({ until, reason, run }: KeptRest, at: number): void {
    if (until <= Math.max(at, this.until)) return;
    this.until = until;
    this.reason = reason;
    this.#startedAt = at;
    this.#run = run;
  }

  /** Ends the rest and the run; true if it rested. */
  wake(at: number): boolean {
    const rested = this.until > at;
    this.until = -Infinity;
    this.#run = 0;
    return rested;
  }
}
