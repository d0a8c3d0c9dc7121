/** What stands in the way of a call at one moment, and whether waiting for it is worth it. */
import type { Refusal } from '../gate.js';
import type { Limiter } from '../limiter/limiter.js';
import type { Deployment } from '../pool/pool.js';

/** What a call waits for: a place or permits, or the end of a rest. */
export type WaitKey = Limiter | Deployment['id'];

/** Nothing can serve now, but something may soon. */
export interface QueueMove {
  readonly kind: 'queue';
  /** Gives up then. */
  readonly until: number;
  /** A time at which asking again is worth it; `Infinity` if there is none. */
  readonly wakeAt: number;
  /** What stands in the way: each may be free earlier than it seems. */
  readonly keys: ReadonlySet<WaitKey>;
}

export class Obstacles {
  /** When the first of those that rest for everybody is free. */
  #soonest = Infinity;
  /** When the first wait is over that was named to this very call. */
  #own = Infinity;
  /** A limit of ours is among them: its release may come at any moment. */
  #limited = false;
  #keys: Set<WaitKey> | undefined;

  /** When the wait is over that was named to this very call; `Infinity` if there was none. */
  get own(): number {
    return this.#own;
  }

  add(deployment: Deployment, { freeAt, reason, limiter, learned }: Refusal): void {
    if (reason === 'asked') this.#own = Math.min(this.#own, freeAt);
    else this.#soonest = Math.min(this.#soonest, freeAt);
    if (limiter !== undefined && learned !== true) this.#limited = true;
    this.#keys ??= new Set();
    // By its id: the pool may have changed when it is free.
    this.#keys.add(limiter ?? deployment.id);
  }

  /** Waiting in line until `giveUp`, if anybody may be free by then. */
  queue(at: number, giveUp: number): QueueMove | undefined {
    if (this.#keys === undefined || at >= giveUp) return undefined;
    if (!this.#limited && this.#soonest > giveUp) return undefined;
    return { kind: 'queue', until: giveUp, wakeAt: Math.min(this.#soonest, this.#own), keys: this.#keys };
  }
}
