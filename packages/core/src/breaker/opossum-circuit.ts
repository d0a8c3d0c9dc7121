/**
 * Opossum, given the verdicts of attempts instead of the attempts. It keeps the rolling window, the threshold and the
 * timer of the open time. It is never handed a call, because it counts a call as soon as it starts, lets old ones close it
 * or open it again, and has no generations.
 */
import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import { LONGEST_TIMER } from '../clock.js';
import type { BreakerSettings } from '../config/settings.js';
import { SLICES, WindowSlices } from './window-slices.js';

export type OpossumCircuitSettings = Pick<BreakerSettings, 'window' | 'failureRatio' | 'minimumAttempts'>;

/** Opossum opens above its percentage; a ratio that is just reached must open too. */
const JUST_BELOW = 1e-6;

const FAILED = new Error('the attempt failed');

/** Opossum handles what its action throws before `fire` returns: a failure has its effect at once. */
function pronounce(): Promise<void> {
  throw FAILED;
}

/** Opossum keeps a duration per verdict for the whole window, wanted or not: 600,000 at ten thousand calls a second. */
class NoDurations extends Array<number> {
  override push(): number {
    return 0;
  }
}

export class OpossumCircuit {
  readonly #circuit: Opossum<[], void>;
  /** Opossum reads these each time: the open time when it opens, the percentage at each failure. */
  readonly #options: Opossum.Options<[]> & { resetTimeout?: number };
  readonly #rotation = new EventEmitter();
  readonly #slices: WindowSlices;
  readonly #percentage: number;
  /** Where opossum counts now. */
  #slice: Opossum.Bucket;

  /** `onOpenTimeOver` is called by the timer of an opening, never by `open`, `hold` or `clear`. */
  constructor(settings: OpossumCircuitSettings, now: number, onOpenTimeOver: () => void) {
    this.#slices = new WindowSlices(settings.window, now);
    this.#percentage = settings.failureRatio * 100 - JUST_BELOW;
    this.#options = {
      timeout: false,
      rollingCountTimeout: settings.window,
      rollingCountBuckets: SLICES,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
      errorThresholdPercentage: this.#percentage,
      volumeThreshold: settings.minimumAttempts,
    };
    this.#circuit = new Opossum(pronounce, this.#options);
    this.#circuit.on('halfOpen', onOpenTimeOver);
    this.#slice = this.#newestSlice();
  }

  /** The same counts as a fired success, without its promise and events, which every call would pay for. */
  succeed(now: number): void {
    this.#forgetOld(now);
    this.#slice.fires += 1;
    this.#slice.successes += 1;
  }

  /** Returns whether the failures in the window have opened it, for `openFor` milliseconds. */
  fail(now: number, openFor: number): boolean {
    this.#forgetOld(now);
    this.#setOpenTime(openFor);
    this.#circuit.fire().catch(() => {});
    return this.#circuit.opened;
  }

  /** Opens it, or changes the time for which it is open, to `openFor` milliseconds from now. */
  open(openFor: number): void {
    this.#setOpenTime(openFor);
    // Opossum starts its timer only when it was not open, and clears it only when it closes.
    this.#circuit.close();
    this.#circuit.open();
  }

  /** Stops the timer of an opening. */
  hold(): void {
    this.#circuit.close();
  }

  /** Closes it and empties the window: after a recovery old failures would open it again. */
  clear(): void {
    this.#circuit.close();
    this.#rotate(SLICES);
  }

  /** Whether failures may open it; they are counted in any case. */
  set opensByRatio(may: boolean) {
    this.#options.errorThresholdPercentage = may ? this.#percentage : Infinity;
  }

  /** Completed and failed attempts in the window. */
  counts(now: number): { readonly completed: number; readonly failed: number } {
    this.#forgetOld(now);
    const { fires, failures } = this.#circuit.stats;
    return { completed: fires, failed: failures };
  }

  /** Stops the timer; none is started any more. */
  shutdown(): void {
    this.#circuit.shutdown();
  }

  /** Rounded up, because a timer drops fractions and would be early. */
  #setOpenTime(openFor: number): void {
    this.#options.resetTimeout = Math.min(Math.ceil(openFor), LONGEST_TIMER);
  }

  #forgetOld(now: number): void {
    const begun = this.#slices.advance(now);
    if (begun > 0) this.#rotate(begun);
  }

  #rotate(slices: number): void {
    for (let left = slices; left > 0; left -= 1) this.#rotation.emit('rotate');
    this.#slice = this.#newestSlice();
  }

  #newestSlice(): Opossum.Bucket {
    const [newest] = this.#circuit.status.window;
    if (newest === undefined) throw new Error('opossum has no window');
    newest.latencyTimes = new NoDurations();
    return newest;
  }
}
