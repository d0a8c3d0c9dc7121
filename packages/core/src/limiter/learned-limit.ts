/**
 * One limit of an upstream as its headers tell it: what is left there now, with what we have sent since. Pure: the clock is passed
 * in. It only ever refuses more than is configured, and is forgotten when nothing is heard of it any more.
 */
import type { RateLimitReading } from '../judgement/rate-limits.js';
import { RefillKind, type Refill } from './refill-kind.js';

/** When a reading came, and what the request whose answer brought it tells of its age. */
export interface ReadingContext {
  /** When it came. */
  readonly at: number;
  /** When its request was sent; the same as `at` where nobody noted it. */
  readonly sentAt: number;
  /** Position of its request among all; of the latest where nobody noted it. */
  readonly number: number;
  /** Position of the latest request. */
  readonly latest: number;
  /** What was sent after its request. */
  readonly sentSince: number;
}

export interface LearnedLimitSnapshot {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until it is all there again. */
  readonly resetIn: number;
  readonly refill: Refill;
}

/** What is left if the reading was taken when its request number `number` was sent, or when its answer came. */
interface Level {
  amount: number;
  number: number;
}

/** After so long without a reading the limit may be gone, and whoever would still be refused is let through to see. */
const FORGOTTEN_AFTER = 600_000;
/** Where no reset is told: long enough for one or two answers to say more. */
const ASSUMED_RESET = 10_000;
/** Of the difference between a rate that is known and one that is read. */
const RATE_WEIGHT = 0.2;
/** A window is held to be over a little late: resets are rounded, and a request sent too early costs a 429. */
const LATENESS = { longest: 1_000, share: 0.1 };
/** Left untouched, as a share of the limit, for what others use meanwhile. In a bucket that costs nothing: it is left only once. */
const RESERVE = { continuous: 0.02, window: 0 };
/** What a refusal that nobody expected adds to the reserve, and what it may come to. It halves in two minutes. */
const ADDED = { first: 0.01, mostContinuous: 0.2, mostWindow: 0.03, halfLife: 120_000 };

export class LearnedLimit {
  readonly #kind = new RefillKind();
  readonly #bySending: Level = { amount: 0, number: -1 };
  readonly #byReceiving: Level = { amount: 0, number: -1 };
  #limit = 0;
  /** Else it is the most that was ever left, and how much there is after a reset is not known. */
  #isTold = false;
  /** Per millisecond; 0 while unknown. */
  #rate = 0;
  /** How much had to come back when it was read. */
  #rateBasis = 0;
  #levelAt = 0;
  /** The reset lies between these. */
  #earliestReset = -Infinity;
  #latestReset = -Infinity;
  /** The longest time to a reset that was seen. */
  #window = 0;
  #rolledAt = -Infinity;
  #readAt = -Infinity;
  #added = 0;
  #addedAt = -Infinity;
  #addedNumber = -1;

  get limit(): number {
    return this.#limit;
  }

  /** Whether anything is known of it still. */
  known(at: number): boolean {
    return at < this.#readAt + FORGOTTEN_AFTER;
  }

