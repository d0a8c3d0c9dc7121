/**
 * The limits of one lane: attempts in flight, requests per minute, tokens per minute, and what the upstream was found to take,
 * which only ever lowers them. With `limitsScope: 'account'` the lanes of all keys share one limiter.
 */
import type { RateLimitReading } from '../judgement/rate-limits.js';
import { createBucket } from './bucket.js';
import type { Bucket, BucketSnapshot } from './bucket.js';
import { LearnedLimits, type LearnedSnapshot, type LimitNews, type Refusal } from './learned-limits.js';
import { createPermit, wholeTokens } from './permit.js';
import type { Permit } from './permit.js';
import { createReservoir } from './reservoir.js';
import { amountsOf, type Amounts, type Sent } from './sent.js';

/** A missing limit is no limit. */
export interface LimiterSettings {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrency?: number;
}

/** Why an attempt may not begin now. */
export type LimitRefusal =
  /** All places are taken; `onFree` is called when one is released. */
  | { readonly granted: false; readonly reason: 'concurrency' }
  /** `freeAt`: clock time (ms) at which this cost is expected to be admitted, if nobody else comes. */
  | {
      readonly granted: false;
      readonly reason: 'requests' | 'tokens';
      readonly freeAt: number;
      /** The upstream's own limit: nothing of ours frees it sooner. */
      readonly learned?: true;
    }
  /** The estimate is above the limit of a whole minute: never admitted. */
  | { readonly granted: false; readonly reason: 'too-large'; readonly limit: number };

/** The state of the limits, for `status()`. */
export interface LimiterSnapshot {
  readonly inFlight: number;
  readonly concurrency: number | undefined;
  readonly requests: BucketSnapshot | undefined;
  readonly tokens: BucketSnapshot | undefined;
  /** Of the upstream's own limits, as far as they were found out. */
  readonly learned: readonly LearnedSnapshot[];
}

export interface Limiter {
  /** Where nothing limits them, nobody has to estimate tokens. */
  readonly limitsTokens: boolean;
  /**
   * Takes a place, a request and `tokens` (the estimate of prompt and output), or nothing. Synchronous. After a refusal
   * other than `too-large`, `onFree` is called once when asking again may succeed; a learned limit is to be asked again at
   * its `freeAt`. `outputTokens` are those of the answer among them.
   */
  tryAcquire(tokens: number, outputTokens?: number): Permit | LimitRefusal;
  /** Whether `tryAcquire` would refuse, and why. Takes nothing and asks for no `onFree`. */
  check(tokens: number, outputTokens?: number): LimitRefusal | undefined;
  /** What the headers of an answer say of the upstream's limits; `permit` is its request's. */
  observe(readings: readonly RateLimitReading[], permit: Permit | undefined): void;
  /** The upstream has begun to answer, and not with an error. */
  accepted(permit: Permit): void;
  /** The upstream has answered 429 to a request. Its headers have been observed before. */
  refused(refusal: Refusal, permit: Permit | undefined): void;
  /** Somebody knows better than what was learned. */
  forgetLearned(): void;
  /** When the upstream would take what requests cost as a rule: -Infinity if it does now, as far as was learned. */
  learnedFreeAt(): number;
  /** What is left of the tightest limit, configured or learned, 0 to 1; 1 where nothing is known. */
  share(): number;
  snapshot(): LimiterSnapshot;
  /** Resolves when no timer is left. Permits may still be released, `onFree` is called no more. */
  close(): Promise<void>;
}

export interface LimiterSeams {
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Something that was refused may now be admitted. Called synchronously, once per refusal at most. */
  readonly onFree: () => void;
  /** A limit of the upstream was found out. */
  readonly onNews?: (news: LimitNews) => void;
}

/** Makes the limits of one lane, with full buckets. Starts no timer. */
export function createLimiter(settings: LimiterSettings, seams: LimiterSeams): Limiter {
  return new LaneLimiter(settings, seams);
}

class LaneLimiter implements Limiter {
  readonly #concurrency: number;
  readonly #requests: Bucket | undefined;
  readonly #tokens: Bucket | undefined;
  readonly #seams: LimiterSeams;
  /** Made when there is something to learn. */
  #learned: LearnedLimits | undefined;
  /** The smallest that a learned limit has refused since `onFree` was last called for it. */
  #learnedWanted: Amounts | undefined;
  #inFlight = 0;
  #placeWanted = false;
  #closed = false;

  constructor({ concurrency, requestsPerMinute, tokensPerMinute }: LimiterSettings, seams: LimiterSeams) {
    const bucketOf = (limit: number | undefined): Bucket | undefined =>
      limit === undefined ? undefined : createBucket(limit, { ...seams, reservoir: createReservoir() });
    this.#concurrency = concurrency ?? Infinity;
    this.#requests = bucketOf(requestsPerMinute);
    this.#tokens = bucketOf(tokensPerMinute);
    this.#seams = seams;
  }

  get limitsTokens(): boolean {
    return this.#tokens !== undefined || this.#learned !== undefined;
  }

