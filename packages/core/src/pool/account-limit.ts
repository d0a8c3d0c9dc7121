/**
 * Tells a limit of the account from keys that have each their own: when most keys of an upstream fail alike within ten seconds, it is
 * the account. Holds what the keys have met; decides, and rests nothing itself.
 */
import type { FailureClass } from '../judgement/failure.js';

/** Failures that are either a key's own or the account's. */
export type AccountClass = Extract<FailureClass, 'rate-limited' | 'quota' | 'credential'>;

/** Times are on the engine's clock. */
export interface KeyFailure {
  /** From 1. */
  readonly key: number;
  readonly class: AccountClass;
  /** `model@upstream` */
  readonly deployment: string;
  readonly attemptStartedAt: number;
  readonly at: number;
  /** The end of the rest that the upstream named. */
  readonly hintedUntil?: number | undefined;
}

export interface KeySuccess {
  readonly key: number;
  readonly deployment: string;
  readonly attemptStartedAt: number;
  readonly at: number;
}

export type AccountFinding =
  /** It is one limit: of the account, or of the one deployment that is named. */
  | { readonly kind: 'limit'; readonly deployment: string | undefined; readonly failures: readonly KeyFailure[] }
  /** It belongs to a limit that was found before it came. */
  | { readonly kind: 'known'; readonly deployment: string | undefined };

/** Failures that belong together. */
const WINDOW = 10_000;

interface Found {
  readonly class: AccountClass;
  readonly deployment: string | undefined;
  readonly at: number;
  readonly keys: ReadonlySet<number>;
}

export class AccountLimit {
  /** How many keys the upstream has. */
  readonly #keys: number;
  /** The last of each key, class and deployment that no success has followed. */
  #failures: readonly KeyFailure[] = [];
  /** The last limit of each class and scope. */
  #found: readonly Found[] = [];
  /** Those of them of which no key that was blamed has answered since. */
  #doubtful: readonly Found[] = [];
  /** Classes in which most keys once failed while another went on answering: there it takes all of them. */
  readonly #uneven = new Set<AccountClass>();
  /** When each key has last answered, by deployment. */
  readonly #answered = new Map<number, Map<string, number>>();

  constructor(keys: number) {
    this.#keys = keys;
  }

  /** What follows from this failure beyond its own key; undefined where nothing does. */
  failed(failure: KeyFailure): AccountFinding | undefined {
    const known = this.#found.find((found) => isPartOf(failure, found));
    if (known !== undefined) return { kind: 'known', deployment: known.deployment };
    const { at } = failure;
    this.#failures = [...this.#failures.filter((one) => at - one.at < WINDOW && !isSame(one, failure)), failure];
    const deployment = this.#otherAnswered(failure) ? failure.deployment : undefined;
    const alike = this.#failures.filter(
      (one) => one.class === failure.class && (deployment === undefined || one.deployment === deployment),
    );
    const keys = new Set(alike.map(({ key }) => key));
    const found = { class: failure.class, deployment, at, keys };
    if (!this.#isOfAll(found)) return undefined;
    this.#failures = this.#failures.filter((one) => !alike.includes(one));
    this.#found = [...this.#found.filter((one) => !isSameLimit(one, found)), found];
    this.#doubtful = [...this.#doubtful.filter((one) => !isSameLimit(one, found)), found];
    return { kind: 'limit', deployment, failures: alike };
  }

  succeeded(success: KeySuccess): void {
    const { key, deployment, attemptStartedAt, at } = success;
    const answered = this.#answered.get(key);
    if (answered === undefined) this.#answered.set(key, new Map([[deployment, at]]));
    else answered.set(deployment, at);
    if (this.#failures.length > 0) {
      // Of a key whose limit is on another model an answer here says nothing.
      this.#failures = this.#failures.filter(
        (one) =>
          one.key !== key ||
          one.at >= attemptStartedAt ||
          (one.class === 'rate-limited' && one.deployment !== deployment),
      );
    }
    if (this.#doubtful.length > 0) this.#review(success);
  }

  /** After the rest: if one of those who had failed answers, it was the account; while only others do, it may have been the keys. */
  #review({ key, deployment, attemptStartedAt }: KeySuccess): void {
    for (const found of this.#doubtful) {
      if (attemptStartedAt <= found.at || (found.deployment ?? deployment) !== deployment) continue;
      if (!found.keys.has(key)) {
        this.#uneven.add(found.class);
        continue;
      }
      this.#uneven.delete(found.class);
      this.#doubtful = this.#doubtful.filter((one) => one !== found);
    }
  }

  /** A limit on the rate is the model's where another model has just been answering. */
  #otherAnswered({ class: of, deployment, at }: KeyFailure): boolean {
    if (of !== 'rate-limited') return false;
    for (const answered of this.#answered.values()) {
      for (const [other, answeredAt] of answered) if (other !== deployment && at - answeredAt < WINDOW) return true;
    }
    return false;
  }

  /** Most of them, unless one of the others has just answered: then it has to fail, too. */
  #isOfAll({ class: of, at, deployment, keys }: Found): boolean {
    if (keys.size < 2) return false;
    if (keys.size === this.#keys) return true;
    if (keys.size * 2 <= this.#keys || this.#uneven.has(of)) return false;
    for (const [key, answered] of this.#answered) {
      if (keys.has(key)) continue;
      for (const [where, answeredAt] of answered) {
        if ((deployment ?? where) === where && at - answeredAt < WINDOW) return false;
      }
    }
    return true;
  }
}

function isSame(one: KeyFailure, other: KeyFailure): boolean {
  return one.key === other.key && one.class === other.class && one.deployment === other.deployment;
}

function isSameLimit(one: Found, other: Found): boolean {
  return one.class === other.class && one.deployment === other.deployment;
}

/** Its attempt was under way when the limit was found. */
function isPartOf(failure: KeyFailure, found: Found): boolean {
  const within = found.deployment === undefined || found.deployment === failure.deployment;
  return within && failure.class === found.class && failure.attemptStartedAt <= found.at;
}
