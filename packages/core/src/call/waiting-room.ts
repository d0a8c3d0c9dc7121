/** Where calls wait: for a back-off, for a hint, or for the first lane to be free. Every timer is cleared. */
import { now } from '../clock.js';

export interface WaitRequest {
  /** On the engine's clock. */
  readonly until: number;
  /** Higher is woken first. */
  readonly priority: number;
  /** Whether `wake()` ends it: a lane that is free early is worth asking, a back-off is not cut short. */
  readonly wakeable: boolean;
}

export interface Wait {
  /** Resolves when the time has come, or it was woken or ended. */
  readonly over: Promise<void>;
  end(): void;
}

export class WaitingRoom {
  readonly #wakeable = new Set<{ readonly priority: number; readonly end: () => void }>();

  wait({ until, priority, wakeable }: WaitRequest): Wait {
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      const timer = setTimeout(() => end(), Math.max(0, until - now()));
      const waiter = { priority, end: () => end() };
      end = () => {
        clearTimeout(timer);
        this.#wakeable.delete(waiter);
        resolve();
      };
      if (wakeable) this.#wakeable.add(waiter);
    });
    return { over, end: () => end() };
  }

  /** Something that rested is free before its time. */
  wake(): void {
    const waiters = [...this.#wakeable].toSorted((a, b) => b.priority - a.priority);
    for (const { end } of waiters) end();
  }
}
