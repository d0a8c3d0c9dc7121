/** Tells listeners what happens to one call, and keeps its trail. */
import { now } from '../clock.js';
import { AttemptError, type AttemptRecord, CallError, type CallErrorKind, type SkippedCandidate } from '../errors.js';
import type { Degradation, Events, FailoverEvents } from '../events.js';
import type { Failure, Verdict } from '../judgement/failure.js';
import type { Deployment, Lane } from '../pool/pool.js';
import type { ChatUsage } from '../request/chat-types.js';
import type { FailoverReport } from './reply.js';

/** Who is calling, as every event of the call says it. */
export interface CallFacts {
  readonly callId: string;
  readonly chain: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** One try, as its events say it. */
export interface Attempted {
  readonly lane: Lane;
  /** From 1. */
  readonly number: number;
  /** On the engine's clock. */
  readonly startedAt: number;
  /** What was left out of the request, or said differently; empty for nearly all. */
  readonly changes: readonly string[];
}

/** How a call was answered. */
interface AnswerFacts {
  readonly degraded: 'downgraded' | 'continued' | undefined;
  readonly usage: ChatUsage | undefined;
  readonly streamed: boolean;
}

/** An attempt that is raced. */
interface Raced {
  readonly attempted: Attempted | undefined;
  readonly lane: Lane;
  readonly trial: boolean;
}

/** Who goes on with an answer of whom. */
interface Continued {
  readonly from: Lane;
  readonly to: Lane;
  readonly by: FailoverEvents['stream-continued']['by'];
  readonly sentCharacters: number;
}

const NOBODY: readonly SkippedCandidate[] = [];

export class CallReport {
  readonly #events: Events;
  readonly #facts: CallFacts;
  readonly #startedAt: number;
  /** Replaced and never added to, because reports hold it as it was. */
  #trail: readonly AttemptRecord[] = [];
  /** What the lines of the trail are about, in the same order. */
  #ended: readonly Attempted[] = [];
  #skipped: readonly SkippedCandidate[] = NOBODY;

  constructor(events: Events, facts: CallFacts, startedAt: number) {
    this.#events = events;
    this.#facts = facts;
    this.#startedAt = startedAt;
  }

  get callId(): string {
    return this.#facts.callId;
  }

  get trail(): readonly AttemptRecord[] {
    return this.#trail;
  }

  /** Who could not serve the request at all, in the order in which it was their turn. */
  get skipped(): readonly SkippedCandidate[] {
    return this.#skipped;
  }

  started(): void {
    if (this.#events.heard('call-started')) this.#events.emit('call-started', this.#facts);
  }

  waiting(duration: number, reason: 'back-off' | 'hint' | 'queue'): void {
    if (this.#events.heard('call-waiting')) this.#events.emit('call-waiting', { ...this.#facts, duration, reason });
  }

  /**
   * What the reply says of its making; of a canned one, nobody made it. `running` is an answer that has only begun, or that has broken
   * off since.
   */
  describe(lane: Lane | undefined, degraded: Degradation | undefined, running?: Attempted): FailoverReport {
    const runs = running !== undefined && !this.#ended.includes(running);
    return {
      requestId: this.#facts.callId,
      deployment: lane?.deployment.id,
      upstream: lane?.deployment.upstream.settings.name,
      model: lane?.deployment.settings.model,
      attempts: runs ? [...this.#trail, this.#lineOf(running, 'ok')] : this.#trail,
      skipped: this.#skipped,
      failedOver: this.#failedOver(lane?.deployment.id),
      degraded,
    };
  }

  #failedOver(answering: string | undefined): boolean {
    return this.#trail.some(({ deployment }) => deployment !== answering);
  }

  answered(lane: Lane, { degraded, usage, streamed }: AnswerFacts): void {
    const { id, settings, upstream } = lane.deployment;
    if (this.#events.heard('call-answered')) {
      this.#events.emit('call-answered', {
        callId: this.#facts.callId,
        chain: this.#facts.chain,
        metadata: this.#facts.metadata,
        attempts: this.#trail.length,
        duration: now() - this.#startedAt,
        deployment: id,
        model: settings.model,
        upstream: upstream.settings.name,
        failedOver: this.#failedOver(id),
        streamed,
        degraded,
        usage,
      });
    }
    if (degraded !== undefined) this.degraded(degraded, degraded);
  }

