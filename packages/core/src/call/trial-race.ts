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
  const early = await interruption.during({
    over: Promise.race([trial.run.over, pause.over.then(() => undefined)]),
    end() {
      trial.run.end();
      pause.end();
    },
  });
  pause.end();
  const challenger = early === undefined && !interruption.aborted ? race.challenge() : undefined;
  if (challenger === undefined) return last(trial, race);
  try {
    return await decide(trial, challenger, race);
  } catch (error) {
    // One of them has shown that the call is over.
    trial.run.end();
    challenger.run.end();
    throw error;
  }
}

async function decide(trial: Runner, challenger: Runner, race: TrialRace): Promise<Finish> {
  const runners = [trial, challenger];
  const first = await race.interruption.during({
    over: Promise.race(runners.map(async (runner): Promise<Finish> => ({ ...runner, end: await runner.run.over }))),
    end: () => runners.forEach(({ run }) => run.end()),
  });
  const other = first.run === trial.run ? challenger : trial;
  if (!first.end.ok) {
    race.noteFailure(first);
    return last(other, race);
  }
  if (other === trial) race.goOnUnseen(trial.run);
  else challenger.run.end();
  return first;
}

/** Waits for the one that is left. */
async function last({ run, stop }: Runner, race: TrialRace): Promise<Finish> {
  const finish = { run, stop, end: await race.interruption.during(run) };
  if (!finish.end.ok) race.noteFailure(finish);
  return finish;
}
