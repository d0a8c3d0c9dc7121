/** What the user writes about single keys. All durations are milliseconds. */
import type { LimitOptions } from './options.js';

/** What a key function is given. */
export interface KeyRequest {
  /** Aborted when the function has taken 10 s, or the engine is closed. */
  readonly signal: AbortSignal;
}

/** A key that is good for a while. */
export interface KeyAnswer {
  /** As it would stand in `keys`. */
  readonly key: string;
  /** Milliseconds from now until it is worth nothing any more. @default 300_000 */
  readonly expiresIn?: number | undefined;
}

/**
 * Returns the key to use now, for keys that change: tokens of a cloud's identity service, files that are rotated. Its answer is kept
 * until it expires, and asked for again a little before that; an answer that the upstream refuses is asked for again at once.
 */
export type KeyFunction = (request: KeyRequest) => string | KeyAnswer | Promise<string | KeyAnswer>;

/** One key with options of its own. */
export interface KeyOptions {
  /** The key, or the function that gives it. */
  key: string | KeyFunction | undefined;
  /**
   * Of this key, for each model, before those of the upstream and of the whole. Where a model has limits too, the smaller number
   * counts. @default those of the upstream
   */
  limits?: LimitOptions;
  /** Appears in the status beside the key's number. @default none */
  name?: string;
}

/** The forms of a key; one that is `undefined` is a `ConfigError`, which names the place. */
export type KeyEntry = string | KeyFunction | KeyOptions | undefined;
