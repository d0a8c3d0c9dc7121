/** One limit per minute as a token bucket: permits are bought from a reservoir in leases and spent at once. */
import type { Reservoir } from './reservoir.js';

const MINUTE = 60_000;
/** The bucket holds this much of its rate: short bursts pass, long ones do not use up the minute. */
const CAPACITY_TIME = 10_000;
/** A lease is worth at least this much of the rate: a saturated bucket buys 20 times a second, not 200. */
const MINIMUM_LEASE_TIME = 50;
/** What a purchase takes (see `reservoir.ts`). */
const PURCHASE_TIME = 5;

/** What `status()` tells of one limit. */
export interface BucketSnapshot {
  /** Permits per minute. */
  readonly limit: number;
  /** Permits that may be spent at once. */
  readonly capacity: number;
  /** Permits that are left, spent or not yet bought. */
  readonly available: number;
  /** Permits that were used and are not yet earned. */
  readonly debt: number;
}

/** The permits of one limit per minute. Amounts are whole numbers. */
export interface Bucket {
  readonly limit: number;
  /** Whether `spend(cost)` is allowed now. */
  admits(cost: number): boolean;
  /** Clock time (ms) at which `cost` is expected to be admitted, if nobody else comes. */
  freeAt(cost: number): number;
  /** `cost` was refused and is waited for: `onFree` is called once, when it may be admitted. */
  want(cost: number): void;
  /** Only after `admits(cost)`. A cost above the capacity leaves a debt. */
  spend(cost: number): void;
  /** Returns permits that were not used; never above the capacity. */
  giveBack(amount: number): void;
  /** Takes permits that were used unasked; may leave a debt. */
  charge(amount: number): void;
  /** What is left of the capacity, 0 to 1. */
  share(): number;
  snapshot(): BucketSnapshot;
  close(): Promise<void>;
}

export interface BucketSeams {
  readonly reservoir: Reservoir;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly onFree: () => void;
}

/** Makes a full bucket of ten seconds' worth of `limit` permits per minute, at least one permit. */
export function createBucket(limit: number, seams: BucketSeams): Bucket {
  return new LeasedBucket(limit, seams);
}

/**
 * A permit is in one of three places: in the lease, where it can be spent; coming (bought, not yet delivered); or
 * outside (refilled and not yet bought; below zero: a debt). Their sum is the level. It grows with the clock and never
 * exceeds the capacity, so that no window of time sees more than capacity + rate × time. While there is a debt the
 * lease is empty.
 *
 * The bucket begins with the whole capacity as its first lease, so the first calls need no purchase. From then on it
 * buys when a quarter of the capacity is outside, or as much as the lease still holds, or when somebody was refused.
 * Nothing runs while the lease is nearly full: the refill is worked out when somebody asks.
 */
class LeasedBucket implements Bucket {
  readonly limit: number;
  readonly #capacity: number;
  /** Permits per millisecond. */
  readonly #rate: number;
  readonly #minimumLease: number;
  readonly #seams: BucketSeams;

  #lease: number;
  #coming = 0;
  #outside = 0;
  /** What the reservoir holds, or will when it has done all it was told. */
  #written = 0;
  /** The part of a permit that has been earned; carried, else small limits would run slow. */
  #fraction = 0;
  #refilledAt: number;
  /** The smallest cost that was refused since `onFree` was last called. */
  #wanted = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #closed = false;

  constructor(limit: number, seams: BucketSeams) {
    this.limit = limit;
    this.#capacity = Math.max(1, Math.floor((limit * CAPACITY_TIME) / MINUTE));
    this.#rate = limit / MINUTE;
    this.#minimumLease = Math.min(this.#capacity, Math.max(1, Math.floor(this.#rate * MINIMUM_LEASE_TIME)));
    this.#seams = seams;
    this.#lease = this.#capacity;
    this.#refilledAt = seams.now();
  }

  admits(cost: number): boolean {
    this.#refill();
    return this.#covers(cost);
  }

