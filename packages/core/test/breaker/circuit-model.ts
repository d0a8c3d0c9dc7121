/**
 * The rules of the circuit, written a second time for the model test: as a history that is searched, not as counters that
 * are kept. It shares no code with the implementation.
 */
import type { BreakerSettings } from '../../src/config/settings.js';

type State = 'closed' | 'open' | 'half-open';

/** A stretch of time in one state. */
interface Era {
  readonly state: State;
  readonly since: number;
  readonly reason: string;
}

export interface ModelAttempt {
  readonly era: number;
  readonly began: number;
  credited: boolean;
  verdict: 'success' | 'failure' | 'neutral' | undefined;
}

interface Completed {
  readonly at: number;
  readonly step: number;
  readonly began: number;
  readonly verdict: 'success' | 'failure' | 'neutral';
  readonly slow: boolean;
}

const TENTHS = 10;

export class CircuitModel {
  readonly settings: BreakerSettings;
  readonly changes: { from: State; to: State; reason: string; openFor?: number }[] = [];
  readonly attempts: ModelAttempt[] = [];
  forced: 'open' | 'closed' | undefined;
  openUntil: number | undefined;
  readonly #eras: Era[];
  /** Since the last closing or reset. */
  #completed: Completed[] = [];
  #step = 0;
  readonly #start: number;
  readonly #random: number;
  /** What a restored circuit was told: the era, and its openings in a row. */
  readonly #told = new Map<number, number>();

  constructor(settings: BreakerSettings, start: number, random: number) {
    this.settings = settings;
    this.#start = start;
    this.#random = random;
    this.#eras = [{ state: 'closed', since: start, reason: 'new' }];
  }

  get generation(): number {
    return this.#eras.length - 1;
  }

