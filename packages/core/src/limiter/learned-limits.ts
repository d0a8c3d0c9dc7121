/** All that was learned of what an upstream will still take under one limiter: from its headers, and from its refusals. */
import type { LimitKind, RateLimitReading } from '../judgement/rate-limits.js';
import { LearnedLimit, type ReadingContext } from './learned-limit.js';
import { LearnedPace } from './learned-pace.js';
import type { Refill } from './refill-kind.js';
import { amountsOf, sumOf, type Amounts, type Sent } from './sent.js';

/** What is known of one limit, for `status()`. */
export interface LearnedSnapshot {
  readonly kind: LimitKind;
  /** `refusals`: the upstream tells nothing, but began to refuse at this rate. */
  readonly from: 'headers' | 'refusals';
  /** As the upstream tells it; per minute where it was found out by refusals. */
  readonly limit: number;
  /** Missing where only refusals told of it. */
  readonly remaining: number | undefined;
  /** Milliseconds until all of it is there again. */
  readonly resetIn: number | undefined;
  /** Whether it comes back all at once or evenly. */
  readonly refill: Refill;
}

/** Something was learned for the first time, or has changed by much. */
export interface LimitNews {
  readonly kind: LimitKind;
  readonly from: LearnedSnapshot['from'];
  readonly limit: number;
  readonly before: number | undefined;
}

export interface LearnedRefusal {
  readonly kind: LimitKind;
  /** Clock time in milliseconds. */
  readonly freeAt: number;
}

/** What a refusal by the upstream was about, if it said so. */
export type Refused = 'requests' | 'tokens';

export interface Refusal {
  readonly about: Refused;
  /** Requests a second that were answered before, or that were being answered: whichever is more. */
  readonly before: number;
}

/** Smaller changes of a limit are not told. */
const NEWSWORTHY = 0.2;
/** Of each request, in the average of what requests cost. */
const WEIGHT_OF_ONE = 0.1;

const NOTHING_SENT: Amounts = { requests: 0, tokens: 0, 'input-tokens': 0, 'output-tokens': 0 };

export class LearnedLimits {
  readonly #onNews: (news: LimitNews) => void;
  readonly #limits = new Map<LimitKind, LearnedLimit>();
  readonly #told = new Map<string, number>();
  #pace: LearnedPace | undefined;
  #paceKind: Refused = 'requests';
  #sent = 0;
  #totals: Amounts = NOTHING_SENT;
  #usualTokens = 0;
  #usualOutput = 0;

  constructor(onNews: (news: LimitNews) => void) {
    this.#onNews = onNews;
  }

