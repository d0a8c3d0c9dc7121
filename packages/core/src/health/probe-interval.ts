/** When the next probe is due: often while others are being called, seldom while nobody calls. Pure. */
import type { HealthNumbers } from '../config/settings.js';

export type ProbeIntervals = Pick<HealthNumbers, 'interval' | 'busyInterval' | 'idleInterval'>;

/** How things stand when a probe is over, or was not needed. */
export interface ProbeMoment {
  /** Milliseconds since anything of the pool was last called; `Infinity` if nothing ever was. */
  readonly quietFor: number;
  /** Calls of its own have just succeeded. */
  readonly called: boolean;
  /** One more probe may change the opinion of it. */
  readonly undecided: boolean;
  /** It has often been answered in a way that says nothing. */
  readonly futile: boolean;
  /** The upstream asked to be left alone for so many milliseconds. */
  readonly hint: number;
  /** In [0, 1). */
  readonly random: number;
}

/** Asking in vain. */
const SELDOM = 300_000;
/** A tenth more or less, so that many processes do not ask at once. */
const JITTER = 0.1;

/** Milliseconds from now. */
export function nextProbeIn(intervals: ProbeIntervals, moment: ProbeMoment): number {
  const { futile, hint, random } = moment;
  const usual = usualInterval(intervals, moment);
  const wanted = futile ? Math.max(usual, SELDOM) : usual;
  return Math.max(wanted * (1 - JITTER + 2 * JITTER * random), hint);
}

function usualInterval({ interval, busyInterval, idleInterval }: ProbeIntervals, moment: ProbeMoment): number {
  const { quietFor, called, undecided } = moment;
  if (called) return interval;
  if (quietFor < interval) return Math.min(busyInterval, interval);
  return undecided ? interval : Math.max(interval, Math.min(quietFor, idleInterval));
}