  degraded(degraded: Degradation, reason: CallErrorKind | 'downgraded' | 'continued'): void {
    if (this.#events.heard('call-degraded')) this.#events.emit('call-degraded', { ...this.#soFar(), degraded, reason });
  }

  /** It has no answer. An error of ours first: an engine that closes aborts its calls with one, and nobody has left. */
  endedWith(error: unknown, aborted: boolean): void {
    if (error instanceof CallError) this.failed(error);
    else if (aborted) this.aborted();
    else this.broken(error);
  }

  failed({ kind, status }: CallError): void {
    this.#events.emit('call-failed', { ...this.#soFar(), kind, status });
  }

  /** Something threw that must not throw; it is told as a failure, so that every call has its outcome. */
  broken(error: unknown): void {
    this.hookFailed('engine', error);
    this.#events.emit('call-failed', { ...this.#soFar(), kind: 'exhausted', status: 500 });
  }

  aborted(): void {
    this.#events.emit('call-aborted', this.#soFar());
  }

  budgetExhausted(inUse: number, limit: number): void {
    this.#events.emit('retry-budget-exhausted', { callId: this.callId, inUse, limit });
  }

  hookFailed(hook: string, error: unknown): void {
    this.#events.emit('hook-failed', { hook, error });
  }

  /** Told once for each, however often the call comes by. */
  skip({ id }: Deployment, reason: string): void {
    if (this.#skipped.some(({ deployment }) => deployment === id)) return;
    this.#skipped = extended(this.#skipped, { deployment: id, reason });
    if (this.#events.heard('candidate-skipped')) {
      this.#events.emit('candidate-skipped', { ...this.#facts, deployment: id, reason });
    }
  }

  attemptStarted(attempt: Attempted): void {
    if (this.#events.heard('attempt-started')) this.#events.emit('attempt-started', this.#about(attempt));
    const { changes } = attempt;
    if (changes.length > 0 && this.#events.heard('request-adapted')) {
      this.#events.emit('request-adapted', { ...this.#about(attempt), changes });
    }
  }

  firstContent(attempt: Attempted, duration: number): void {
    if (this.#events.heard('first-content')) {
      this.#events.emit('first-content', { ...this.#about(attempt), duration });
    }
  }

  framesSkipped(attempt: Attempted, count: number): void {
    this.#events.emit('frames-skipped', { ...this.#about(attempt), count });
  }

  raceStarted({ attempted, lane, trial }: Raced, challenger: Deployment): void {
    if (attempted === undefined || !this.#events.heard('race-started')) return;
    this.#events.emit('race-started', {
      callId: this.#facts.callId,
      silent: lane.deployment.id,
      challenger: challenger.id,
      after: now() - attempted.startedAt,
      trial,
    });
  }

  continued({ from, to, by, sentCharacters }: Continued): void {
    if (!this.#events.heard('stream-continued')) return;
    const ids = { from: from.deployment.id, to: to.deployment.id };
    this.#events.emit('stream-continued', { ...this.#facts, ...ids, by, sentCharacters });
  }

  attemptSucceeded(attempt: Attempted, usage: ChatUsage | undefined, firstContentAfter: number | undefined): void {
    const duration = now() - attempt.startedAt;
    this.#record(attempt, 'ok', duration);
    if (this.#events.heard('attempt-succeeded')) {
      const { deployment, key } = attempt.lane;
      this.#events.emit('attempt-succeeded', {
        callId: this.#facts.callId,
        deployment: deployment.id,
        model: deployment.settings.model,
        upstream: deployment.upstream.settings.name,
        key: key.number,
        attempt: attempt.number,
        duration,
        firstContentAfter,
        usage,
      });
    }
  }

  /** Another attempt was faster; how this one ends is not known yet. */
  overtaken(attempt: Attempted, outcome: 'silent' | 'slow'): void {
    this.#record(attempt, outcome, now() - attempt.startedAt);
  }

  /** The error that stands for this failure, should it be the last. */
  attemptFailed(attempt: Attempted, verdict: Verdict, failure: Failure): AttemptError {
    const { class: outcome, status, code, hint, breaker, message } = verdict;
    const duration = now() - attempt.startedAt;
    this.#record(attempt, outcome, duration, verdict);
    if (outcome === 'client-abort') {
      if (this.#events.heard('attempt-aborted')) {
        this.#events.emit('attempt-aborted', { ...this.#about(attempt), duration });
      }
    } else if (this.#events.heard('attempt-failed')) {
      const limitedByDeadline = failure.kind === 'timeout' && failure.limitedByDeadline;
      const why = { class: outcome, breaker, status, code, hint, limitedByDeadline, message };
      this.#events.emit('attempt-failed', { ...this.#about(attempt), duration, ...why });
    }
    const { id } = attempt.lane.deployment;
    const cause = failure.kind === 'socket' ? { cause: failure.error } : undefined;
    return new AttemptError(outcome, id, `${id}: ${message}`, cause);
  }

  #record(attempt: Attempted, outcome: AttemptRecord['outcome'], duration: number, verdict?: Verdict): void {
    const record = this.#lineOf(attempt, outcome, duration);
    this.#ended = extended(this.#ended, attempt);
    const { status, code } = verdict ?? {};
    const full = status === undefined && code === undefined ? record : { ...record, ...defined({ status, code }) };
    this.#trail = extended(this.#trail, full);
  }

  #lineOf(
    { lane, startedAt, changes }: Attempted,
    outcome: AttemptRecord['outcome'],
    duration: number = now() - startedAt,
  ): AttemptRecord {
    const { deployment, key } = lane;
    const line = {
      deployment: deployment.id,
      model: deployment.settings.model,
      upstream: deployment.upstream.settings.name,
      key: key.number,
      outcome,
      startedAfter: startedAt - this.#startedAt,
      duration,
    };
    return changes.length === 0 ? line : { ...line, changes };
  }

  // Written out, because spreading costs more than all the rest of an event, and every call makes several.

  #soFar() {
    return {
      callId: this.#facts.callId,
      chain: this.#facts.chain,
      metadata: this.#facts.metadata,
      attempts: this.#trail.length,
      duration: now() - this.#startedAt,
    };
  }

  #about({ lane, number }: Attempted) {
    const { deployment, key } = lane;
    return {
      callId: this.#facts.callId,
      deployment: deployment.id,
      model: deployment.settings.model,
      upstream: deployment.upstream.settings.name,
      key: key.number,
      attempt: number,
    };
  }
}

/** A first entry by itself: an array that grows makes room for sixteen more, and nearly every call has one attempt. */
function extended<Item>(items: readonly Item[], item: Item): readonly Item[] {
  return items.length === 0 ? [item] : [...items, item];
}

/** Without the fields that say nothing. */
function defined({ status, code }: Pick<Verdict, 'code'> & { status: number | undefined }) {
  return { ...(status !== undefined && { status }), ...(code !== undefined && { code }) };
}