  /** Which of them does not admit it, and longest; undefined if all do. */
  refusal(cost: Amounts, at: number): LearnedRefusal | undefined {
    let kind: LimitKind | undefined;
    let latest = at;
    for (const [of, limit] of this.#limits) {
      const free = limit.freeAt(cost[of], at);
      if (free <= latest) continue;
      kind = of;
      latest = free;
    }
    const due = this.#pace?.freeAt(cost[this.#paceKind], at) ?? at;
    if (due > latest) return { kind: this.#paceKind, freeAt: due };
    return kind === undefined ? undefined : { kind, freeAt: latest };
  }

  /** The same for what a request costs as a rule. */
  usualRefusal(at: number): LearnedRefusal | undefined {
    return this.refusal(this.#usual, at);
  }

  /** It is let through. */
  spend(cost: Amounts, at: number): Sent {
    for (const [of, limit] of this.#limits) limit.spend(cost[of], at);
    this.#sent += 1;
    this.#totals = sumOf(this.#totals, cost);
    const weight = this.#sent === 1 ? 1 : WEIGHT_OF_ONE;
    this.#usualTokens += weight * (cost.tokens - this.#usualTokens);
    this.#usualOutput += weight * (cost['output-tokens'] - this.#usualOutput);
    const sent = { number: this.#sent, at, cost, through: this.#totals };
    this.#pace?.spend(sent, cost[this.#paceKind]);
    return sent;
  }

  /** It was not sent after all. */
  giveBack(sent: Sent): void {
    const { cost, number } = sent;
    for (const [of, limit] of this.#limits) limit.giveBack(cost[of], number);
    this.#pace?.giveBack(sent, cost[this.#paceKind]);
  }

  /** The upstream has answered, and not with an error. */
  accepted(sent: Sent): void {
    this.#pace?.accepted(sent);
  }

  /** The attempt has ended, however. */
  end(sent: Sent): void {
    this.#pace?.end(sent);
  }

  /** The headers of an answer; `sent` is missing for those that were under way when learning began. */
  observe(readings: readonly RateLimitReading[], sent: Sent | undefined, at: number): void {
    for (const reading of readings) {
      const { kind } = reading;
      const limit = this.#limitOf(kind);
      const before = limit.known(at) ? limit.limit : undefined;
      limit.observe(reading, this.#contextOf(kind, sent, at));
      if (!limit.known(at)) this.#limits.delete(kind);
      else if (limit.limit !== before) this.#tell(kind, 'headers', limit.limit);
    }
  }

  /** The upstream refused a request. Its headers have been observed before. */
  refuse({ about, before }: Refusal, sent: Sent | undefined, at: number): void {
    const cost = sent?.cost ?? this.#usual;
    let explained = false;
    for (const [of, limit] of this.#limits) {
      if (limit.freeAt(cost[of], at) <= at) continue;
      explained = true;
      if (sent !== undefined) limit.refused(sent.number, this.#sent, at);
    }
    // Where headers tell what is left, they say all there is to say.
    if (explained) return;
    if (this.#pace === undefined || this.#paceKind !== about) this.#pace = new LearnedPace();
    this.#paceKind = about;
    const changed = this.#pace.refuse({
      at,
      number: sent?.number ?? 0,
      latest: this.#sent,
      cost: cost[about],
      usualCost: this.#usual[about],
      before,
    });
    if (changed) this.#tell(about, 'refusals', Math.round(this.#pace.perMinute));
  }

  /** Nothing is known any more; what is under way is still counted. */
  forget(): void {
    this.#limits.clear();
    this.#told.clear();
    this.#pace = undefined;
  }

  /** What is left of the tightest, 0 to 1. */
  share(at: number): number {
    let share = this.#pace?.share(at) ?? 1;
    for (const limit of this.#limits.values()) share = Math.min(share, limit.share(at));
    return share;
  }

  snapshot(at: number): readonly LearnedSnapshot[] {
    const learned: LearnedSnapshot[] = [];
    for (const [kind, limit] of this.#limits) {
      const known = limit.snapshot(at);
      if (known !== undefined) learned.push({ kind, from: 'headers', ...known });
    }
    if (this.#pace?.known(at) === true) {
      const limit = Math.round(this.#pace.perMinute);
      const unknown = { remaining: undefined, resetIn: undefined, refill: 'unknown' } as const;
      learned.push({ kind: this.#paceKind, from: 'refusals', limit, ...unknown });
    }
    return learned;
  }

  get #usual(): Amounts {
    return amountsOf(Math.round(this.#usualTokens), Math.round(this.#usualOutput));
  }

  #limitOf(kind: LimitKind): LearnedLimit {
    let limit = this.#limits.get(kind);
    if (limit === undefined) {
      limit = new LearnedLimit();
      this.#limits.set(kind, limit);
    }
    return limit;
  }

  #contextOf(kind: LimitKind, sent: Sent | undefined, at: number): ReadingContext {
    const latest = this.#sent;
    if (sent === undefined) return { at, sentAt: at, number: latest, latest, sentSince: 0 };
    const sentSince = this.#totals[kind] - sent.through[kind];
    return { at, sentAt: sent.at, number: sent.number, latest, sentSince };
  }

  #tell(kind: LimitKind, from: LearnedSnapshot['from'], limit: number): void {
    const key = `${kind} ${from}`;
    const before = this.#told.get(key);
    if (before !== undefined && Math.abs(limit - before) < NEWSWORTHY * before) return;
    this.#told.set(key, limit);
    this.#onNews({ kind, from, limit, before });
  }
}
