/** How long a circuit stays open: longer each time it opens again, and shorter after it has been healthy for a while. */
import type { BreakerSettings } from '../config/settings.js';

export type OpenTimeSettings = Pick<BreakerSettings, 'openFor' | 'maxOpenFor'>;

/** Of being closed, in milliseconds, for each step back. */
const HEALTHY_STEP = 60_000;

/**
 * Whole milliseconds: `openFor` · 2ᵏ ± 20 %, at most `maxOpenFor`, where k is the number of earlier openings in a row. The
 * jitter keeps a hundred instances from sending their trials in the same moment.
 */
export function openTime(settings: OpenTimeSettings, earlier: number, random: number): number {
  const jitter = 0.8 + 0.4 * random;
  return Math.round(Math.min(settings.openFor * 2 ** earlier * jitter, settings.maxOpenFor));
}

/** k stops where `maxOpenFor` is reached, else an outage of hours would take as long to be forgotten. */
export function boundedOpenings(settings: OpenTimeSettings, openings: number): number {
  const most = Math.max(0, Math.ceil(Math.log2(settings.maxOpenFor / settings.openFor)));
  return Math.min(openings, most);
}

/** k after being closed for `closedFor` milliseconds: one less for each whole minute. */
export function afterHealth(earlier: number, closedFor: number): number {
  return Math.max(0, earlier - Math.floor(closedFor / HEALTHY_STEP));
}
