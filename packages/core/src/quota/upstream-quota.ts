/** What is known of an upstream's quota: how much is left, how old that is, and what follows for its part of the traffic. */
import type { QuotaSettings } from '../config/settings.js';
import type { Cooldown } from '../pool/cooldown.js';
import { QuotaRest } from './quota-rest.js';
import type { Usage } from './usage.js';

/** `low`: below `warnBelow`. `exhausted`: nothing is left. */
export type QuotaLevel = 'ample' | 'low' | 'exhausted';

export interface QuotaSnapshot {
  /** In the upstream's own unit; missing before the first answer, and where there is no limit. */
  readonly remaining: number | undefined;
  /** As told or configured, else the most that has ever been left. */
  readonly limit: number | undefined;
  /** `remaining` of `limit`, 0 to 1. */
  readonly ratio: number | undefined;
  /** Milliseconds since 1970. */
  readonly resetsAt: number | undefined;
  /** Milliseconds since it was read; missing before the first answer. */
  readonly age: number | undefined;
  /** Too old to act on, or its reset has come: neither a smaller part of the traffic nor a rest follows from it. */
  readonly stale: boolean;
  /** How often it could not be read. */
  readonly failures: number;
  /** Why it could not be read the last time, where that failed. */
  readonly failing: string | undefined;
}

/** How the level has moved with an answer. */
export interface QuotaMove {
  readonly from: QuotaLevel;
  readonly to: QuotaLevel;
}

/** What an upstream with nothing left gets of its usual part, should it be asked at all. */
const SMALLEST_SHARE = 0.25;
/** Intervals after which an answer is too old. */
const CURRENT_FOR = 3;

export class UpstreamQuota {
  /** Of the whole upstream, when nothing is left. */
  readonly rest: QuotaRest;
  readonly #settings: Pick<QuotaSettings, 'warnBelow' | 'interval'>;
  #usage: Usage | undefined;
  #limit: number | undefined;
  #ratio: number | undefined;
  #level: QuotaLevel = 'ample';
  #mostSeen = 0;
  /** On the engine's clock. */
  #readAt = -Infinity;
  #currentUntil = -Infinity;
  #failures = 0;
  #failing: string | undefined;

  /** `cooldown` is the upstream's. */
  constructor(settings: Pick<QuotaSettings, 'warnBelow' | 'interval'>, cooldown: Cooldown) {
    this.#settings = settings;
    this.rest = new QuotaRest(cooldown);
  }

  /** Milliseconds for which an answer may be acted on. */
  get currentFor(): number {
    return CURRENT_FOR * this.#settings.interval;
  }

  /** `resetsIn`: milliseconds until the reset that the answer names. */
  learn(usage: Usage, at: number, resetsIn: number | undefined): QuotaMove {
    const { remaining } = usage;
    if (remaining !== undefined) this.#mostSeen = Math.max(this.#mostSeen, remaining);
    this.#limit = remaining === undefined ? undefined : (usage.limit ?? this.#mostSeen);
    this.#usage = usage;
    this.#ratio = ratioOf(remaining, this.#limit);
    this.#readAt = at;
    this.#currentUntil = at + Math.min(this.currentFor, resetsIn ?? Infinity);
    this.#failing = undefined;
    const from = this.#level;
    this.#level = levelOf(remaining, this.#ratio, this.#settings.warnBelow);
    return { from, to: this.#level };
  }

  /** Changes nothing but what is told of it. */
  fail(problem: string): void {
    this.#failures += 1;
    this.#failing = problem;
  }

  /** What the upstream gets of its usual part of the traffic, 0 to 1. */
  share(at: number): number {
    if (this.#ratio === undefined || this.isStale(at)) return 1;
    return shareOf(this.#ratio, this.#settings.warnBelow);
  }

  isStale(at: number): boolean {
    return at >= this.#currentUntil;
  }

  snapshot(at: number): QuotaSnapshot {
    return {
      remaining: this.#usage?.remaining,
      limit: this.#limit,
      ratio: this.#ratio,
      resetsAt: this.#usage?.resetsAt,
      age: this.#usage && at - this.#readAt,
      stale: this.#usage !== undefined && this.isStale(at),
      failures: this.#failures,
      failing: this.#failing,
    };
  }
}

/** 0 to 1; `undefined` where nothing can be said: no limit is known, or there is none. */
export function ratioOf(remaining: number | undefined, limit: number | undefined): number | undefined {
  if (remaining === undefined) return undefined;
  if (remaining <= 0) return 0;
  return limit === undefined || limit <= 0 ? undefined : Math.min(1, remaining / limit);
}

export function levelOf(remaining: number | undefined, ratio: number | undefined, warnBelow: number): QuotaLevel {
  if (remaining !== undefined && remaining <= 0) return 'exhausted';
  return ratio !== undefined && ratio < warnBelow ? 'low' : 'ample';
}

/** All of it down to `warnBelow`, from there in a straight line to a quarter when nothing is left. */
export function shareOf(ratio: number, warnBelow: number): number {
  return ratio >= warnBelow ? 1 : SMALLEST_SHARE + (1 - SMALLEST_SHARE) * (ratio / warnBelow);
}
