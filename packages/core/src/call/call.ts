/** One call from its plan to its one outcome: a reply, a degraded reply, or an error. */
import { now } from '../clock.js';
import type { Settings, Timeouts } from '../config/settings.js';
import { AttemptError, CallError, type AttemptRecord, type CallErrorKind } from '../errors.js';
import type { Events } from '../events.js';
import { classify } from '../judgement/classify.js';
import type { Verdict } from '../judgement/failure.js';
import type { View } from '../plan/plan.js';
import type { Route } from '../plan/route.js';
import type { Lane, Pool } from '../pool/pool.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { ChatRequest } from '../request/chat-types.js';
import { redactKeys } from '../redact.js';
import { UnaryAttempt, type AttemptEnd } from './attempt.js';
import { unaryLimit } from './attempt-limit.js';
import { bookFailure, bookSuccess } from './book-verdict.js';
import type { CallOptions } from './call-options.js';
import { cannedCompletion } from './canned-reply.js';
import { callFailure } from './call-failure.js';
import { Itinerary, type NextMove, type Stop } from './itinerary.js';
import { createReply, type ChatReply, type FailoverReport } from './reply.js';
import type { RetryBudget } from './retry-budget.js';
import type { WaitingRoom } from './waiting-room.js';
import { wireRequest } from './wire-request.js';

/** What all calls of an engine share. */
export interface CallEnvironment {
  readonly settings: Settings;
  readonly pool: Pool;
  readonly events: Events;
  readonly budget: RetryBudget;
  readonly waiting: WaitingRoom;
  readonly view: View;
  readonly random: () => number;
}

/** What one call was asked. */
export interface CallInput {
  readonly id: string;
  readonly route: Route;
  readonly checked: CheckedRequest;
  /** As the application passed it, for a canned reply's function. */
  readonly request: ChatRequest;
  readonly options: CallOptions;
}

/** How long a canned reply's function may take; nobody is left to ask after it. */
const CANNED_PATIENCE = 2_000;

export class Call {
  readonly #environment: CallEnvironment;
  readonly #input: CallInput;
  readonly #startedAt = now();
  readonly #deadlineAt: number;
  readonly #itinerary: Itinerary;
  readonly #trail: AttemptRecord[] = [];
  #lastError: AttemptError | undefined;
  #lastVerdict: Verdict | undefined;
  #holdsBudget = false;
  #aborted: { readonly reason: unknown } | undefined;
  /** Ends what the call is waiting for at this moment. */
  #interrupt: (() => void) | undefined;

  constructor(environment: CallEnvironment, input: CallInput) {
    const { settings, view, random } = environment;
    const { options, route } = input;
    this.#environment = environment;
    this.#input = input;
    this.#deadlineAt = this.#startedAt + (options.deadline ?? settings.deadline);
    const limits = {
      maxAttempts: settings.retry.maxAttempts,
      maxAttemptsPerModel: settings.retry.maxAttemptsPerModel,
      callerRetries: options.callerRetries === true,
      hardMaximum: options.maxAttempts,
      queueWait: settings.queueWait,
      deadlineAt: this.#deadlineAt,
    };
    this.#itinerary = new Itinerary(route, limits, view, random);
  }