  /** Nonsense is ignored: negative numbers, a window that has already been reset, a limit of nothing. */
  observe({ limit, remaining, resetIn }: RateLimitReading, context: ReadingContext): void {
    if (resetIn === 0 || limit === 0 || !(remaining >= 0 && remaining < Infinity)) return;
    const most = Math.max(remaining, limit ?? (this.known(context.at) ? this.#limit : 0), 1);
    const { at, sentAt } = context;
    this.#advance(at);
    const reset = resetIn ?? ASSUMED_RESET;
    const earliestReset = sentAt + reset;
    const latestReset = at + reset;
    if (resetIn !== undefined) {
      this.#kind.learn({ remaining, sentAt, receivedAt: at, earliestReset, latestReset });
      if (limit !== undefined) this.#learnRate(most, remaining, resetIn);
    }
    const isNew = !this.known(at);
    this.#limit = most;
    this.#isTold = limit !== undefined;
    this.#window = isNew ? reset : Math.max(this.#window, reset);
    if (isNew || this.#continuous) this.#setReset(earliestReset, latestReset);
    else if (!this.#placeReset(earliestReset, latestReset, sentAt)) return;
    this.#readAt = at;
    this.#setLevels(remaining, context);
  }

  /** It was let through, whoever knows of it. */
  spend(cost: number, at: number): void {
    this.#advance(at);
    this.#bySending.amount -= cost;
    this.#byReceiving.amount -= cost;
  }

  /** It was not sent after all. */
  giveBack(cost: number, number: number): void {
    for (const level of [this.#bySending, this.#byReceiving]) if (number > level.number) level.amount += cost;
  }

  /** The upstream refused a request that it should have taken: others use it too, or it counts otherwise than we do. */
  refused(number: number, latest: number, at: number): void {
    if (number <= this.#addedNumber) return;
    this.#added = Math.min(Math.max(ADDED.first, 2 * this.#addedNow(at)), this.#mostAdded);
    this.#addedAt = at;
    this.#addedNumber = latest;
  }

  /** Clock time (ms) at which `cost` fits; not after `at` if it does now. A cost above the limit needs all of it. */
  freeAt(cost: number, at: number): number {
    if (!this.known(at)) return -Infinity;
    this.#advance(at);
    const missing = Math.min(cost + this.#reserve(at), this.#limit) - this.#level;
    if (missing <= 0) return at;
    const resetAt = this.#latestReset + this.#lateness;
    const free = this.#continuous ? at + missing / this.#rate : resetAt;
    return Math.min(Math.max(free, at), this.#readAt + FORGOTTEN_AFTER);
  }

  /** What is left of it, 0 to 1. */
  share(at: number): number {
    if (!this.known(at)) return 1;
    this.#advance(at);
    return Math.min(1, Math.max(0, this.#level / this.#limit));
  }

  snapshot(at: number): LearnedLimitSnapshot | undefined {
    if (!this.known(at)) return undefined;
    this.#advance(at);
    const remaining = Math.max(0, Math.min(this.#limit, Math.floor(this.#level)));
    const full = this.#continuous ? (this.#limit - this.#level) / this.#rate : this.#latestReset - at;
    const { refill } = this.#kind;
    return { limit: this.#limit, remaining, resetIn: Math.max(0, Math.ceil(full)), refill };
  }

  get #continuous(): boolean {
    return this.#kind.refill === 'continuous' && this.#rate > 0;
  }

  /** The smaller of both, because nobody tells when a reading was taken. At saturation they hardly differ. */
  get #level(): number {
    return Math.min(this.#bySending.amount, this.#byReceiving.amount);
  }

  get #lateness(): number {
    return Math.min(LATENESS.longest, LATENESS.share * this.#window);
  }

  get #mostAdded(): number {
    return this.#continuous ? ADDED.mostContinuous : ADDED.mostWindow;
  }

  #reserve(at: number): number {
    const own = this.#continuous ? RESERVE.continuous : RESERVE.window;
    return this.#limit * (own + Math.min(this.#addedNow(at), this.#mostAdded));
  }

  #addedNow(at: number): number {
    return this.#added === 0 ? 0 : this.#added * 2 ** ((this.#addedAt - at) / ADDED.halfLife);
  }

  /** Lets come back what has come back by now. */
  #advance(at: number): void {
    const elapsed = Math.max(0, at - this.#levelAt);
    this.#levelAt = Math.max(at, this.#levelAt);
    if (this.#continuous) {
      const earned = elapsed * this.#rate;
      for (const level of [this.#bySending, this.#byReceiving])
        level.amount = Math.min(this.#limit, level.amount + earned);
    } else if (at >= this.#latestReset + this.#lateness && this.known(at)) {
      this.#roll(at);
    }
  }

  /** A new window is full. That it lasts as long as others did, is assumed until it is told. */
  #roll(at: number): void {
    const windows = Math.floor((at - this.#latestReset) / this.#window) + 1;
    this.#earliestReset += windows * this.#window;
    this.#latestReset += windows * this.#window;
    this.#rolledAt = at;
    const full = this.#isTold ? this.#limit : Infinity;
    this.#bySending.amount = full;
    this.#byReceiving.amount = full;
  }

  /** The more there is to come back, the less it matters that numbers are rounded. */
  #learnRate(limit: number, remaining: number, resetIn: number): void {
    const used = limit - remaining;
    if (used <= 0) return;
    const rate = used / resetIn;
    if (limit !== this.#limit || used > 2 * this.#rateBasis) {
      this.#rate = rate;
      this.#rateBasis = used;
    } else if (used > this.#rateBasis / 2) {
      this.#rate += RATE_WEIGHT * (rate - this.#rate);
      this.#rateBasis = Math.max(used, this.#rateBasis);
    }
  }

  #setReset(earliest: number, latest: number): void {
    this.#earliestReset = earliest;
    this.#latestReset = latest;
  }

  /** Whose window a reading is of; false if that is over. Each reading of the same one narrows down when it ends. */
  #placeReset(earliest: number, latest: number, sentAt: number): boolean {
    const doubt = Math.min(1_500, this.#window / 4);
    if (latest < this.#earliestReset - doubt) {
      if (sentAt < this.#rolledAt) return false;
      this.#setReset(earliest, latest);
    } else if (earliest > this.#latestReset + doubt) {
      this.#setReset(earliest, latest);
    } else {
      const lower = Math.max(earliest, this.#earliestReset);
      this.#setReset(lower, Math.max(lower, Math.min(latest, this.#latestReset)));
    }
    return true;
  }

  /** Readings come in any order: of what was left when a request was sent, the one that was sent last knows most. */
  #setLevels(remaining: number, { at, sentAt, number, latest, sentSince }: ReadingContext): void {
    this.#byReceiving.amount = remaining;
    this.#byReceiving.number = latest;
    if (number < this.#bySending.number) return;
    const earned = this.#continuous ? this.#rate * (at - sentAt) : 0;
    this.#bySending.amount = Math.min(this.#limit, remaining + earned) - sentSince;
    this.#bySending.number = number;
  }
}
