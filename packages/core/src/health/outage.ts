/** Whether probes have seen enough of an open circuit's outage to let trials through before its time. Pure but for its memory. */

/** What a probe can vouch for. */
export interface ProbeReach {
  /** It asks just what failed: a connection, or the deployment itself. */
  readonly same: boolean;
  /** Successes in a row that are wanted. */
  readonly rise: number;
  /** Milliseconds that the circuit stays open at first, at the least. */
  readonly openFor: number;
}

/** One for each circuit, from its opening until it closes. Times are on the engine's clock. */
export class Outage {
  #openedAt: number;
  #successes = 0;
  #seen = false;

  constructor(at: number) {
    this.#openedAt = at;
  }

  /** A trial has failed: what was heard before was not true. */
  openedAgain(at: number): void {
    this.#openedAt = at;
    this.#successes = 0;
    this.#seen = false;
  }

  probeFailed(): void {
    this.#seen = true;
    this.#successes = 0;
  }

  /**
   * Whether trials may begin now. A list of models is also given by an upstream whose model is overloaded: such a probe must
   * have failed in this outage before its success is news, and even then the first open time is kept.
   */
  probeSucceeded(at: number, { same, rise, openFor }: ProbeReach): boolean {
    this.#successes += 1;
    if (this.#successes < rise) return false;
    return same || (this.#seen && at - this.#openedAt >= openFor);
  }
}