  tryAcquire(tokens: number, outputTokens?: number): Permit | LimitRefusal {
    const cost = tokenCost(tokens);
    const amounts = this.#learned && amountsOf(cost, wholeTokens(outputTokens, 0));
    const refusal = this.#refusal(cost, amounts);
    if (refusal !== undefined) {
      this.#want(refusal, cost, amounts);
      return refusal;
    }
    this.#inFlight += 1;
    this.#requests?.spend(1);
    this.#tokens?.spend(cost);
    return createPermit(this, cost, amounts && this.#learned?.spend(amounts, this.#seams.now()));
  }

  check(tokens: number, outputTokens?: number): LimitRefusal | undefined {
    const cost = tokenCost(tokens);
    return this.#refusal(cost, this.#learned && amountsOf(cost, wholeTokens(outputTokens, 0)));
  }

  #refusal(cost: number, amounts: Amounts | undefined): LimitRefusal | undefined {
    // First, because no wait for a place could help it.
    if (this.#tokens !== undefined && cost > this.#tokens.limit) {
      return { granted: false, reason: 'too-large', limit: this.#tokens.limit };
    }
    if (this.#inFlight >= this.#concurrency) return { granted: false, reason: 'concurrency' };
    return later(
      later(bucketRefusal('requests', this.#requests, 1), bucketRefusal('tokens', this.#tokens, cost)),
      amounts && this.#learnedRefusal(amounts),
    );
  }

  #learnedRefusal(amounts: Amounts): TimedRefusal | undefined {
    const refusal = this.#learned?.refusal(amounts, this.#seams.now());
    if (refusal === undefined) return undefined;
    const reason = refusal.kind === 'requests' ? 'requests' : 'tokens';
    return { granted: false, reason, freeAt: refusal.freeAt, learned: true };
  }

  /** Called by a permit when its attempt has ended. */
  end({ requests, tokens, sent }: { requests: 0 | -1; tokens: number; sent: Sent | undefined }): void {
    this.#inFlight -= 1;
    if (requests < 0) this.#requests?.giveBack(1);
    if (sent !== undefined) this.#endLearned(sent, requests < 0);
    if (tokens < 0) this.#tokens?.giveBack(-tokens);
    else if (tokens > 0) this.#tokens?.charge(tokens);
    if (!this.#placeWanted) return;
    this.#placeWanted = false;
    if (!this.#closed) this.#seams.onFree();
  }

  observe(readings: readonly RateLimitReading[], permit: Permit | undefined): void {
    this.#learn().observe(readings, permit?.sent, this.#seams.now());
    this.#wakeLearned();
  }

  accepted({ sent }: Permit): void {
    if (sent === undefined) return;
    this.#learned?.accepted(sent);
    this.#wakeLearned();
  }

  refused(refusal: Refusal, permit: Permit | undefined): void {
    this.#learn().refuse(refusal, permit?.sent, this.#seams.now());
  }

  forgetLearned(): void {
    this.#learned?.forget();
    this.#wakeLearned();
  }

  learnedFreeAt(): number {
    return this.#learned?.usualRefusal(this.#seams.now())?.freeAt ?? -Infinity;
  }

  share(): number {
    const places = this.#concurrency === Infinity ? 1 : 1 - this.#inFlight / this.#concurrency;
    const learned = this.#learned?.share(this.#seams.now()) ?? 1;
    return Math.max(0, Math.min(places, shareOf(this.#requests), shareOf(this.#tokens), learned));
  }

  snapshot(): LimiterSnapshot {
    return {
      inFlight: this.#inFlight,
      concurrency: this.#concurrency === Infinity ? undefined : this.#concurrency,
      requests: this.#requests?.snapshot(),
      tokens: this.#tokens?.snapshot(),
      learned: this.#learned?.snapshot(this.#seams.now()) ?? [],
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#requests?.close(), this.#tokens?.close()]);
  }

  #endLearned(sent: Sent, unsent: boolean): void {
    if (unsent) this.#learned?.giveBack(sent);
    else this.#learned?.end(sent);
    this.#wakeLearned();
  }

  #wakeLearned(): void {
    const wanted = this.#learnedWanted;
    if (wanted === undefined || this.#closed) return;
    if (this.#learned?.refusal(wanted, this.#seams.now()) !== undefined) return;
    this.#learnedWanted = undefined;
    this.#seams.onFree();
  }

  #learn(): LearnedLimits {
    return (this.#learned ??= new LearnedLimits((news) => this.#seams.onNews?.(news)));
  }

  #want(refusal: LimitRefusal, cost: number, amounts: Amounts | undefined): void {
    if (refusal.reason === 'concurrency') this.#placeWanted = true;
    else if ('learned' in refusal) this.#wantLearned(amounts);
    else if (refusal.reason === 'requests') this.#requests?.want(1);
    else if (refusal.reason === 'tokens') this.#tokens?.want(cost);
  }

  #wantLearned(amounts: Amounts | undefined): void {
    if (this.#learnedWanted === undefined || (amounts?.tokens ?? 0) < this.#learnedWanted.tokens) {
      this.#learnedWanted = amounts;
    }
  }
}

type TimedRefusal = Extract<LimitRefusal, { readonly freeAt: number }>;

function bucketRefusal(
  reason: TimedRefusal['reason'],
  bucket: Bucket | undefined,
  cost: number,
): TimedRefusal | undefined {
  if (bucket === undefined || bucket.admits(cost)) return undefined;
  return { granted: false, reason, freeAt: bucket.freeAt(cost) };
}

/** Whoever is free later is what has to be waited for. */
function later(one: TimedRefusal | undefined, other: TimedRefusal | undefined): TimedRefusal | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.freeAt > other.freeAt ? one : other;
}

function shareOf(bucket: Bucket | undefined): number {
  return bucket?.share() ?? 1;
}

/** At least one, so that nothing passes while there is a debt. */
function tokenCost(tokens: number): number {
  return Math.max(1, wholeTokens(tokens, 1));
}
