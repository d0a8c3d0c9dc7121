/** Counts and the last hundred results of one deployment or lane. */
import type { FailureClass } from '../judgement/failure.js';
import { NOBODYS_FAULT } from '../judgement/nobodys-fault.js';

const KEPT = 100;

/** Durations are milliseconds; the averages and the rate are over the last hundred judged attempts. */
export interface StatisticsSnapshot {
  readonly attempts: number;
  readonly inFlight: number;
  readonly successes: number;
  readonly failures: number;
  /** Ended without a judgement: the caller left, the request was wrong. */
  readonly neutral: number;
  readonly failuresByClass: Readonly<Partial<Record<FailureClass, number>>>;
  /** Share of successes, 0 to 1; undefined while nothing is known. */
  readonly successRate: number | undefined;
  readonly averageLatency: number | undefined;
  readonly p95Latency: number | undefined;
}

/** Counts that outlive a process. What is in flight does not. */
export interface KeptCounts extends Pick<StatisticsSnapshot, 'successes' | 'failures' | 'failuresByClass'> {
  /** Those that have ended. */
  readonly attempts: number;
}

export class Statistics {
  #attempts = 0;
  #inFlight = 0;
  #successes = 0;
  #failures = 0;
  readonly #byClass = new Map<FailureClass, number>();
  /** Rings: latencies of successes, and whether each judged attempt succeeded. */
  readonly #latencies: number[] = [];
  #nextLatency = 0;
  readonly #results: boolean[] = [];
  #nextResult = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  begin(): void {
    this.#attempts += 1;
    this.#inFlight += 1;
  }

  succeed(latency: number): void {
    this.#inFlight -= 1;
    this.#successes += 1;
    this.#latencies[this.#nextLatency] = latency;
    this.#nextLatency = (this.#nextLatency + 1) % KEPT;
    this.#remember(true);
  }

  fail(failure: FailureClass): void {
    this.#inFlight -= 1;
    this.#byClass.set(failure, (this.#byClass.get(failure) ?? 0) + 1);
    if (NOBODYS_FAULT.has(failure)) return;
    this.#failures += 1;
    this.#remember(false);
  }

  /** Undefined before the first attempt has ended. */
  kept(): KeptCounts | undefined {
    const attempts = this.#attempts - this.#inFlight;
    if (attempts === 0) return undefined;
    const failuresByClass = Object.fromEntries(this.#byClass);
    return { attempts, successes: this.#successes, failures: this.#failures, failuresByClass };
  }

  /** Counts on from what another process has counted. */
  restore({ attempts, successes, failures, failuresByClass }: KeptCounts): void {
    this.#attempts += attempts;
    this.#successes += successes;
    this.#failures += failures;
    // Of an object that was made of these very names.
    const byClass = Object.entries(failuresByClass) as [FailureClass, number][];
    for (const [name, count] of byClass) this.#byClass.set(name, (this.#byClass.get(name) ?? 0) + count);
  }

  snapshot(): StatisticsSnapshot {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const judged = this.#results.length;
    return {
      attempts: this.#attempts,
      inFlight: this.#inFlight,
      successes: this.#successes,
      failures: this.#failures,
      neutral: this.#attempts - this.#inFlight - this.#successes - this.#failures,
      failuresByClass: Object.fromEntries(this.#byClass),
      successRate: judged === 0 ? undefined : this.#results.filter(Boolean).length / judged,
      averageLatency: sorted.length === 0 ? undefined : sorted.reduce((sum, one) => sum + one, 0) / sorted.length,
      p95Latency: sorted[Math.ceil(sorted.length * 0.95) - 1],
    };
  }

  #remember(success: boolean): void {
    this.#results[this.#nextResult] = success;
    this.#nextResult = (this.#nextResult + 1) % KEPT;
  }
}