  get #era(): Era {
    return this.#eras.at(-1)!;
  }

  get state(): State {
    return this.#era.state;
  }

  /** Time has come to `now`. */
  arrive(now: number): void {
    if (this.openUntil !== undefined && now >= this.openUntil) this.#enter('half-open', 'open-time-over', now);
  }

  admits(): boolean {
    if (this.state === 'half-open') return this.trialsInFlight() < this.settings.trialCalls;
    return this.state === 'closed';
  }

  trialsInFlight(): number {
    return this.#trials().filter((one) => one.verdict === undefined && !one.credited).length;
  }

  trialSuccesses(): number {
    return this.#trials().filter((one) => one.credited || one.verdict === 'success').length;
  }

  #trials(): ModelAttempt[] {
    return this.state === 'half-open' ? this.attempts.filter((one) => one.era === this.generation) : [];
  }

  begin(): ModelAttempt {
    const attempt = { era: this.generation, began: ++this.#step, credited: false, verdict: undefined };
    this.attempts.push(attempt);
    return attempt;
  }

  firstContent(attempt: ModelAttempt, now: number): void {
    if (attempt.verdict !== undefined || this.state !== 'half-open' || attempt.era !== this.generation) return;
    attempt.credited = true;
    this.#closeIfProven(now);
  }

  settle(attempt: ModelAttempt, verdict: 'success' | 'failure' | 'neutral', slow: boolean, now: number): void {
    if (attempt.verdict !== undefined) return;
    attempt.verdict = verdict;
    const today = attempt.era === this.generation;
    const laterCut = attempt.credited && verdict === 'failure';
    if (this.state === 'half-open' && today) {
      if (verdict === 'failure') this.#open('trial-failed', now);
      else this.#closeIfProven(now);
    } else if (this.state === 'closed' && (today || laterCut)) {
      this.#complete({ at: now, step: ++this.#step, began: attempt.began, verdict, slow });
    }
  }

  #closeIfProven(now: number): void {
    if (this.trialSuccesses() >= this.settings.successesToClose) this.#close('trials-succeeded', now);
  }

  #complete(completed: Completed): void {
    if (completed.verdict === 'neutral' && !completed.slow) return;
    this.#completed.push(completed);
    if (completed.verdict !== 'failure' || this.forced === 'closed') return;
    const { judged, failed } = this.counts(completed.at);
    if (this.run() >= this.settings.consecutiveFailures) this.#open('consecutive-failures', completed.at);
    else if (judged >= this.settings.minimumAttempts && failed >= this.settings.failureRatio * judged - 1e-9)
      this.#open('failure-ratio', completed.at);
  }

  /** Failures in a row. A success ends the row if it began after the row's first failure was known. */
  run(): number {
    let row: Completed[] = [];
    for (const one of this.#completed) {
      if (one.verdict === 'failure') row.push(one);
      else if (one.verdict === 'success' && row.every(({ step }, place) => place > 0 || step < one.began)) row = [];
    }
    return row.length;
  }

  /** The window moves by tenths of itself. */
  #inWindow(now: number): Completed[] {
    const tenth = (at: number) => Math.floor((at - this.#start) / (this.settings.window / TENTHS));
    return this.#completed.filter(({ at }) => tenth(now) - tenth(at) < TENTHS);
  }

  counts(now: number): { judged: number; failed: number; slow: number; degraded: boolean } {
    const recent = this.#inWindow(now);
    const slow = recent.filter((one) => one.slow).length;
    return {
      judged: recent.filter(({ verdict }) => verdict !== 'neutral').length,
      failed: recent.filter(({ verdict }) => verdict === 'failure').length,
      slow,
      degraded:
        slow > 0 && recent.length >= this.settings.minimumSlow && slow / recent.length >= this.settings.slowRatio,
    };
  }

  weight(now: number): number {
    const last = this.#eras.findLastIndex(({ state }) => state !== 'closed');
    if (this.state !== 'closed' || last === -1) return 1;
    const since = now - this.#eras[last + 1]!.since;
    return since >= this.settings.ramp ? 1 : 0.1 + (0.9 * since) / this.settings.ramp;
  }

  /** Openings in a row, counted through the whole history; a whole minute of health takes one away. */
  openings(now: number): number {
    const most = Math.max(0, Math.ceil(Math.log2(this.settings.maxOpenFor / this.settings.openFor) - 1e-9));
    let openings = 0;
    for (const [index, era] of this.#eras.entries()) {
      if (era.reason === 'reset') openings = 0;
      const until = this.#eras[index + 1]?.since ?? now;
      if (era.state === 'closed') openings = Math.max(0, openings - Math.floor((until - era.since) / 60_000));
      const told = this.#told.get(index);
      if (told !== undefined) openings = Math.min(most, told);
      else if (era.state === 'open' && era.reason !== 'forced') openings = Math.min(most, openings + 1);
    }
    return openings;
  }

  #open(reason: string, now: number): void {
    const full = this.settings.openFor * 2 ** this.openings(now) * (0.8 + 0.4 * this.#random);
    const openFor = Math.round(Math.min(this.settings.maxOpenFor, full));
    this.#enter('open', reason, now, openFor);
  }

  #close(reason: string, now: number): void {
    this.#completed = [];
    this.#enter('closed', reason, now);
  }

  #enter(state: State, reason: string, now: number, openFor?: number): void {
    this.changes.push({ from: this.state, to: state, reason, ...(openFor === undefined ? {} : { openFor }) });
    this.#eras.push({ state, since: now, reason });
    this.openUntil = openFor === undefined ? undefined : now + openFor;
  }

  force(state: 'open' | 'closed', now: number): void {
    this.forced = state;
    this.openUntil = undefined;
    if (state === this.state) return;
    if (state === 'closed') this.#close('forced', now);
    else this.#enter('open', 'forced', now);
  }

  reset(now: number): void {
    this.forced = undefined;
    if (this.state !== 'closed') {
      this.#close('reset', now);
      return;
    }
    this.#completed = [];
    this.#eras.push({ state: 'closed', since: now, reason: 'reset' });
  }

  shorten(longest: number, now: number): void {
    if (this.openUntil === undefined) return;
    this.openUntil = Math.min(this.openUntil, this.#era.since + longest);
    this.arrive(now);
  }

  allowTrial(now: number): void {
    if (this.openUntil !== undefined) this.#enter('half-open', 'probe', now);
  }

  restore(openFor: number, openings: number, now: number): void {
    if (this.state !== 'closed' || this.forced !== undefined) return;
    this.#enter('open', 'restored', now, openFor);
    this.#told.set(this.generation, openings);
  }
}
