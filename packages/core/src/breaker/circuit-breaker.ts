/** The states of a circuit and the rules by which verdicts move it from one to the next. */
import type { BreakerSettings } from '../config/settings.js';
import { type BreakerPass, type Judge, Pass } from './breaker-pass.js';
import type { CircuitBreaker, CircuitChange, CircuitSeams, CircuitSnapshot, CircuitState } from './circuit.js';
import { FailureRun } from './failure-run.js';
import { afterHealth, boundedOpenings, openTime } from './open-time.js';
import { OpossumCircuit } from './opossum-circuit.js';
import { rampedShare } from './ramp.js';
import { SlowRate } from './slow-rate.js';

type Reason = CircuitChange['reason'];

/** One per deployment, and one per upstream for its connect failures. To be closed with the engine. */
export function createCircuitBreaker(settings: BreakerSettings, seams: CircuitSeams): CircuitBreaker {
  return new Circuit(settings, seams);
}

class Circuit implements CircuitBreaker, Judge {
  readonly #settings: BreakerSettings;
  readonly #seams: CircuitSeams;
  readonly #opossum: OpossumCircuit;
  readonly #slowRate: SlowRate;
  readonly #run = new FailureRun();
  /** As last announced; an open one whose time is over counts as half-open before that. */
  #state: CircuitState = 'closed';
  #forced: 'open' | 'closed' | undefined;
  #generation = 0;
  /** Numbers beginnings and verdicts, because the clock may stand still between them. */
  #order = 0;
  #openings = 0;
  #openedAt = 0;
  /** When it is half-open; never while it is forced open. */
  #openUntil = Infinity;
  /** Since when it is healthy. */
  #closedAt: number;
  #rampFrom = -Infinity;
  #trialsInFlight = 0;
  #trialSuccesses = 0;
  #over = false;

  constructor(settings: BreakerSettings, seams: CircuitSeams) {
    const now = seams.now();
    this.#settings = settings;
    this.#seams = seams;
    this.#closedAt = now;
    this.#slowRate = new SlowRate(settings, now);
    this.#opossum = new OpossumCircuit(settings, now, () => this.#becomeHalfOpen('open-time-over'));
  }

  get state(): CircuitState {
    return this.#openTimeIsOver() ? 'half-open' : this.#state;
  }

  get forced(): 'open' | 'closed' | undefined {
    return this.#forced;
  }

  get generation(): number {
    return this.#openTimeIsOver() ? this.#generation + 1 : this.#generation;
  }

  get admitsAt(): number | undefined {
    if (this.admits()) return this.#seams.now();
    return this.#state === 'open' && this.#forced === undefined ? this.#openUntil : undefined;
  }

