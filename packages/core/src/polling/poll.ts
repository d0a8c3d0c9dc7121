/** Asks something again and again: never twice at once, never everybody at the same moment, and nothing after its end. */
import { LONGEST_TIMER, now } from '../clock.js';

export interface Polling {
  /** Milliseconds from one beginning to the next, drawn within ±10 %; looked at before each wait. */
  readonly interval: () => number;
  /**
   * Asks once. It may name milliseconds to wait before the next time, which are not undercut. The signal ends what is under way.
   * When it rejects, it is asked again in its turn.
   */
  readonly ask: (signal: AbortSignal) => Promise<number | undefined>;
  readonly random: () => number;
}

/** A poll that goes on until its end. */
export interface Poll {
  /** Leaves no timer; what is under way is told by its signal. */
  end(): void;
}

/** The first time comes within so many milliseconds, so that a pool does not ask all its upstreams at once. */
const FIRST_WITHIN = 3_000;
const JITTER = 0.1;

export function startPoll({ interval, ask, random }: Polling): Poll {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  function wait(duration: number): void {
    if (ending.signal.aborted) return;
    timer = setTimeout(run, Math.min(Math.max(1, Math.ceil(duration)), LONGEST_TIMER));
    timer.unref();
  }

  function run(): void {
    const startedAt = now();
    const next = (hint = 0): void => {
      const spread = 1 - JITTER + 2 * JITTER * random();
      wait(Math.max(startedAt + interval() * spread - now(), hint));
    };
    ask(ending.signal).then(next, () => next());
  }

  wait(random() * Math.min(interval(), FIRST_WITHIN));
  return {
    end() {
      clearTimeout(timer);
      ending.abort();
    },
  };
}
