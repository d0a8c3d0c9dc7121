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
  /** Begins an attempt beside the trial, if somebody else can be asked at once. */
  challenge(trial: AttemptRun): Runner | undefined;
  /** Hears of each failure but the one that ends the race; may throw to end the call. */
  noteFailure(finish: Finish): void;
  /** The trial has been overtaken and goes on by itself. */
  goOnUnseen(trial: AttemptRun): void;
}

/** A trial never makes its caller wait longer than this while somebody else could answer. */
const PATIENCE = 1_000;

/** The first success, or the last failure. */
export async function raceTrial(trial: Runner, race: TrialRace): Promise<Finish> {
  for (;;) {
    if (await endsSoon(trial, race)) return last(trial, race);
    // One challenger after the other, as long as they fail; when nobody is free, somebody may be a while later.
    for (let challenger = race.challenge(trial.run); challenger !== undefined; challenger = race.challenge(trial.run)) {
      const finish = await challenged(trial, challenger, race);
      if (finish !== undefined) return finish;
    }
  }
}

/** Whether the trial ends, or is ended, while one is patient. */
async function endsSoon({ run }: Runner, { interruption }: TrialRace): Promise<boolean> {
  const pause = pauseUntil(now() + PATIENCE);
  const over = Promise.race([run.over.then(() => true), pause.over.then(() => false)]);
  const ended = await interruption.during({
    over,
    end() {
      run.end();
      pause.end();
    },
  });
  pause.end();
  return ended || interruption.aborted;
}

/** The end of the race, or nothing when the challenger has failed and the trial goes on. */
async function challenged(trial: Runner, challenger: Runner, race: TrialRace): Promise<Finish | undefined> {
  try {
    const first = await firstOf(trial, challenger, race);
    if (first.end.ok) {
      if (first.run === trial.run) challenger.run.end();
      else race.goOnUnseen(trial.run);
      return first;
    }
    race.noteFailure(first);
    return first.run === trial.run || race.interruption.aborted ? await last(challenger, race) : undefined;
  } catch (error) {
    // One of them has shown that the call is over.
    trial.run.end();
    challenger.run.end();
    throw error;
  }
}

function firstOf(trial: Runner, challenger: Runner, { interruption }: TrialRace): Promise<Finish> {
  const runners = [trial, challenger];
  return interruption.during({
    over: Promise.race(runners.map(async (runner): Promise<Finish> => ({ ...runner, end: await runner.run.over }))),
    end: () => runners.forEach(({ run }) => run.end()),
  });
}

/** Waits for the one that is left. */
async function last({ run, stop }: Runner, { interruption }: TrialRace): Promise<Finish> {
  return { run, stop, end: await interruption.during(run) };
}
