/**
 * The limits of one lane: attempts in flight, requests per minute, tokens per minute. With `limitsScope: 'account'` the
 * lanes of all keys share one limiter.
 */
import { createBucket } from './bucket.js';
import type { Bucket, BucketSnapshot } from './bucket.js';
import { createPermit, wholeTokens } from './permit.js';
import type { Permit } from './permit.js';
import { createReservoir } from './reservoir.js';

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
  | { readonly granted: false; readonly reason: 'requests' | 'tokens'; readonly freeAt: number }
  /** The estimate is above the limit of a whole minute: never admitted. */
  | { readonly granted: false; readonly reason: 'too-large'; readonly limit: number };

/** The state of the limits, for `status()`. */
export interface LimiterSnapshot {
  readonly inFlight: number;
  readonly concurrency: number | undefined;
  readonly requests: BucketSnapshot | undefined;
  readonly tokens: BucketSnapshot | undefined;
}

export interface Limiter {
  /** Where nothing limits them, nobody has to estimate tokens. */
  readonly limitsTokens: boolean;
  /**
   * Takes a place, a request and `tokens` (the estimate of prompt and output), or nothing. Synchronous. After a refusal
   * other than `too-large`, `onFree` is called once when asking again may succeed.
   */
  tryAcquire(tokens: number): Permit | LimitRefusal;
  /** Whether `tryAcquire` would refuse, and why. Takes nothing and asks for no `onFree`. */
  check(tokens: number): LimitRefusal | undefined;
  /**
   * What a rate-limit header says is left. Lowers the local bucket, never raises it. Negative numbers mean "unknown" at
   * some upstreams and are ignored, and so is a window that has already been reset (`resetIn`, ms, is 0).
   */
  observe(kind: 'requests' | 'tokens', remaining: number, resetIn?: number): void;
  /** What is left of the tightest limit, 0 to 1; 1 where nothing is limited. */
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
}

/** Makes the limits of one lane, with full buckets. Starts no timer. */
export function createLimiter(settings: LimiterSettings, seams: LimiterSeams): Limiter {
  return new LaneLimiter(settings, seams);
}

class LaneLimiter implements Limiter {
  readonly #concurrency: number;
  readonly #requests: Bucket | undefined;
  readonly #tokens: Bucket | undefined;
  readonly #onFree: () => void;
  #inFlight = 0;
  #placeWanted = false;
  #closed = false;

  constructor({ concurrency, requestsPerMinute, tokensPerMinute }: LimiterSettings, seams: LimiterSeams) {
    const bucketOf = (limit: number | undefined): Bucket | undefined =>
      limit === undefined ? undefined : createBucket(limit, { ...seams, reservoir: createReservoir() });
    this.#concurrency = concurrency ?? Infinity;
    this.#requests = bucketOf(requestsPerMinute);
    this.#tokens = bucketOf(tokensPerMinute);
    this.#onFree = seams.onFree;
  }

  get limitsTokens(): boolean {
    return this.#tokens !== undefined;
  }

  tryAcquire(tokens: number): Permit | LimitRefusal {
    const cost = tokenCost(tokens);
    const refusal = this.check(cost);
    if (refusal !== undefined) {
      this.#want(refusal, cost);
      return refusal;
    }
    this.#inFlight += 1;
    this.#requests?.spend(1);
    this.#tokens?.spend(cost);
    return createPermit(this, cost);
  }

  check(tokens: number): LimitRefusal | undefined {
    const cost = tokenCost(tokens);
    // First, because no wait for a place could help it.
    if (this.#tokens !== undefined && cost > this.#tokens.limit) {
      return { granted: false, reason: 'too-large', limit: this.#tokens.limit };
    }
    if (this.#inFlight >= this.#concurrency) return { granted: false, reason: 'concurrency' };
    const requests = bucketRefusal('requests', this.#requests, 1);
    const tokensRefusal = bucketRefusal('tokens', this.#tokens, cost);
    if (requests === undefined || tokensRefusal === undefined) return requests ?? tokensRefusal;
    return requests.freeAt > tokensRefusal.freeAt ? requests : tokensRefusal;
  }

  /** Called by a permit when its attempt has ended. */
  end({ requests, tokens }: { readonly requests: 0 | -1; readonly tokens: number }): void {
    this.#inFlight -= 1;
    if (requests < 0) this.#requests?.giveBack(1);
    if (tokens < 0) this.#tokens?.giveBack(-tokens);
    else if (tokens > 0) this.#tokens?.charge(tokens);
    if (!this.#placeWanted) return;
    this.#placeWanted = false;
    if (!this.#closed) this.#onFree();
  }

  observe(kind: 'requests' | 'tokens', remaining: number, resetIn?: number): void {
    const meaningful = remaining >= 0 && (resetIn === undefined || resetIn > 0);
    if (meaningful) (kind === 'requests' ? this.#requests : this.#tokens)?.lowerTo(remaining);
  }

  share(): number {
    const places = this.#concurrency === Infinity ? 1 : 1 - this.#inFlight / this.#concurrency;
    return Math.max(0, Math.min(places, shareOf(this.#requests), shareOf(this.#tokens)));
  }

  snapshot(): LimiterSnapshot {
    return {
      inFlight: this.#inFlight,
      concurrency: this.#concurrency === Infinity ? undefined : this.#concurrency,
      requests: this.#requests?.snapshot(),
      tokens: this.#tokens?.snapshot(),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#requests?.close(), this.#tokens?.close()]);
  }

  #want(refusal: LimitRefusal, cost: number): void {
    if (refusal.reason === 'concurrency') this.#placeWanted = true;
    else if (refusal.reason === 'requests') this.#requests?.want(1);
    else if (refusal.reason === 'tokens') this.#tokens?.want(cost);
  }
}

type BucketRefusal = Extract<LimitRefusal, { readonly freeAt: number }>;

function bucketRefusal(
  reason: BucketRefusal['reason'],
  bucket: Bucket | undefined,
  cost: number,
): BucketRefusal | undefined {
  if (bucket === undefined || bucket.admits(cost)) return undefined;
  return { granted: false, reason, freeAt: bucket.freeAt(cost) };
}

function shareOf(bucket: Bucket | undefined): number {
  return bucket?.share() ?? 1;
}

/** At least one, so that nothing passes while there is a debt. */
function tokenCost(tokens: number): number {
  return Math.max(1, wholeTokens(tokens, 1));
}
