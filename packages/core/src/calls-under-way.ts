/** The calls that an engine has under way, and whoever waits for their end. */
import type { CallUnderWay } from './call/call.js';

/** Waits for some of them. */
interface Awaited {
  readonly left: Set<CallUnderWay>;
  readonly onEnded: () => void;
}

export class CallsUnderWay {
  readonly #calls = new Set<CallUnderWay>();
  readonly #awaited = new Set<Awaited>();

  get size(): number {
    return this.#calls.size;
  }

  begin(call: CallUnderWay): void {
    this.#calls.add(call);
  }

  end(call: CallUnderWay): void {
    this.#calls.delete(call);
    for (const awaited of this.#awaited) {
      awaited.left.delete(call);
      if (awaited.left.size > 0) continue;
      this.#awaited.delete(awaited);
      awaited.onEnded();
    }
  }

  /** Resolves when all that are under way now have ended; those that begin later are not waited for. */
  ended(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((onEnded) => this.#awaited.add({ left: new Set(this.#calls), onEnded }));
  }

  abort(reason: unknown): void {
    for (const call of this.#calls) call.abort(reason);
  }
}
