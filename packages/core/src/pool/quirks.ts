/**
 * What a deployment does not take, so that it is not sent: known of its model or said in the options, and found out by refusals.
 *
 * What services lack on their own side needs no note here, because every stream is read as if it could happen: no `[DONE]`
 * (`call/stream-attempt.ts`), thoughts in `reasoning_content` (`stream/chunk-facts.ts`), a usage in the last chunk, in one of its own or none at
 * all (`stream/usage.ts`), an answer in one piece (`call/stream-attempt.ts`).
 */
import { isLimit, isParameter, OTHER_LIMIT, REFUSABLE_FEATURES } from '../request/refusable.js';
import type { RefusableFeature, RefusableParameter } from '../request/refusable.js';

export type { RefusableFeature } from '../request/refusable.js';

/** What a refusal has shown. */
export interface FoundQuirk {
  readonly feature: RefusableFeature;
  /** Milliseconds since 1970: it may be read by another process. */
  readonly at: number;
}

export class Quirks {
  readonly #refused: Set<RefusableFeature>;
  /** When each was found, in milliseconds since 1970. */
  readonly #found = new Map<RefusableFeature, number>();
  /** The same list until something is found out: it is asked for by every attempt. */
  #parameters: readonly RefusableParameter[];

  constructor(known: readonly RefusableFeature[] = []) {
    this.#refused = new Set(known);
    this.#parameters = [...this.#refused].filter(isParameter);
  }

  refuses(feature: RefusableFeature): boolean {
    return this.#refused.has(feature);
  }

  /** Parameters that are left out of its requests, or said under another name. */
  get parameters(): readonly RefusableParameter[] {
    return this.#parameters;
  }

  /** A limit is never left out, so whoever refused its other name cannot be asked without this one. */
  couldDoWithout(feature: RefusableFeature): boolean {
    return !isLimit(feature) || !this.#found.has(OTHER_LIMIT[feature]);
  }

  /** @returns whether that is news */
  note(feature: RefusableFeature, at = Date.now()): boolean {
    const isNews = !this.#found.has(feature);
    if (isNews) this.#found.set(feature, at);
    this.#refused.add(feature);
    // What it says goes before what was thought to be known of its model.
    if (isLimit(feature) && !this.#found.has(OTHER_LIMIT[feature])) this.#refused.delete(OTHER_LIMIT[feature]);
    this.#parameters = [...this.#refused].filter(isParameter);
    return isNews;
  }

  /** What was found out, for the next process. */
  found(): readonly FoundQuirk[] {
    return [...this.#found].map(([feature, at]) => ({ feature, at }));
  }

  /** All that it does not take, for people. */
  all(): readonly RefusableFeature[] {
    return REFUSABLE_FEATURES.filter((feature) => this.#refused.has(feature));
  }
}
