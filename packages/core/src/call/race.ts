/**
 * An attempt of which nothing is heard is not waited out: after a while another candidate is asked beside it, and the first answer
 * wins. A trial is raced sooner, because its caller should not have to wait for what it finds out.
 */
import { now } from '../clock.js';
import type { AttemptRun, RunEnd } from './attempt-run.js';
import type { Interruption } from './interruption.js';
import { pauseUntil } from './pause.js';
import type { Stop } from './stops.js';

/** An attempt of a call, and where it belongs. */
export interface Runner<Answer> {
  readonly run: AttemptRun<Answer>;
  readonly stop: Stop;
}

/** An attempt that has answered or failed. */
export interface Finish<Answer> extends Runner<Answer> {
  readonly end: RunEnd<Answer>;
}

/** What a race needs of its call. */
export interface RaceScope<Answer> {
  readonly interruption: Interruption;
  /** Begins an attempt beside the first one, if somebody else can be asked at once. */
  challenge(first: AttemptRun<Answer>): Runner<Answer> | undefined;
  /** Hears of each failure but the one that ends the race; may throw to end the call. */
  noteFailure(finish: Finish<Answer>): void;
  /** A challenger has answered before the first one. */
  overtake(first: Runner<Answer>): void;
}

/** When nobody is free to race, somebody may be a while later. */
const NEXT_LOOK = 1_000;

/** The first success, or the last failure. Waits for `patience` milliseconds before anybody else is asked. */
export async function race<Answer>(
  first: Runner<Answer>,
  patience: number,
  scope: RaceScope<Answer>,
): Promise<Finish<Answer>> {
  for (let wait = patience; ; wait = NEXT_LOOK) {
    if (await endsWithin(wait, first, scope)) return last(first, scope);
    // One challenger after the other, as long as they fail.
    for (
      let challenger = scope.challenge(first.run);
      challenger !== undefined;
      challenger = scope.challenge(first.run)
    ) {
      const finish = await challenged(first, challenger, scope);
      if (finish !== undefined) return finish;
    }
  }
}

/** Whether the attempt ends, or is ended, while one is patient. */
async function endsWithin<Answer>(
  patience: number,
  { run }: Runner<Answer>,
  { interruption }: RaceScope<Answer>,
): Promise<boolean> {
  const pause = pauseUntil(now() + patience);
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

/** The end of the race, or nothing when the challenger has failed and the first one goes on. */
async function challenged<Answer>(
  first: Runner<Answer>,
  challenger: Runner<Answer>,
  scope: RaceScope<Answer>,
): Promise<Finish<Answer> | undefined> {
  try {
    const winner = await firstOf(first, challenger, scope);
    if (winner.end.ok) {
      if (winner.run === first.run) challenger.run.end();
      else scope.overtake(first);
      return winner;
    }
    scope.noteFailure(winner);
    return winner.run === first.run || scope.interruption.aborted ? await last(challenger, scope) : undefined;
  } catch (error) {
    // One of them has shown that the call is over.
    first.run.end();
    challenger.run.end();
    throw error;
  }
}

function firstOf<Answer>(
  one: Runner<Answer>,
  other: Runner<Answer>,
  { interruption }: RaceScope<Answer>,
): Promise<Finish<Answer>> {
  const runners = [one, other];
  return interruption.during({
    over: Promise.race(runners.map(async (runner) => ({ ...runner, end: await runner.run.over }))),
    end: () => runners.forEach(({ run }) => run.end()),
  });
}

/** Waits for the one that is left. */
async function last<Answer>(
  { run, stop }: Runner<Answer>,
  { interruption }: RaceScope<Answer>,
): Promise<Finish<Answer>> {
  return { run, stop, end: await interruption.during(run) };
}
