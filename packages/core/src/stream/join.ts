/**
 * Joins a continuation to what the caller has been sent. Only an exact match joins: two generations are never spliced in any
 * other way.
 */
import { seamOf } from './seam.js';

/** One continuation on its way to the caller. */
export interface Join {
  /**
   * The next text delta of the continuation. Returns what may go to the caller now, which is empty while it is not yet
   * known whether it fits; `undefined` when it does not fit, from then on: nothing of it may be passed on.
   */
  push(delta: string): string | undefined;
  /** Whether what has come fits. At the end of a continuation, `false` also for one too short to have shown it. */
  fits(): boolean;
}

/**
 * For a model that goes on directly from `text`, of which it was shown what `continueByPrefill` shows. The white space that
 * was kept from it is swallowed as far as the continuation begins with it; half a character that was kept from it has to
 * be the continuation's first one, and is swallowed.
 */
export function joinByPrefill(text: string): Join {
  const { space, half } = seamOf(text);
  return new PrefillJoin(space, half);
}

/** For a model that was told to begin with `tail`: joined where it does, to the letter. */
export function joinByRepeating(tail: string): Join {
  return new RepeatJoin(tail);
}

class PrefillJoin implements Join {
  /** What the caller has and the continuation may still begin with. */
  #space: string;
  /** What the caller has and the continuation must begin with, behind the space. */
  #half: string;
  #broken = false;

  constructor(space: string, half: string) {
    this.#space = space;
    this.#half = half;
  }

  push(delta: string): string | undefined {
    if (this.#broken) return undefined;
    const shared = sharedLength(this.#space, delta);
    const rest = delta.slice(shared);
    if (rest === '') {
      this.#space = this.#space.slice(shared);
      return '';
    }
    this.#space = '';
    // Joined to anything else, the caller's half would stay half a character for ever.
    this.#broken = !rest.startsWith(this.#half);
    if (this.#broken) return undefined;
    const seen = this.#half.length;
    this.#half = '';
    return rest.slice(seen);
  }

  fits(): boolean {
    return !this.#broken && this.#half === '';
  }
}

class RepeatJoin implements Join {
  /** What has still to be repeated; `undefined` when something else came. */
  #awaited: string | undefined;

  constructor(tail: string) {
    this.#awaited = tail;
  }

  push(delta: string): string | undefined {
    const awaited = this.#awaited;
    if (awaited === undefined) return undefined;
    const shared = sharedLength(awaited, delta);
    if (shared < awaited.length && shared < delta.length) {
      this.#awaited = undefined;
      return undefined;
    }
    this.#awaited = awaited.slice(shared);
    return delta.slice(shared);
  }

  fits(): boolean {
    return this.#awaited === '';
  }
}

/** How many units the beginnings of both have in common. */
function sharedLength(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}
