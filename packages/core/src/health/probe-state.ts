/** What the probes of one upstream or deployment say of it so far. Pure; a single one decides nothing. */

/** `nothing`: it was answered, but in a way that does not tell whether it is well. */
export type ProbeOutcome = 'ok' | 'failed' | 'nothing';

export interface ProbeState {
  readonly opinion: 'unknown' | 'up' | 'down';
  /** Outcomes in a row, up to the last one. */
  readonly failures: number;
  readonly successes: number;
  readonly nothings: number;
  /** In a row that did not fail, whatever they said. */
  readonly answers: number;
}

export const NOT_PROBED: ProbeState = { opinion: 'unknown', failures: 0, successes: 0, nothings: 0, answers: 0 };

export interface ProbeThresholds {
  /** Failures in a row that take it down. */
  readonly fall: number;
  /** Successes in a row that bring it up again. */
  readonly rise: number;
}

export function afterProbe(state: ProbeState, outcome: ProbeOutcome, { fall, rise }: ProbeThresholds): ProbeState {
  if (outcome === 'failed') {
    const failures = state.failures + 1;
    const opinion = failures >= fall ? 'down' : state.opinion;
    return { opinion, failures, successes: 0, nothings: 0, answers: 0 };
  }
  const successes = outcome === 'ok' ? state.successes + 1 : 0;
  const nothings = outcome === 'ok' ? 0 : state.nothings + 1;
  const next = { failures: 0, successes, nothings, answers: state.answers + 1 };
  return { ...next, opinion: opinionAfter(state.opinion, next, { fall, rise }) };
}

/** Whether the next outcomes could change the opinion. */
export function isUndecided({ opinion, failures, answers }: ProbeState): boolean {
  return opinion === 'down' ? answers > 0 : failures > 0;
}

function opinionAfter(
  opinion: ProbeState['opinion'],
  { successes, nothings, answers }: Omit<ProbeState, 'opinion'>,
  { fall, rise }: ProbeThresholds,
): ProbeState['opinion'] {
  if (opinion === 'down') {
    if (successes >= rise) return 'up';
    // It lives, and more will never be heard of it: nobody may be held down by what has ended.
    return answers >= rise ? 'unknown' : 'down';
  }
  if (nothings >= fall) return 'unknown';
  return successes > 0 ? 'up' : opinion;
}
