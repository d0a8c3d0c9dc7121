/**
 * How fast an upstream may be asked that tells its limit by nothing but refusals. Pure: the clock is passed in.
 *
 * After a refusal the pace drops a little below the rate at which refusals began, comes back to it, stays there long and then tries
 * more, ever faster: the curve of CUBIC (RFC 9438), which was made for the same question. A bucket that is asked for a little
 * less than it earns keeps the rest, and a little more for as long uses that up: of its capacity nothing is lost.
 */
import { RefusalRate, type PaceRefusal } from './refusal-rate.js';
import type { Sent } from './sent.js';

/** After a refusal the pace is so much below the rate. */
const DROP = 0.07;
/** It is back at the rate after this time, or after so many requests: one refusal in twice as many is a small share. */
const RECOVERY = { time: 90_000, requests: 150 };
/** The limit may be another by then, or gone. */
const FORGOTTEN_AFTER = 600_000;
/** What may be sent at once: as much as is due in this time, and at least so many requests. */
const BURST = { time: 2_000, requests: 5 };
/**
 * Until the rate has been measured: in this time half as many requests as were admitted before the upstream refused, and at least one; twice
 * as many in the next, and so on.
 */
const DOUBLING = 1_000;
/** Refusals come at once. Who has not been refused by then has been admitted, however long the answer takes. */
const REFUSED_WITHIN = 1_000;

export class LearnedPace {
  readonly #rate = new RefusalRate();
  /** Since when the rate is approached. */
  #since = 0;
  #refusedAt = -Infinity;
  /** The latest request when a refusal came last. */
  #refusedThrough = -1;
  /** Nothing has been admitted since then: one request at a time finds out whether it would be. */
  #doubts = false;
  #doubtsSince = 0;
  #doubtsUntil = 0;
  #trial: Sent | undefined;
  #level = 0;
  #levelAt = 0;
  #usualCost = 1;
  /** Requests a second before it refused. */
  #before = 0;

  known(at: number): boolean {
    return this.#rate.rate > 0 && at < this.#refusedAt + FORGOTTEN_AFTER;
  }

  /** Per minute; the rate itself, around which the pace moves. */
  get perMinute(): number {
    return this.#rate.rate * 60_000;
  }

  /** True if the rate is another now. */
  refuse(refusal: PaceRefusal): boolean {
    const { at, number, latest, usualCost, before = 0 } = refusal;
    this.#usualCost = Math.max(1, usualCost);
    const changed = this.#rate.refuse({ ...refusal, usualCost: this.#usualCost });
    this.#before = Math.max(this.#before, before);
    if (number > this.#refusedThrough || this.#refusedAt === -Infinity) {
      this.#refusedThrough = latest;
      this.#refusedAt = at;
      if (!this.#doubts) this.#doubtsSince = at;
      this.#doubts = true;
      this.#trial = undefined;
      // The lane rests as the upstream asked or as it earned, and may be tried right after; beyond that only a known rate says more.
      this.#level = this.#rate.rate === 0 ? this.#usualCost : 0;
      this.#levelAt = at;
    }
    if (changed) this.#since = at;
    return changed;
  }

  /** A request was let through at a time at which it was due. */
  spend(sent: Sent, cost: number): void {
    const { at } = sent;
    this.#refill(at);
    this.#level -= cost;
    this.#rate.spend(cost, at);
    if (!this.#doubts) return;
    if (this.#trial === undefined) this.#trial = sent;
    else this.#believe(this.#trial);
  }

  /** It was not sent after all. */
  giveBack(sent: Sent, cost: number): void {
    this.#level += cost;
    this.#rate.giveBack(cost, sent.at);
    this.#endTrial(sent);
  }

  /** The upstream has answered, and not with a refusal. */
  accepted(sent: Sent): void {
    if (this.#doubts && sent.number > this.#refusedThrough) this.#believe(sent);
  }

  /** It has ended, however. */
  end(sent: Sent): void {
    this.#endTrial(sent);
  }

  /** Clock time (ms) at which `cost` is due; not after `at` if it is now. */
  freeAt(cost: number, at: number): number {
    const forgottenAt = this.#refusedAt + FORGOTTEN_AFTER;
    if (at >= forgottenAt) return at;
    const trusted = this.#trial === undefined ? at : this.#trial.at + REFUSED_WITHIN;
    this.#refill(at);
    const missing = Math.min(cost, this.#burst(at)) - this.#level;
    return missing <= 0 ? trusted : Math.min(Math.max(trusted, at + missing / this.#paceAt(at)), forgottenAt);
  }

  /** 0 to 1. */
  share(at: number): number {
    if (at >= this.#refusedAt + FORGOTTEN_AFTER) return 1;
    this.#refill(at);
    return Math.min(1, Math.max(0, this.#level / this.#burst(at)));
  }

  #believe(sent: Sent): void {
    this.#doubts = false;
    this.#trial = undefined;
    this.#doubtsUntil = sent.at;
    this.#rate.admittedAfter(sent.at - this.#doubtsSince);
  }

  #endTrial(sent: Sent): void {
    if (this.#trial?.number === sent.number) this.#trial = undefined;
  }

  /** Per millisecond. */
  #paceAt(at: number): number {
    const { rate } = this.#rate;
    if (rate === 0) {
      const doublings = this.#doubts ? 0 : Math.min(30, Math.max(0, at - this.#doubtsUntil) / DOUBLING);
      return (this.#usualCost / DOUBLING) * Math.max(1, this.#before / 2) * 2 ** doublings;
    }
    const recovery = Math.max(RECOVERY.time, (RECOVERY.requests * this.#usualCost) / rate);
    return rate * (1 + DROP * ((at - this.#since) / recovery - 1) ** 3);
  }

  #burst(at: number): number {
    const { rate } = this.#rate;
    if (rate === 0) return Math.max(this.#usualCost, DOUBLING * this.#paceAt(at));
    return Math.max(BURST.requests * this.#usualCost, BURST.time * this.#paceAt(at));
  }

  #refill(at: number): void {
    const elapsed = Math.max(0, at - this.#levelAt);
    this.#levelAt = Math.max(at, this.#levelAt);
    this.#level = Math.min(this.#burst(at), this.#level + elapsed * this.#paceAt(at));
  }
}