  freeAt(cost: number): number {
    this.#refill();
    const missing = Math.max(0, this.#missing(cost) - this.#fraction);
    return this.#refilledAt + missing / this.#rate + PURCHASE_TIME;
  }

  want(cost: number): void {
    this.#refill();
    this.#wanted = Math.min(this.#wanted, cost);
    this.#restock();
  }

  spend(cost: number): void {
    this.#take(cost);
    this.#restock();
  }

  giveBack(amount: number): void {
    this.#refill();
    const room = this.#capacity - this.#level;
    const returned = Math.min(amount, room);
    if (returned === room) this.#fraction = 0;
    const repaid = Math.min(returned, Math.max(0, -this.#outside));
    this.#outside += repaid;
    this.#lease += returned - repaid;
    this.#writeDebt();
    this.#wake();
  }

  charge(amount: number): void {
    this.#refill();
    this.#take(amount);
    this.#restock();
  }

  share(): number {
    this.#refill();
    return Math.max(0, this.#level) / this.#capacity;
  }

  snapshot(): BucketSnapshot {
    this.#refill();
    const level = this.#level;
    return { limit: this.limit, capacity: this.#capacity, available: Math.max(0, level), debt: Math.max(0, -level) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#seams.reservoir.close();
  }

  get #level(): number {
    return this.#lease + this.#coming + this.#outside;
  }

  /** A cost above the capacity needs a full bucket: then the debt is at most what no bucket could have held. */
  #covers(cost: number): boolean {
    return cost <= this.#capacity ? cost <= this.#lease : this.#level >= this.#capacity;
  }

  /** By elapsed time, so that a stalled event loop loses nothing. Before each change: what does not fit is lost. */
  #refill(): void {
    const now = this.#seams.now();
    const elapsed = now - this.#refilledAt;
    if (elapsed <= 0) return;
    this.#refilledAt = now;
    const earned = this.#fraction + elapsed * this.#rate;
    const whole = Math.floor(earned);
    const room = this.#capacity - this.#level;
    this.#fraction = whole < room ? earned - whole : 0;
    this.#outside += Math.min(whole, room);
  }

  #take(amount: number): void {
    const fromLease = Math.min(amount, this.#lease);
    this.#lease -= fromLease;
    this.#outside -= amount - fromLease;
    this.#writeDebt();
  }

  /** Not while a purchase is under way: the job would find less than it buys, and wait. */
  #writeDebt(): void {
    if (this.#coming === 0 && (this.#outside < 0 || this.#written < 0)) this.#write();
  }

  #write(): void {
    if (this.#outside !== this.#written) this.#seams.reservoir.add(this.#outside - this.#written);
    this.#written = this.#outside;
  }

  /** Buys, or sets the timer for when buying is worth it, or does nothing when the lease is full enough. */
  #restock(): void {
    if (this.#closed || this.#coming > 0) return;
    const missing = this.#wanted === Infinity ? this.#missingForNextLease() : this.#missing(this.#wanted);
    if (missing <= 0) void this.#buy();
    else if (missing < Infinity) this.#restockAt(this.#refilledAt + (missing - this.#fraction) / this.#rate);
  }

  /** Permits to be earned before a purchase lets `cost` pass. */
  #missing(cost: number): number {
    const short = Math.min(cost, this.#capacity) - this.#level;
    if (this.#coming > 0) return short;
    return Math.max(short, Math.min(this.#minimumLease, this.#capacity - this.#lease) - this.#outside);
  }

  /** Permits to be earned before a purchase is worth it when nobody was refused. */
  #missingForNextLease(): number {
    const worth = Math.max(this.#minimumLease, Math.min(this.#lease, Math.floor(this.#capacity / 4)));
    return worth > this.#capacity - this.#lease ? Infinity : worth - this.#outside;
  }

  #restockAt(time: number): void {
    if (this.#timerAt <= time) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => this.#onTimer(), Math.ceil(time - this.#seams.now()));
    // Whoever waits has a timer of its own; a process with nothing else to do may end.
    this.#timer.unref();
  }

  #onTimer(): void {
    this.#timerAt = Infinity;
    this.#refill();
    this.#restock();
  }

  async #buy(): Promise<void> {
    this.#write();
    const amount = this.#outside;
    this.#coming = amount;
    this.#outside = 0;
    this.#written = 0;
    if (!(await this.#seams.reservoir.buy(amount))) return;
    this.#refill();
    this.#coming = 0;
    const repaid = Math.min(amount, Math.max(0, -this.#outside));
    this.#outside += repaid;
    this.#lease += amount - repaid;
    this.#writeDebt();
    this.#wake();
  }

  #wake(): void {
    const freed = this.#wanted !== Infinity && this.#covers(this.#wanted);
    if (freed) this.#wanted = Infinity;
    this.#restock();
    if (freed && !this.#closed) this.#seams.onFree();
  }
}
