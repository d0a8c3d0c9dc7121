/** Keeps retries from multiplying an outage: only so many at once, in proportion to the calls in flight. */

export interface RetryBudgetSettings {
  /** Share of the calls in flight, 0 to 1. */
  readonly budgetRatio: number;
  /** Always allowed at once. */
  readonly budgetMinimum: number;
}

/** Counted at once rather than per time: a retry holds its unit until it has ended. */
export class RetryBudget {
  readonly #settings: RetryBudgetSettings;
  readonly #callsInFlight: () => number;
  #inUse = 0;

  constructor(settings: RetryBudgetSettings, callsInFlight: () => number) {
    this.#settings = settings;
    this.#callsInFlight = callsInFlight;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get limit(): number {
    return Math.max(this.#settings.budgetMinimum, Math.floor(this.#settings.budgetRatio * this.#callsInFlight()));
  }

  take(): boolean {
    if (this.#inUse >= this.limit) return false;
    this.#inUse += 1;
    return true;
  }

  giveBack(): void {
    this.#inUse -= 1;
  }
}
