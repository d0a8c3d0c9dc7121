/** The reservoir of a bucket, kept by bottleneck. The only file that knows bottleneck. */
import Bottleneck from 'bottleneck';

/** Permits that nobody holds yet. Amounts are whole numbers. */
export interface Reservoir {
  /** Puts permits in. A negative amount takes them out and may push the level below zero: a debt. */
  add(amount: number): void;
  /** Buys a lease. Resolves to `true` once the permits are ours, to `false` when the reservoir was closed before. */
  buy(amount: number): Promise<boolean>;
  /** Drops what is still waiting. Resolves when no timer is left. */
  close(): Promise<void>;
}

/**
 * Makes a reservoir with nothing in it. Bottleneck does not refill it: its own refill is coarse (9.9 of 16.7/s) and
 * loses what a stalled event loop missed, so the bucket drives `add` from the clock.
 *
 * Each job of bottleneck waits for `setTimeout(0)` three times: a lease comes after some 5 ms and costs about half a
 * millisecond of CPU. A job heavier than the level waits and blocks all behind it, so the bucket buys only what is there.
 */
export function createReservoir(): Reservoir {
  const bottleneck = new Bottleneck({ reservoir: 0 });
  const pending = new Set<Promise<unknown>>();
  let closed = false;

  // A stopped bottleneck rejects what it drops; `buy` has answered by then.
  function track(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.then(noop, noop).finally(() => pending.delete(settled));
    pending.add(settled);
  }

  return {
    add(amount) {
      if (!closed) track(bottleneck.incrementReservoir(amount));
    },
    buy(amount) {
      if (closed) return Promise.resolve(false);
      return new Promise((resolve) => {
        // The task tells, not the promise of the job, which comes one `setTimeout` later.
        const job = bottleneck.schedule({ weight: amount }, async () => resolve(true));
        track(job.catch(() => resolve(false)));
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      if (pending.size === 0) return;
      await bottleneck.stop({ dropWaitingJobs: true });
      await Promise.all(pending);
    },
  };
}

function noop(): void {}
