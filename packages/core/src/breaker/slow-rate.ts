/** Tells a deployment that answers, but too slowly, from a healthy one. */
import type { BreakerSettings } from '../config/settings.js';
import { SLICES, WindowSlices } from './window-slices.js';

export type SlowRateSettings = Pick<BreakerSettings, 'window' | 'slowRatio' | 'minimumSlow'>;

/** Counts of completed and of slow attempts over the window. Its totals are kept, because every planned call asks. */
export class SlowRate {
  readonly #settings: SlowRateSettings;
  readonly #slices: WindowSlices;
  readonly #completed: number[] = Array.from({ length: SLICES }, () => 0);
  readonly #slow: number[] = Array.from({ length: SLICES }, () => 0);
  #current = 0;
  #completedInWindow = 0;
  #slowInWindow = 0;

  constructor(settings: SlowRateSettings, now: number) {
    this.#settings = settings;
    this.#slices = new WindowSlices(settings.window, now);
  }

  record(slow: boolean, now: number): void {
    this.#forgetOld(now);
    this.#completed[this.#current]! += 1;
    this.#completedInWindow += 1;
    if (!slow) return;
    this.#slow[this.#current]! += 1;
    this.#slowInWindow += 1;
  }

  /** Slow attempts in the window. */
  slow(now: number): number {
    this.#forgetOld(now);
    return this.#slowInWindow;
  }

  /** Whether enough attempts were slow. */
  exceeded(now: number): boolean {
    this.#forgetOld(now);
    if (this.#completedInWindow < this.#settings.minimumSlow || this.#slowInWindow === 0) return false;
    return this.#slowInWindow >= this.#settings.slowRatio * this.#completedInWindow;
  }

  clear(): void {
    this.#completed.fill(0);
    this.#slow.fill(0);
    this.#completedInWindow = 0;
    this.#slowInWindow = 0;
  }

  #forgetOld(now: number): void {
    for (let begun = this.#slices.advance(now); begun > 0; begun -= 1) {
      this.#current = (this.#current + 1) % SLICES;
      this.#completedInWindow -= this.#completed[this.#current]!;
      this.#slowInWindow -= this.#slow[this.#current]!;
      this.#completed[this.#current] = 0;
      this.#slow[this.#current] = 0;
    }
  }
}
