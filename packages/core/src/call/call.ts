/** One call from its plan to its one outcome: a reply, a degraded reply, or an error. */
import { now } from '../clock.js';
import { CallError, type AttemptError, type CallErrorKind } from '../errors.js';
import type { Admission } from '../gate.js';
import type { Verdict } from '../judgement/failure.js';
import type { WaitQueue } from '../limiter/wait-queue.js';
import type { View } from '../plan/plan.js';
import { redactKeys } from '../redact.js';
import { given } from '../given.js';
import { AttemptRun, type AttemptEnvironment, type AttemptScope, type RunEnd } from './attempt-run.js';
import { raceTrial, type Finish, type Runner, type TrialRace } from './trial-race.js';
import { callFailure } from './call-failure.js';
import type { CallInput } from './call-input.js';
import { CallReport } from './call-report.js';
import { estimateTokens } from './estimate-tokens.js';
import { Itinerary, type MoveRequest, type NextMove } from './itinerary.js';
import { giveCanned } from './give-canned.js';
import { Interruption } from './interruption.js';
import type { QueueMove, WaitKey } from './obstacles.js';
import { pauseUntil } from './pause.js';
import { createReply, type ChatReply } from './reply.js';
import type { RetryBudget } from './retry-budget.js';
import { shortenOpenTimes } from './chain-out.js';
import type { Stop } from './stops.js';

/** What all calls of an engine share. */
export interface CallEnvironment extends AttemptEnvironment {
  readonly budget: RetryBudget;
  readonly queue: WaitQueue<WaitKey>;
  readonly view: View;
  readonly random: () => number;
  /** Trials that go on after their call has been answered. */
  readonly unseen: Set<AttemptRun>;
}

export class Call implements TrialRace {
  readonly #environment: CallEnvironment;
  readonly #input: CallInput;
  readonly #deadlineAt: number;
  readonly #itinerary: Itinerary;
  readonly #report: CallReport;
  readonly #moveRequest: MoveRequest;
  readonly #scope: AttemptScope;
  readonly interruption = new Interruption();
  #lastError: AttemptError | undefined;
  #lastVerdict: Verdict | undefined;
  #holdsBudget = false;

