/** One upstream or deployment that is probed: what came of it so far, and when it is its turn again. */
import type { HealthSettings } from '../config/settings.js';
import type { Deployment, Upstream } from '../pool/pool.js';
import { Allowance } from './allowance.js';
import { History, type HistorySnapshot, type HistorySummary } from './history.js';
import { afterProbe, isUndecided, NOT_PROBED, type ProbeState } from './probe-state.js';
import type { ProbeVerdict } from './judge-probe.js';

/** What is asked, and for whom. */
export interface Subject {
  readonly upstream: Upstream;
  /** Missing where one answer says something of all models of the upstream. */
  readonly deployment: Deployment | undefined;
  readonly settings: HealthSettings;
}

/** Plain data for the status. Durations are milliseconds. */
export interface ProbeStatus {
  readonly probe: 'models' | 'head' | 'chat' | 'function';
  readonly opinion: ProbeState['opinion'];
  readonly sent: number;
  /** Not sent, because calls had just succeeded. */
  readonly spared: number;
  /** Not sent, because limits, a rest or the day's allowance did not admit it. */
  readonly held: number;
  /** Dollars; of probes whose price is known. */
  readonly cost: number;
  /** The last hundred. `at` is milliseconds since 1970. */
  readonly history: HistorySummary;
  readonly nextIn: number;
}

/** A probe that is over. `undefined` in place of a verdict is a success. */
export interface ProbeResult {
  readonly verdict: ProbeVerdict | undefined;
  readonly latency: number;
}

/** Answered in a way that says nothing, so often in a row that it is asked seldom. */
const FUTILE = 3;
/** Dollars: a probe of the dearest models. */
const LEAST_COST = 0.001;

/** What outlives a process. */
export interface KeptCheck {
  /** The same way of asking, else it says nothing. */
  readonly probe: ProbeStatus['probe'];
  readonly state: ProbeState;
  /** On the engine's clock; missing while none has. */
  readonly failedAt?: number;
  readonly answered: boolean;
  readonly history: HistorySnapshot;
}

export class Check {
  readonly subject: Subject;
  history: History;
  state: ProbeState;
  dueAt = 0;
  sent: number;
  spared: number;
  held: number;
  cost: number;
  /** Dollars; of the dearest so far. */
  dearest: number;
  /** On the engine's clock. */
  failedAt: number;
  problem: string;
  /** One has succeeded. */
  answered: boolean;
  /** Keys refused in a row. */
  refusals: number;
  /** Which way of asking for one token is tried. */
  attempt: number;
  /** Ends the one under way. */
  end: (() => void) | undefined;
  readonly #probes: Allowance;
  readonly #dollars: Allowance;

  /** `known`: the same one, of before the pool changed; what it has shown stays known. */
  constructor(subject: Subject, at: number, known?: Check) {
    const { maxProbesPerDay, maxCostPerDay } = subject.settings;
    this.subject = subject;
    this.history = known?.history ?? new History();
    this.state = known?.state ?? NOT_PROBED;
    this.answered = known?.answered ?? false;
    this.failedAt = known?.failedAt ?? -Infinity;
    this.problem = known?.problem ?? '';
    this.sent = known?.sent ?? 0;
    this.spared = known?.spared ?? 0;
    this.held = known?.held ?? 0;
    this.cost = known?.cost ?? 0;
    this.dearest = known?.dearest ?? 0;
    this.refusals = known?.refusals ?? 0;
    this.attempt = known?.attempt ?? 0;
    const before = known?.subject.settings;
    this.#probes =
      known !== undefined && before?.maxProbesPerDay === maxProbesPerDay
        ? known.#probes
        : new Allowance(maxProbesPerDay, 1, at);
    this.#dollars =
      known !== undefined && before?.maxCostPerDay === maxCostPerDay
        ? known.#dollars
        : new Allowance(maxCostPerDay, LEAST_COST, at);
  }

  get undecided(): boolean {
    return isUndecided(this.state);
  }

  get futile(): boolean {
    return this.state.nothings >= FUTILE;
  }

  /** Whether the day's allowance admits one that costs so many dollars. */
  affords(dollars: number, at: number): boolean {
    return this.#probes.allows(1, at) && this.#dollars.allows(dollars, at);
  }

  /** One that costs money goes out. */
  spend(dollars: number, at: number): void {
    this.#probes.spend(1, at);
    this.#dollars.spend(dollars, at);
    this.cost += dollars;
  }

  /** It has cost `dollars` where `expected` had been spent. */
  settle(dollars: number, expected: number, at: number): void {
    this.dearest = Math.max(this.dearest, dollars);
    this.#dollars.spend(dollars - expected, at);
    this.cost += dollars - expected;
  }

  record({ verdict, latency }: ProbeResult, at: number): void {
    const outcome = verdict?.outcome ?? 'ok';
    this.state = afterProbe(this.state, outcome, this.subject.settings);
    const error = verdict === undefined ? {} : { error: verdict.error };
    this.history.add({ at: Date.now(), outcome, latency, ...error });
    if (outcome === 'ok') this.answered = true;
    if (outcome !== 'failed' || verdict === undefined) return;
    this.failedAt = at;
    this.problem = verdict.message;
  }

  /** Undefined before the first probe is over. */
  kept(): KeptCheck | undefined {
    const history = this.history.toSnapshot();
    if (history.results.length === 0) return undefined;
    const failedAt = this.failedAt === -Infinity ? {} : { failedAt: this.failedAt };
    return { probe: this.#kind, state: this.state, ...failedAt, answered: this.answered, history };
  }

  /** Goes on where another process has ended, if that asked in the same way. `opinion`: what it thought may still be true. */
  restore({ probe, state, failedAt = -Infinity, answered, history }: KeptCheck, opinion: boolean): void {
    if (probe !== this.#kind) return;
    this.history = History.fromSnapshot(history);
    this.answered = answered;
    if (!opinion) return;
    this.state = state;
    this.failedAt = failedAt;
    const failure = history.results.findLast(({ outcome }) => outcome === 'failed');
    this.problem = failure?.error ?? 'before the restart';
  }

  get #kind(): ProbeStatus['probe'] {
    const { probe } = this.subject.settings;
    return typeof probe === 'function' ? 'function' : probe;
  }

  status(at: number): ProbeStatus {
    return {
      probe: this.#kind,
      opinion: this.state.opinion,
      sent: this.sent,
      spared: this.spared,
      held: this.held,
      cost: this.cost,
      history: this.history.summary(),
      nextIn: Math.max(0, this.dueAt - at),
    };
  }
}
