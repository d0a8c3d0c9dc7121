/**
 * A trial finds out whether a deployment is back, and its caller should not have to wait for that: after a while another
 * candidate is asked beside it. The first answer wins; an overtaken trial goes on unseen, so that it is judged fairly.
 */
import { now } from '../clock.js';
import type { AttemptRun, RunEnd } from './attempt-run.js';
import type { Interruption } from './interruption.js';
import { pauseUntil } from './pause.js';
import type { Stop } from './stops.js';

/** An attempt of a call, and where it belongs. */
export interface Runner {
  readonly run: AttemptRun;
  readonly stop: Stop;
}

/** An attempt that has ended. */
export interface Finish extends Runner {
  readonly end: RunEnd;
}

export interface TrialRace {
  readonly interruption: Interruption;
  /** Begins an attempt beside the trial, if somebody can be asked at once. */
  readonly challenge: () => Runner | undefined;
  /** Hears of each failure; may throw to end the call. */
  readonly noteFailure: (finish: Finish) => void;
  /** The trial has been overtaken and goes on by itself. */
  readonly goOnUnseen: (trial: AttemptRun) => void;
}

/** A trial never makes its caller wait longer than this while somebody else could answer. */
const PATIENCE = 1_000;

/** The first success, or the last failure. */
export async function raceTrial(trial: Runner, race: TrialRace): Promise<Finish> {
  const { interruption } = race;
  const pause = pauseUntil(now() + PATIENCE);
  const endBoth = (): void => {
    trial.run.abort();
    pause.end();
  };
  const early = await interruption.during({
    over: Promise.race([trial.run.done, pause.over.then(() => undefined)]),
    end: endBoth,
  });
  pause.end();
  const challenger = early === undefined && !interruption.aborted ? race.challenge() : undefined;
  if (challenger === undefined) return finished(trial, race);
  try {
    return await decide(trial, challenger, race);
  } catch (error) {
    // One of them has shown that the call is over.
    trial.run.abort();
    challenger.run.abort();
    throw error;
  }
}

async function decide(trial: Runner, challenger: Runner, race: TrialRace): Promise<Finish> {
  const runners = [trial, challenger];
  const first = await race.interruption.during({
    over: Promise.race(runners.map(async (runner): Promise<Finish> => ({ ...runner, end: await runner.run.done }))),
    end: () => runners.forEach(({ run }) => run.abort()),
  });
  const other = first.run === trial.run ? challenger : trial;
  if (!first.end.ok) {
    race.noteFailure(first);
    return finished(other, race);
  }
  if (other === trial) race.goOnUnseen(trial.run);
  else challenger.run.abort();
  return first;
}

/** Waits for the one that is left. */
export async function finished(runner: Runner, race: Pick<TrialRace, 'interruption' | 'noteFailure'>): Promise<Finish> {
  const end = await race.interruption.during({ over: runner.run.done, end: () => runner.run.abort() });
  const finish = { run: runner.run, stop: runner.stop, end };
  if (!end.ok) race.noteFailure(finish);
  return finish;
}