  /** Ends the call: it rejects with `reason`, and what it had under way at an upstream is destroyed at once. */
  abort(reason: unknown): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = { reason };
    this.#interrupt?.();
  }

  async run(): Promise<ChatReply> {
    const { events } = this.#environment;
    if (events.heard('call-started')) events.emit('call-started', this.#facts());
    try {
      return await this.#run();
    } catch (error) {
      this.#reportFailure(error);
      throw error;
    } finally {
      this.#releaseBudget();
    }
  }

  async #run(): Promise<ChatReply> {
    for (;;) {
      this.#throwIfAborted();
      const at = now();
      if (at >= this.#deadlineAt) return this.#degrade('deadline');
      const move = this.#itinerary.next(at, () => this.#holdBudget());
      if (move.kind === 'exhausted') return this.#degrade(undefined);
      if (move.kind === 'wait') {
        await this.#wait(move, at);
        continue;
      }
      const reply = await this.#attempt(move.stop, move.admission.lane);
      if (reply !== undefined) return reply;
    }
  }

  async #wait({ until, reason }: NextMove & { kind: 'wait' }, at: number): Promise<void> {
    const { events, waiting } = this.#environment;
    const duration = until - at;
    if (events.heard('call-waiting')) events.emit('call-waiting', { ...this.#facts(), duration, reason });
    const wait = waiting.wait({ until, priority: this.#input.options.priority ?? 0, wakeable: reason === 'queue' });
    this.#interrupt = wait.end;
    await wait.over;
    this.#interrupt = undefined;
  }

  /** A reply, or nothing when the call has to go on. */
  async #attempt(stop: Stop, lane: Lane): Promise<ChatReply | undefined> {
    this.#itinerary.begin(stop, lane);
    let verdict: Verdict;
    let fresh = false;
    for (;;) {
      const startedAt = now();
      const end = await this.#exchange(lane, fresh, startedAt);
      if (end.ok) {
        this.#releaseBudget();
        return this.#answer(stop, lane, end, startedAt);
      }
      verdict = this.#judge(lane, end.failure, startedAt);
      // The socket had died before we wrote: the upstream never saw the request, so asking again costs it nothing.
      if (verdict.class !== 'stale-socket' || fresh || this.#aborted !== undefined) break;
      fresh = true;
    }
    this.#releaseBudget();
    this.#throwIfAborted();
    if (verdict.class === 'request' && verdict.contextLength !== true) throw this.#refusal(verdict);
    this.#itinerary.fail(stop, lane, verdict, now());
    return undefined;
  }

  async #exchange(lane: Lane, fresh: boolean, startedAt: number): Promise<AttemptEnd> {
    const { events } = this.#environment;
    lane.statistics.begin();
    lane.deployment.statistics.begin();
    if (events.heard('attempt-started')) events.emit('attempt-started', this.#attemptFacts(lane));
    const made = wireRequest(lane, this.#input.checked, fresh);
    const wire = made instanceof Promise ? await made.catch((error: unknown) => this.#hookFailed('sign', error)) : made;
    if (wire === undefined) return { ok: false, failure: { kind: 'local', reason: 'the request could not be signed' } };
    if (this.#aborted !== undefined) return { ok: false, failure: { kind: 'aborted' } };
    const limit = unaryLimit(this.#timeoutsOf(lane), this.#input.checked.maxOutputTokens, {
      remaining: this.#deadlineAt - startedAt,
      othersRemain: () => this.#itinerary.othersRemain(lane.deployment),
    });
    const attempt = new UnaryAttempt(lane, wire, limit).start();
    this.#interrupt = () => attempt.abort();
    const end = await attempt.done;
    this.#interrupt = undefined;
    return end;
  }

  #timeoutsOf(lane: Lane): Timeouts {
    const { timeouts } = lane.deployment.settings;
    const own = this.#input.options.timeouts;
    return own === undefined ? timeouts : { ...timeouts, ...own };
  }

  #answer(stop: Stop, lane: Lane, end: AttemptEnd & { ok: true }, startedAt: number): ChatReply {
    const { events } = this.#environment;
    bookSuccess({ lane, startedAt });
    this.#record(lane, 'ok', startedAt, undefined);
    const { usage } = end.completion;
    if (events.heard('attempt-succeeded')) {
      events.emit('attempt-succeeded', { ...this.#attemptFacts(lane), duration: now() - startedAt, usage });
    }
    const degraded = stop.step > 0 || stop.lastResort ? 'downgraded' : undefined;
    const report = this.#report({ deployment: lane.deployment.id, model: stop.model, degraded });
    if (events.heard('call-answered')) {
      events.emit('call-answered', {
        ...this.#facts(),
        deployment: lane.deployment.id,
        model: stop.model,
        attempts: this.#trail.length,
        duration: now() - this.#startedAt,
        failedOver: this.#trail.some(({ deployment }) => deployment !== lane.deployment.id),
        degraded,
        usage,
      });
    }
    if (degraded !== undefined) this.#reportDegraded(degraded, 'downgraded');
    return createReply(end.completion, report, end.body);
  }

  #judge(lane: Lane, failure: (AttemptEnd & { ok: false })['failure'], startedAt: number): Verdict {
    const { settings, pool, events } = this.#environment;
    const verdict = classify(failure, settings.classify, Date.now(), (error) => this.#hookFailed('classify', error));
    bookFailure({ lane, startedAt }, verdict, pool, events);
    this.#record(lane, verdict.class, startedAt, verdict);
    const duration = now() - startedAt;
    if (verdict.class === 'client-abort') {
      if (events.heard('attempt-aborted')) events.emit('attempt-aborted', { ...this.#attemptFacts(lane), duration });
      return verdict;
    }
    this.#lastVerdict = verdict;
    this.#lastError = new AttemptError(
      verdict.class,
      lane.deployment.id,
      `${lane.deployment.id}: ${verdict.message}`,
      failure.kind === 'socket' ? { cause: failure.error } : undefined,
    );
    if (events.heard('attempt-failed')) {
      events.emit('attempt-failed', {
        ...this.#attemptFacts(lane),
        duration,
        class: verdict.class,
        breaker: verdict.breaker,
        status: verdict.status,
        code: verdict.code,
        hint: verdict.hint,
        limitedByDeadline: failure.kind === 'timeout' && failure.limitedByDeadline,
        message: verdict.message,
      });
    }
    return verdict;
  }

  #record(lane: Lane, outcome: AttemptRecord['outcome'], startedAt: number, verdict: Verdict | undefined): void {
    const { deployment, key } = lane;
    this.#trail.push({
      deployment: deployment.id,
      model: deployment.settings.model,
      upstream: deployment.upstream.settings.name,
      key: key.number,
      outcome,
      ...(verdict?.status !== undefined && { status: verdict.status }),
      ...(verdict?.code !== undefined && { code: verdict.code }),
      startedAfter: startedAt - this.#startedAt,
      duration: now() - startedAt,
    });
  }

  /** Nothing better is to be had: the canned reply, else an error. Never for the caller's own fault. */
  async #degrade(kind: 'deadline' | undefined): Promise<ChatReply> {
    const last = this.#lastVerdict;
    if (kind === undefined && last?.class === 'request') throw this.#refusal(last);
    const error = callFailure({
      kind,
      route: this.#input.route,
      at: now(),
      attempts: this.#trail,
      cause: this.#lastError,
    });
    const reply = await this.#canned(error.kind);
    this.#throwIfAborted();
    if (reply === undefined) throw error;
    return reply;
  }

  async #canned(reason: CallErrorKind): Promise<ChatReply | undefined> {
    const { settings } = this.#environment;
    const { options, checked, request, id, route } = this.#input;
    const canned = options.cannedReply ?? settings.cannedReply;
    if (canned === undefined || canned === false) return undefined;
    const made = cannedCompletion(
      canned,
      {
        request,
        locales: typeof options.locales === 'function' ? options.locales() : (options.locales ?? []),
        metadata: options.metadata,
        model: checked.model ?? route.steps[0]?.models[0]?.model ?? route.chain,
        wantsJson: checked.wantsJson,
        now: Date.now(),
        id: `chatcmpl-${id}`,
      },
      (error) => this.#hookFailed('cannedReply', error),
    );
    const completion = made instanceof Promise ? await this.#atMost(CANNED_PATIENCE, made) : made;
    if (completion === undefined || this.#aborted !== undefined) return undefined;
    this.#reportDegraded('canned', reason);
    return createReply(completion, this.#report({ deployment: undefined, model: undefined, degraded: 'canned' }));
  }

  /** The promise's value, or undefined when it does not come in time or the call is aborted. */
  async #atMost<Value>(patience: number, promise: Promise<Value>): Promise<Value | undefined> {
    const { waiting } = this.#environment;
    const wait = waiting.wait({ until: now() + patience, priority: 0, wakeable: false });
    this.#interrupt = wait.end;
    const value = await Promise.race([promise, wait.over.then(() => undefined)]);
    this.#interrupt = undefined;
    wait.end();
    return value;
  }

  /** The provider's words to the caller whose fault it is. */
  #refusal(verdict: Verdict): CallError {
    const words = verdict.providerMessage ?? 'The request was refused as invalid.';
    return new CallError({
      kind: 'bad-request',
      message: redactKeys(words, this.#environment.settings.upstreams),
      attempts: this.#trail,
      cause: this.#lastError,
    });
  }

  #report(outcome: Pick<FailoverReport, 'deployment' | 'model' | 'degraded'>): FailoverReport {
    return { requestId: this.#input.id, attempts: this.#trail, ...outcome };
  }

  #reportDegraded(degraded: 'downgraded' | 'canned', reason: CallErrorKind | 'downgraded'): void {
    const { events } = this.#environment;
    if (!events.heard('call-degraded')) return;
    const duration = now() - this.#startedAt;
    events.emit('call-degraded', { ...this.#facts(), degraded, reason, attempts: this.#trail.length, duration });
  }

  #reportFailure(error: unknown): void {
    const { events } = this.#environment;
    const facts = { ...this.#facts(), attempts: this.#trail.length, duration: now() - this.#startedAt };
    if (error instanceof CallError) events.emit('call-failed', { ...facts, kind: error.kind, status: error.status });
    else events.emit('call-aborted', facts);
  }

  #facts() {
    return { callId: this.#input.id, chain: this.#input.route.chain, metadata: this.#input.options.metadata };
  }

  #attemptFacts({ deployment, key }: Lane) {
    return {
      callId: this.#input.id,
      deployment: deployment.id,
      model: deployment.settings.model,
      upstream: deployment.upstream.settings.name,
      key: key.number,
      attempt: this.#itinerary.attempts,
    };
  }

  #hookFailed(hook: string, error: unknown): undefined {
    this.#environment.events.emit('hook-failed', { hook, error });
  }

  #throwIfAborted(): void {
    if (this.#aborted !== undefined) throw this.#aborted.reason;
  }

  #holdBudget(): boolean {
    if (this.#holdsBudget) return true;
    const { budget, events } = this.#environment;
    this.#holdsBudget = budget.take();
    if (!this.#holdsBudget) {
      events.emit('retry-budget-exhausted', { callId: this.#input.id, inUse: budget.inUse, limit: budget.limit });
    }
    return this.#holdsBudget;
  }

  #releaseBudget(): void {
    if (this.#holdsBudget) this.#environment.budget.giveBack();
    this.#holdsBudget = false;
  }
}
