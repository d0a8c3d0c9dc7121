/** The one way in which a call is ended from outside, whatever it is waiting for at that moment. */

/** Something to wait for, and how to end the wait early. */
export interface Wait<Value> {
  readonly over: Promise<Value>;
  /** Makes `over` resolve soon. */
  end(): void;
}

export class Interruption {
  #aborted: { readonly reason: unknown } | undefined;
  #wait: Wait<unknown> | undefined;

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  abort(reason: unknown): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = { reason };
    this.#wait?.end();
  }

  /** Throws the reason itself: an abort is never wrapped. */
  throwIfAborted(): void {
    if (this.#aborted !== undefined) throw this.#aborted.reason;
  }

  /** What to await; an abort, also one that has already come, ends it. Ending what is over does nothing. */
  during<Value>(wait: Wait<Value>): Promise<Value> {
    this.#wait = wait;
    if (this.#aborted !== undefined) wait.end();
    return wait.over;
  }
}
