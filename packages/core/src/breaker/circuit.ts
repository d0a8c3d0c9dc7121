/** What the rest of the engine sees of a circuit: may this be asked now, and if not, when. */
import type { BreakerPass } from './breaker-pass.js';

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitChange {
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly reason:
    | 'consecutive-failures'
    | 'failure-ratio'
    | 'trial-failed'
    | 'open-time-over'
    | 'trials-succeeded'
    | 'forced'
    | 'reset'
    | 'restored'
    | 'probe';
  /** On opening: milliseconds until it is half-open; missing when it was forced open. */
  readonly openFor?: number;
}

/** Plain data for the status. Counts are of the settings' window, durations milliseconds. */
export interface CircuitSnapshot {
  readonly state: CircuitState;
  readonly forced: 'open' | 'closed' | undefined;
  readonly generation: number;
  readonly consecutiveFailures: number;
  readonly completed: number;
  readonly failed: number;
  readonly slow: number;
  readonly degraded: boolean;
  /** Share of its usual weight. */
  readonly weight: number;
  /** Openings in a row, as far as they are not forgotten: k of the next open time. */
  readonly openings: number;
  /** Until it is half-open; undefined unless it is open and not forced. */
  readonly openFor: number | undefined;
  readonly trialsInFlight: number;
  readonly trialSuccesses: number;
}

/**
 * Stops asking what keeps failing, and finds out when it is back. Closed, it counts verdicts; open, it admits nobody;
 * half-open, it admits trials. All times are on the clock of `seams.now`. Reading has no side effects.
 */
export interface CircuitBreaker {
  /** Half-open as soon as the open time is over, even if the timer that announces it is late. */
  readonly state: CircuitState;
  /** By hand, until `reset`. */
  readonly forced: 'open' | 'closed' | undefined;
  /** Grows with each change of state and each reset; a verdict counts only in the generation of its admission. */
  readonly generation: number;
  /** When it may next admit: now if it does, undefined if nobody knows (forced open, or waiting for a trial's end). */
  readonly admitsAt: number | undefined;
  admits(): boolean;
  /** Takes a trial's slot when half-open; undefined when it does not admit. The pass must be settled. */
  admit(): BreakerPass | undefined;
  /** Share of its usual weight: 1, or a tenth to 1 for a while after closing. */
  weight(): number;
  /** Too many of its attempts are slow: ask it after the healthy ones. */
  degraded(): boolean;
  snapshot(): CircuitSnapshot;
  /** Admits nobody until `reset`. */
  forceOpen(): void;
  /** Admits everybody until `reset`; verdicts are counted but do not open it. */
  forceClosed(): void;
  /** As new: closed, nothing forced, nothing counted, and verdicts on their way no longer count. */
  reset(): void;
  /** Cuts the present open time, counted from its opening, to `maxOpen` milliseconds; never lengthens it. */
  shortenOpen(maxOpen: number): void;
  /** Ends the present open time: a probe was answered. */
  allowTrial(): void;
  /** Opens a closed circuit for `openFor` milliseconds, because it was open before a restart or in another instance. */
  restoreOpen(openFor: number, openings: number): void;
  /** No timer is left and none is started; verdicts are ignored. */
  close(): void;
}

export interface CircuitSeams {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Called when all is consistent, so it may call back into the circuit; it must not throw. */
  readonly onChange: (change: CircuitChange) => void;
}
