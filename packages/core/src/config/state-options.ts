/** What the user writes about what an engine keeps beyond its own life. */

/**
 * What was learned of the pool is saved, and what of it still means something is restored at the next start: rests and open circuits
 * with the time that is left of them, what probes found, counts, models that were discovered. No prompt, no answer, no key.
 */
export interface StateOptions {
  /** The path of the file; its folder has to exist. Read at start; replaced as a whole, also by `close()`. */
  file: string;
  /** Between two looks at whether there is something new to save. @default 30_000 */
  interval?: number;
}
