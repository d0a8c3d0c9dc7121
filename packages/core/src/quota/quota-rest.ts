/** The rest of an upstream that has nothing left. It can end early, and what rested for another reason goes on then. */
import type { Cooldown } from '../pool/cooldown.js';

/** Milliseconds: a reset that is farther away is asked about again. */
const LONGEST = 3_600_000;

export class QuotaRest {
  readonly #cooldown: Cooldown;
  #until: number | undefined;
  #before: Pick<Cooldown, 'until' | 'reason'> = { until: -Infinity, reason: undefined };

  constructor(cooldown: Cooldown) {
    this.#cooldown = cooldown;
  }

  /** Begins, or is set anew. Returns its duration where it begins. */
  keep(at: number, wanted: number): number | undefined {
    const duration = Math.min(wanted, LONGEST);
    if (this.holds(at)) {
      this.#restUntil(at + duration);
      return undefined;
    }
    const { until, reason } = this.#cooldown;
    if (until >= at + duration) return undefined;
    this.#before = { until, reason };
    this.#restUntil(at + duration);
    return duration;
  }

  /** True if it was resting. */
  end(at: number): boolean {
    const rested = this.holds(at);
    if (rested) {
      this.#cooldown.until = this.#before.until;
      this.#cooldown.reason = this.#before.reason;
    }
    this.#until = undefined;
    return rested;
  }

  /** Whether it is this rest that lasts. Somebody may have ended it by hand, or made the upstream rest for longer. */
  holds(at: number): boolean {
    return this.#until !== undefined && this.#until > at && this.#cooldown.until === this.#until;
  }

  /** What rested before is not cut short. */
  #restUntil(until: number): void {
    this.#until = Math.max(until, this.#before.until);
    this.#cooldown.until = this.#until;
    this.#cooldown.reason = 'quota';
  }
}