  admits(): boolean {
    if (this.#state === 'half-open') return this.#trialsInFlight < this.#settings.trialCalls;
    return this.#state === 'closed' || this.#openTimeIsOver();
  }

  admit(): BreakerPass | undefined {
    this.#catchUp();
    if (!this.admits()) return undefined;
    const trial = this.#state === 'half-open';
    if (trial) this.#trialsInFlight += 1;
    this.#order += 1;
    return new Pass(this, { trial, generation: this.#generation, order: this.#order });
  }

  weight(): number {
    return this.#state === 'closed' ? rampedShare(this.#seams.now() - this.#rampFrom, this.#settings.ramp) : 1;
  }

  degraded(): boolean {
    return this.#slowRate.exceeded(this.#seams.now());
  }

  snapshot(): CircuitSnapshot {
    const now = this.#seams.now();
    const { state } = this;
    return {
      state,
      forced: this.#forced,
      generation: this.generation,
      consecutiveFailures: this.#run.failures,
      ...this.#opossum.counts(now),
      slow: this.#slowRate.slow(now),
      degraded: this.#slowRate.exceeded(now),
      weight: this.weight(),
      openings: this.#openingsAt(now),
      openFor: state === 'open' && this.#forced === undefined ? this.#openUntil - now : undefined,
      trialsInFlight: this.#trialsInFlight,
      trialSuccesses: this.#trialSuccesses,
    };
  }

  forceOpen(): void {
    this.#catchUp();
    this.#forced = 'open';
    this.#opossum.hold();
    this.#openUntil = Infinity;
    if (this.#state !== 'open') this.#move('open', 'forced');
  }

  forceClosed(): void {
    this.#catchUp();
    this.#forced = 'closed';
    this.#opossum.opensByRatio = false;
    if (this.#state !== 'closed') this.#becomeClosed('forced');
  }

  reset(): void {
    this.#catchUp();
    this.#forced = undefined;
    this.#openings = 0;
    this.#opossum.opensByRatio = true;
    if (this.#state !== 'closed') {
      this.#becomeClosed('reset');
      return;
    }
    this.#generation += 1;
    this.#forgetVerdicts();
  }

  shortenOpen(maxOpen: number): void {
    this.#catchUp();
    const openUntil = this.#openedAt + maxOpen;
    if (this.#state !== 'open' || this.#forced !== undefined || openUntil >= this.#openUntil) return;
    const left = openUntil - this.#seams.now();
    this.#openUntil = openUntil;
    if (left <= 0) this.#becomeHalfOpen('open-time-over');
    else this.#opossum.open(left);
  }

  allowTrial(): void {
    this.#catchUp();
    if (this.#state === 'open' && this.#forced === undefined) this.#becomeHalfOpen('probe');
  }

  restoreOpen(openFor: number, openings: number): void {
    if (this.#over || this.#state !== 'closed' || this.#forced !== undefined) return;
    this.#openings = boundedOpenings(this.#settings, openings);
    this.#opossum.open(openFor);
    this.#becomeOpen('restored', openFor);
  }

  close(): void {
    this.#over = true;
    this.#opossum.shutdown();
  }

  firstContent(pass: Pass): void {
    if (this.#over || pass.generation !== this.#generation) return;
    pass.credited = true;
    this.#trialSucceeded();
  }

  success(pass: Pass, slow: boolean): void {
    if (this.#over || pass.generation !== this.#generation) return;
    if (this.#state === 'half-open') {
      if (!pass.credited) this.#trialSucceeded();
      return;
    }
    const now = this.#seams.now();
    this.#run.succeed(pass.order);
    this.#slowRate.record(slow, now);
    this.#opossum.succeed(now);
  }

  failure(pass: Pass): void {
    if (this.#over) return;
    const current = pass.generation === this.#generation;
    if (current && this.#state === 'half-open') {
      this.#trialFailed();
      return;
    }
    // A trial that had counted as a success and is cut now is news of today, whatever has happened in between.
    if (current || (pass.credited && this.#state === 'closed')) this.#countFailure();
  }

  neutral(pass: Pass, slow: boolean): void {
    if (this.#over || pass.generation !== this.#generation) return;
    if (this.#state === 'half-open') {
      if (!pass.credited) this.#trialsInFlight -= 1;
    } else if (slow) {
      this.#slowRate.record(true, this.#seams.now());
    }
  }

  #countFailure(): void {
    const now = this.#seams.now();
    this.#slowRate.record(false, now);
    this.#order += 1;
    const tooMany = this.#run.fail(this.#order) >= this.#settings.consecutiveFailures;
    const openings = this.#openingsAt(now);
    const openFor = openTime(this.#settings, openings, this.#seams.random());
    // Opossum is told the open time with each failure, because it starts its timer the moment it opens.
    const tooOften = this.#opossum.fail(now, openFor);
    if (this.#forced === 'closed' || !(tooMany || tooOften)) return;
    if (!tooOften) this.#opossum.open(openFor);
    this.#openings = boundedOpenings(this.#settings, openings + 1);
    this.#becomeOpen(tooMany ? 'consecutive-failures' : 'failure-ratio', openFor);
  }

  #trialSucceeded(): void {
    this.#trialsInFlight -= 1;
    this.#trialSuccesses += 1;
    if (this.#trialSuccesses >= this.#settings.successesToClose) this.#becomeClosed('trials-succeeded');
  }

  #trialFailed(): void {
    const openFor = openTime(this.#settings, this.#openings, this.#seams.random());
    this.#openings = boundedOpenings(this.#settings, this.#openings + 1);
    this.#opossum.open(openFor);
    this.#becomeOpen('trial-failed', openFor);
  }

  #becomeOpen(reason: Reason, openFor: number): void {
    this.#openedAt = this.#seams.now();
    this.#openUntil = this.#openedAt + openFor;
    this.#move('open', reason, openFor);
  }

  #becomeHalfOpen(reason: Reason): void {
    // Opossum's own half-open admits one call and closes on its first success; it waits, closed, for the trials to decide.
    this.#opossum.hold();
    this.#move('half-open', reason);
  }

  #becomeClosed(reason: Reason): void {
    this.#closedAt = this.#seams.now();
    this.#rampFrom = this.#closedAt;
    this.#forgetVerdicts();
    this.#move('closed', reason);
  }

  #forgetVerdicts(): void {
    this.#run.clear();
    this.#slowRate.clear();
    this.#opossum.clear();
  }

  #move(to: CircuitState, reason: Reason, openFor?: number): void {
    const from = this.#state;
    this.#state = to;
    this.#generation += 1;
    this.#trialsInFlight = 0;
    this.#trialSuccesses = 0;
    this.#seams.onChange(openFor === undefined ? { from, to, reason } : { from, to, reason, openFor });
  }

  #openTimeIsOver(): boolean {
    return this.#state === 'open' && this.#seams.now() >= this.#openUntil;
  }

  /** Announces what the clock has already brought, before anything else happens. */
  #catchUp(): void {
    if (this.#openTimeIsOver()) this.#becomeHalfOpen('open-time-over');
  }

  #openingsAt(now: number): number {
    return this.#state === 'closed' ? afterHealth(this.#openings, now - this.#closedAt) : this.#openings;
  }
}
