/** How long a deployment tends to be silent before its first content, and so when its silence is worth a race. */
import { RecentValues } from './recent-values.js';

/** Silence that is raced while too little is known. */
const ASSUMED_RACE_AFTER = 10_000;
/** The same for models that think before they speak. */
const ASSUMED_RACE_AFTER_REASONING = 45_000;
const ENOUGH = 20;

/** How much longer than nearly all of its answers it may take. */
const PATIENCE = 1.5;
const SHORTEST = 3_000;
const LONGEST = 45_000;

/** All in milliseconds. Each attempt is told once: when its content comes, or when it will not be seen any more. */
export class FirstContent {
  readonly #times = new RecentValues(0.95);

  /** An attempt whose first content came `duration` after it began. */
  record(duration: number): void {
    this.#times.record(duration);
  }

  /** An attempt that was overtaken after `duration` of silence: it would have taken longer, and nobody knows how long. */
  atLeast(duration: number): void {
    // Less than most take anyway says nothing. Counted, races that a call or a trial wants early would make all races early.
    if (duration >= (this.#times.percentile() ?? 0)) this.#times.record(duration);
  }

  /** 1.5 times the 95th percentile of the last hundred, 3 to 45 s. */
  raceAfter(reasoning: boolean): number {
    const usual = this.#times.count < ENOUGH ? undefined : this.#times.percentile();
    if (usual === undefined) return reasoning ? ASSUMED_RACE_AFTER_REASONING : ASSUMED_RACE_AFTER;
    return Math.min(LONGEST, Math.max(SHORTEST, usual * PATIENCE));
  }
}
