/**
 * What a deployment does not take, so that it is not sent: known of its model or said in the options, and found out by refusals.
 *
 * What services lack on their own side needs no note here, because every stream is read as if it could happen: no `[DONE]`
 * (`call/stream-attempt.ts`), thoughts in `reasoning_content` (`stream/chunk-facts.ts`), a usage in the last chunk, in one of its own or none at
 * all (`stream/usage.ts`), an answer in one piece (`call/stream-attempt.ts`).
 */
import { now } from '../clock.js';
import { isLimit, isParameter, OTHER_LIMIT, REFUSABLE_FEATURES } from '../request/refusable.js';
import type { RefusableFeature, RefusableParameter } from '../request/refusable.js';

export type { RefusableFeature } from '../request/refusable.js';

/** What a refusal has shown. */
export interface FoundQuirk {
  readonly feature: RefusableFeature;
  /** Milliseconds since 1970: it may be read by another process. */
  readonly at: number;
}

/**
 * How long a parameter that was refused is left out, in milliseconds. It may have been refused because of another one: gpt-5.1 takes a
 * temperature where it is told not to think.
 */
const LEFT_OUT_FOR = 3_600_000;

interface Found {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** On the engine's clock. */
  readonly until: number;
}

export class Quirks {
  /** Of its model, or by the options. */
  readonly #known: Set<RefusableFeature>;
  /** By its own refusals. */
  readonly #found = new Map<RefusableFeature, Found>();
  #refused: ReadonlySet<RefusableFeature>;
  /** The same list until something is found out: it is asked for by every attempt. */
  #parameters: readonly RefusableParameter[] = [];
  /** When the first of what was found lapses. */
  #lapsesAt = Infinity;

  constructor(known: readonly RefusableFeature[] = []) {
    this.#known = new Set(known);
    this.#refused = this.#known;
    this.#gather();
  }

  refuses(feature: RefusableFeature): boolean {
    this.#forget();
    return this.#refused.has(feature);
  }

  /** Parameters that are left out of its requests, or said under another name. */
  get parameters(): readonly RefusableParameter[] {
    this.#forget();
    return this.#parameters;
  }

  /** It has only been refused: whether it always is, nobody knows. */
  isOnlyFound(feature: RefusableFeature): boolean {
    return !this.#known.has(feature) && this.#found.has(feature);
  }

  /** A limit is never left out, so whoever refused its other name cannot be asked without this one. */
  couldDoWithout(feature: RefusableFeature): boolean {
    return !isLimit(feature) || !this.#found.has(OTHER_LIMIT[feature]);
  }

  /** @returns whether that is news */
  note(feature: RefusableFeature, at = Date.now()): boolean {
    this.#forget();
    const isNews = !this.#found.has(feature);
    // Which name of a limit is known depends on nothing else.
    const lapses = isParameter(feature) && !isLimit(feature);
    const left = LEFT_OUT_FOR - Math.max(0, Date.now() - at);
    this.#found.set(feature, { at, until: lapses ? now() + left : Infinity });
    // What it says goes before what was thought to be known of its model.
    if (isLimit(feature) && !this.#found.has(OTHER_LIMIT[feature])) this.#known.delete(OTHER_LIMIT[feature]);
    this.#gather();
    return isNews;
  }

  /** What was found out, for the next process. */
  found(): readonly FoundQuirk[] {
    this.#forget();
    return [...this.#found].map(([feature, { at }]) => ({ feature, at }));
  }

  /** All that it does not take, for people. */
  all(): readonly RefusableFeature[] {
    this.#forget();
    return REFUSABLE_FEATURES.filter((feature) => this.#refused.has(feature));
  }

  /** What has lapsed is tried again. */
  #forget(): void {
    if (this.#lapsesAt === Infinity) return;
    const at = now();
    if (at < this.#lapsesAt) return;
    for (const [feature, { until }] of this.#found) if (until <= at) this.#found.delete(feature);
    this.#gather();
  }

  #gather(): void {
    this.#refused = new Set([...this.#known, ...this.#found.keys()]);
    this.#parameters = [...this.#refused].filter(isParameter);
    this.#lapsesAt = Math.min(...[...this.#found.values()].map(({ until }) => until));
  }
}
