/** What the user writes about things that are asked of an upstream beside its calls: its quota and its status page. */

/**
 * Where an upstream says how much of its quota is left, in its own unit: money, tokens, requests. Two of `used`, `limit` and
 * `remaining` are enough, or `remaining` alone. Places in the answer are JSON pointers (RFC 6901), such as `/data/limit_remaining`; what
 * stands there is a number, also as a text, or `null` where there is no limit.
 */
export interface QuotaOptions {
  /** Asked with the upstream's first key: a path from the root of `baseUrl`'s origin, or a URL of that origin. */
  path?: string;
  /** What is used up. */
  used?: string;
  /** All of it: a JSON pointer, or the number itself. @default the most that has ever been left */
  limit?: string | number;
  /** What is left. @default `limit` less `used` */
  remaining?: string;
  /** When it is all there again: an RFC 3339 time, or seconds or milliseconds since 1970. */
  resetsAt?: string;
  /** Returns what is left, instead of `path`. */
  read?: ReadQuota;
  /** Between two questions. An answer older than three intervals is not acted on. @default 60_000 */
  interval?: number;
  /** For one question. @default 5_000 */
  timeout?: number;
  /** Below this part of `limit` (0 to 1) a warning is given, and the upstream gets less of the traffic. @default 0.2 */
  warnBelow?: number;
}

/** Returns what is left of a quota. Its `signal` says when nobody waits for it any more. */
export type ReadQuota = (context: { readonly signal: AbortSignal }) => QuotaReport | Promise<QuotaReport>;

/** What is left of a quota. */
export interface QuotaReport {
  /** `Infinity` where there is no limit. */
  readonly remaining: number;
  /** All of it. @default the most that has ever been left */
  readonly limit?: number | undefined;
  /** When it is all there again; a number is seconds or milliseconds since 1970, a text an RFC 3339 time. */
  readonly resetsAt?: Date | number | string | undefined;
}

/** The status page of a service: told of, and never acted on. */
export interface StatusPageOptions {
  /** Its summary in the format of Statuspage. No key and no header of the upstream is sent there. */
  url: string;
  /** Only these components count, by the names that the page gives them. @default the page as a whole */
  components?: readonly string[];
  /** At least 30_000. @default 120_000 */
  interval?: number;
}