  constructor(environment: CallEnvironment, input: CallInput) {
    const { settings, events, queue, view, random } = environment;
    const { id, options, route, checked } = input;
    const startedAt = now();
    this.#environment = environment;
    this.#input = input;
    this.#deadlineAt = startedAt + (options.deadline ?? settings.deadline);
    this.#report = new CallReport(events, { callId: id, chain: route.chain, metadata: options.metadata }, startedAt);
    const limits = {
      maxAttempts: settings.retry.maxAttempts,
      maxAttemptsPerModel: settings.retry.maxAttemptsPerModel,
      callerRetries: options.callerRetries === true,
      hardMaximum: options.maxAttempts,
      retry: options.retry && given(options.retry),
      queueWait: settings.queueWait,
      deadlineAt: this.#deadlineAt,
    };
    this.#itinerary = new Itinerary(route, limits, view, random);
    this.#scope = {
      checked,
      timeouts: options.timeouts && given(options.timeouts),
      deadlineAt: this.#deadlineAt,
      othersRemain: (current) => this.#itinerary.othersRemain(current, now()),
      report: this.#report,
    };
    const priority = options.priority ?? 0;
    this.#moveRequest = {
      tokens: (deployment) => estimateTokens(checked, deployment),
      mayTake: (limiter) => queue.mayTake(limiter, priority),
      mayRetry: () => this.#holdBudget(),
    };
  }

  /** Ends the call: it rejects with `reason`, and what it had under way at an upstream is destroyed at once. */
  abort(reason: unknown): void {
    this.interruption.abort(reason);
  }

  /** `onEnd` is called when nothing of the call is under way any more. */
  async run(onEnd: () => void): Promise<ChatReply> {
    this.#report.started();
    try {
      let move = this.#next();
      for (;;) {
        switch (move.kind) {
          case 'exhausted':
            return await this.#degrade();
          case 'pause':
            this.#report.waiting(move.until - now(), move.reason);
            await this.interruption.during(pauseUntil(move.until));
            break;
          case 'queue':
            move = await this.#queue(move);
            continue;
          case 'attempt': {
            const { stop } = move;
            const run = this.#start(stop, move.admission);
            const reply = this.#conclude(
              run.trial
                ? await raceTrial({ run, stop }, this)
                : { run, stop, end: await this.interruption.during(run) },
            );
            if (reply !== undefined) return reply;
          }
        }
        move = this.#next();
      }
    } catch (error) {
      if (error instanceof CallError) this.#report.failed(error);
      else if (this.interruption.aborted) this.#report.aborted();
      else this.#report.broken(error);
      throw error;
    } finally {
      this.#releaseBudget();
      onEnd();
    }
  }

  #next(): NextMove {
    this.interruption.throwIfAborted();
    const at = now();
    return this.#isOver(at) ? { kind: 'exhausted' } : this.#itinerary.next(at, this.#moveRequest);
  }

  /** Timers have whole milliseconds and may be early by a part of one. */
  #isOver(at: number): boolean {
    return at + 1 > this.#deadlineAt;
  }

  /** Waits in line until there is another move than waiting. */
  async #queue({ until, wakeAt, keys }: QueueMove): Promise<NextMove> {
    const { queue } = this.#environment;
    this.#report.waiting(until - now(), 'queue');
    let served: NextMove | undefined;
    const waiting = queue.wait({
      priority: this.#input.options.priority ?? 0,
      until,
      obstacles: { keys, wakeAt },
      attempt: (mayTake) => {
        const move = this.#itinerary.next(now(), { ...this.#moveRequest, mayTake });
        if (move.kind === 'queue') return { keys: move.keys, wakeAt: move.wakeAt };
        served = move;
        return true;
      },
    });
    const outcome = await this.interruption.during({ over: waiting.done, end: () => waiting.abort() });
    if (this.interruption.aborted && served?.kind === 'attempt') served.admission.giveBack();
    this.interruption.throwIfAborted();
    return outcome === 'full' ? { kind: 'exhausted' } : (served ?? this.#next());
  }

  #start(stop: Stop, admission: Admission): AttemptRun {
    this.#itinerary.begin(stop, admission.lane);
    return new AttemptRun(this.#environment, this.#scope, admission, this.#itinerary.attempts);
  }

  /** A reply, or nothing when the call has to go on. */
  #conclude(finish: Finish): ChatReply | undefined {
    const { stop, run, end } = finish;
    if (!end.ok) this.noteFailure(finish);
    this.#releaseBudget();
    this.interruption.throwIfAborted();
    return end.ok ? this.#answer(stop, run, end) : undefined;
  }

  // --- what a race asks of its call

  /** Somebody who can be asked at once, within the retry budget. */
  challenge({ lane }: AttemptRun): Runner | undefined {
    const held = this.#holdsBudget;
    if (!this.#holdBudget()) return undefined;
    const move = this.#itinerary.beside(lane.deployment, now(), this.#moveRequest);
    if (move !== undefined) return { run: this.#start(move.stop, move.admission), stop: move.stop };
    if (!held) this.#releaseBudget();
    return undefined;
  }

  goOnUnseen(run: AttemptRun): void {
    const { unseen } = this.#environment;
    run.overtaken();
    unseen.add(run);
    const forget = (): boolean => unseen.delete(run);
    run.over.then(forget, forget);
  }

  noteFailure({ stop, run, end }: Finish): void {
    if (end.ok || end.verdict.class === 'client-abort') return;
    const { verdict, error } = end;
    this.#lastVerdict = verdict;
    this.#lastError = error;
    if (verdict.class === 'request' && verdict.contextLength !== true) throw this.#refusal(verdict);
    this.#itinerary.fail(stop, run.lane, verdict, now());
  }

  #answer(stop: Stop, { lane }: AttemptRun, { completion, body }: RunEnd & { ok: true }): ChatReply {
    const degraded = stop.step > 0 || stop.lastResort ? 'downgraded' : undefined;
    this.#report.answered(lane, degraded, completion.usage);
    return createReply(completion, this.#report.describe(lane, degraded), body);
  }

  /** Nothing better is to be had: the canned reply, else an error. Never for the caller's own fault. */
  async #degrade(): Promise<ChatReply> {
    const { route } = this.#input;
    const at = now();
    shortenOpenTimes(route);
    const last = this.#lastVerdict;
    const error =
      last?.class === 'request'
        ? this.#refusal(last)
        : callFailure({
            deadlinePassed: this.#isOver(at),
            route,
            at,
            tokens: this.#moveRequest.tokens,
            attempts: this.#report.trail,
            cause: this.#lastError,
          });
    const reply = error.kind === 'bad-request' ? undefined : await this.#canned(error.kind);
    this.interruption.throwIfAborted();
    if (reply === undefined) throw error;
    return reply;
  }

  async #canned(reason: CallErrorKind): Promise<ChatReply | undefined> {
    const canned = this.#input.options.cannedReply ?? this.#environment.settings.cannedReply;
    if (canned === undefined || canned === false) return undefined;
    const { interruption } = this;
    const onFault = (hook: string, error: unknown): void => this.#report.hookFailed(hook, error);
    const completion = await giveCanned(canned, this.#input, { interruption, onFault });
    if (completion === undefined) return undefined;
    this.#report.degraded('canned', reason);
    return createReply(completion, this.#report.describe(undefined, 'canned'));
  }

  /** The provider's words to the caller whose fault it is. */
  #refusal({ providerMessage = 'The request was refused as invalid.' }: Verdict): CallError {
    return new CallError({
      kind: 'bad-request',
      message: redactKeys(providerMessage, this.#environment.settings.upstreams),
      attempts: this.#report.trail,
      cause: this.#lastError,
    });
  }

  #holdBudget(): boolean {
    if (this.#holdsBudget) return true;
    const { budget } = this.#environment;
    this.#holdsBudget = budget.take();
    if (!this.#holdsBudget) this.#report.budgetExhausted(budget.inUse, budget.limit);
    return this.#holdsBudget;
  }

  #releaseBudget(): void {
    if (this.#holdsBudget) this.#environment.budget.giveBack();
    this.#holdsBudget = false;
  }
}
