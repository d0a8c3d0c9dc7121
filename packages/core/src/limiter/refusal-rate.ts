/**
 * The rate at which an upstream begins to refuse, measured by what it has admitted. Pure: the clock is passed in.
 *
 * Between two refusals, at both of which nothing was left, a bucket has admitted what it earns in that time, whatever burst it
 * allowed before the first. A window has admitted its whole limit within the minute before a refusal. Which of both it is shows
 * after a refusal: a bucket takes the next request within seconds, a window refuses all until it is over.
 */
import { LastMinute } from './last-minute.js';

/** A request that was refused. */
export interface PaceRefusal {
  readonly at: number;
  /** Position of the request among all that were sent. */
  readonly number: number;
  /** That of the latest. */
  readonly latest: number;
  readonly cost: number;
  /** What a request costs as a rule. */
  readonly usualCost: number;
  /** Requests a second that were answered before, or that were being answered: whichever is more. */
  readonly before?: number;
}

const MINUTE = 60_000;
/** A rate is not measured in less: what few requests say is chance, and those under way are not known yet. */
const SHORTEST_MEASURE = 5_000;
/** What was admitted long ago says nothing about now. */
const LONGEST_MEASURE = 600_000;
/** A bucket has earned a request sooner. */
const DROUGHT_OF_A_WINDOW = 5_000;

export class RefusalRate {
  /** Per millisecond; 0 until it has been measured. */
  rate = 0;
  readonly #lastMinute = new LastMinute();
  /** Since when it is measured, the latest request then, and what of those after it was admitted. */
  #since = -Infinity;
  #after = -1;
  #admitted = 0;
  #isWindow = false;
  /** When the first request was counted. */
  #countedFrom = Infinity;

  spend(cost: number, at: number): void {
    this.#countedFrom = Math.min(this.#countedFrom, at);
    this.#admitted += cost;
    this.#lastMinute.add(cost, at);
  }

  giveBack(cost: number, at: number): void {
    this.#admitted -= cost;
    this.#lastMinute.add(-cost, at);
  }

  /** For so long after a refusal nothing was admitted. */
  admittedAfter(drought: number): void {
    if (drought >= DROUGHT_OF_A_WINDOW) this.#isWindow = true;
  }

  /** True if it is another now. */
  refuse({ at, number, latest, cost, usualCost }: PaceRefusal): boolean {
    const elapsed = at - this.#since;
    if (number > this.#after) this.giveBack(cost, at);
    const isFirst = elapsed > LONGEST_MEASURE;
    // Those that were under way are part of the last refusal; and where nothing was admitted since, it says the same once more.
    if (!isFirst && (number <= this.#after || elapsed < SHORTEST_MEASURE || this.#admitted < usualCost)) return false;
    if (!isFirst) this.#measure((this.#admitted + usualCost) / elapsed, at);
    this.#since = at;
    this.#after = latest;
    this.#admitted = 0;
    return !isFirst;
  }

  /** No more than in the last minute, and no less than half of that: a minute sees two windows, or a full bucket and its refill. */
  #measure(sinceRefusal: number, at: number): void {
    const inMinute = this.#lastMinute.total(at) / MINUTE;
    const most = at - this.#countedFrom < MINUTE ? Infinity : inMinute;
    this.rate = this.#isWindow ? inMinute : Math.min(Math.max(sinceRefusal, inMinute / 2), most);
  }
}
