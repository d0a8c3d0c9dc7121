/** Looks for whoever answers a call: goes from candidate to candidate until one does or nobody is left. */
import { now } from '../clock.js';
import { given } from '../given.js';
import { CallError, type AttemptError } from '../errors.js';
import type { Admission } from '../gate.js';
import type { StickyKey } from '../config/options.js';
import type { DeploymentSettings, Timeouts } from '../config/settings.js';
import type { Verdict } from '../judgement/failure.js';
import { refusedFeature } from '../judgement/refused-feature.js';
import type { Limiter } from '../limiter/limiter.js';
import type { WaitQueue } from '../limiter/wait-queue.js';
import { objectionTo, type Objection, type Wanted } from '../plan/objection.js';
import type { Asker } from '../plan/balance/balance.js';
import type { View } from '../plan/plan.js';
import type { Deployment, Lane } from '../pool/pool.js';
import type { CheckedRequest } from '../request/check-request.js';
import { isParameter } from '../request/refusable.js';
import type { TokenCounter } from '../tokens/token-counter.js';
import { AttemptRun, type AttemptEnvironment, type AttemptScope } from './attempt-run.js';
import type { CallInput } from './call-input.js';
import type { CallReport } from './call-report.js';
import type { Conduct } from './conduct.js';
import { estimateOutput, estimateTokens } from './estimate-tokens.js';
import type { Interruption } from './interruption.js';
import { Itinerary, type MoveRequest, type NextMove } from './itinerary.js';
import type { QueueMove, WaitKey } from './obstacles.js';
import { pauseUntil } from './pause.js';
import { race, type Finish, type RaceScope, type Runner } from './race.js';
import type { RetryBudget } from './retry-budget.js';
import { stickyKeyOf } from './sticky-key.js';
import type { Stop } from './stops.js';
import type { OnRefused } from './does-without.js';

/** What all calls of an engine share. */
export interface CallEnvironment extends AttemptEnvironment {
  readonly budget: RetryBudget;
  readonly queue: WaitQueue<WaitKey>;
  readonly counter: TokenCounter;
  readonly view: View;
  readonly random: () => number;
  /** Trials that go on after their call has been answered. */
  readonly unseen: Set<Ending>;
  readonly onRefused: OnRefused;
}

/** What goes on until it is ended. */
interface Ending {
  readonly lane: Lane;
  end(): void;
}

/** What a search needs of its call. */
export interface SearchScope<Answer> {
  readonly input: CallInput;
  readonly conduct: Conduct<Answer>;
  /** On the engine's clock. */
  readonly deadlineAt: number;
  readonly report: CallReport;
  readonly interruption: Interruption;
}

/** Somebody answers. */
export interface Found<Answer> extends Runner<Answer> {
  readonly answer: Answer;
}

/** A trial never makes its caller wait longer than this while somebody else could answer. */
const PATIENCE_WITH_TRIALS = 1_000;

const OF_NO_USE: Verdict = {
  class: 'local',
  breaker: 'neutral',
  hint: undefined,
  code: undefined,
  message: 'of no use',
};

/** Is asked itself by what it begins: a closure for each question would cost every call more than the answers. */
export class Search<Answer> implements RaceScope<Answer>, AttemptScope<Answer>, MoveRequest, Wanted, Asker {
  readonly interruption: Interruption;
  readonly checked: CheckedRequest;
  readonly strict: boolean;
  readonly timeouts: Partial<Timeouts> | undefined;
  readonly deadlineAt: number;
  readonly report: CallReport;
  readonly #environment: CallEnvironment;
  readonly #input: CallInput;
  readonly #itinerary: Itinerary;
  #conduct: Conduct<Answer>;
  /** Something has left for the caller: what is wrong with one candidate's request may be right for another's. */
  #continues = false;
  #raced = false;
  #holdsBudget = false;
  /** Asked for once, because the application may say it by a function. */
  #sticksTo: { readonly key: string | undefined } | undefined;
  #lastError: AttemptError | undefined;
  #lastVerdict: Verdict | undefined;

  constructor(environment: CallEnvironment, { input, conduct, deadlineAt, report, interruption }: SearchScope<Answer>) {
    const { settings, view, random } = environment;
    const { options, route, checked } = input;
    this.#environment = environment;
    this.#input = input;
    this.checked = checked;
    this.strict = options.strictParameters ?? settings.strictParameters;
    this.timeouts = options.timeouts && given(options.timeouts);
    this.deadlineAt = deadlineAt;
    this.report = report;
    this.interruption = interruption;
    this.#conduct = conduct;
    const limits = {
      maxAttempts: settings.retry.maxAttempts,
      maxAttemptsPerModel: settings.retry.maxAttemptsPerModel,
      callerRetries: options.callerRetries === true,
      hardMaximum: options.maxAttempts,
      retry: options.retry && given(options.retry),
      queueWait: settings.queueWait,
      deadlineAt,
    };
    this.#itinerary = new Itinerary(route, limits, { view, random, suitability: this, asker: this });
  }

  get conduct(): Conduct<Answer> {
    return this.#conduct;
  }

  get lastError(): AttemptError | undefined {
    return this.#lastError;
  }

  get lastVerdict(): Verdict | undefined {
    return this.#lastVerdict;
  }

  /** Timers have whole milliseconds and may be early by a part of one. */
  isOver(at: number): boolean {
    return at + 1 > this.deadlineAt;
  }

  /** From now on candidates are asked to go on with what has been sent. */
  continueWith(conduct: Conduct<Answer>): void {
    this.#conduct = conduct;
    this.#continues = true;
  }

  /**
   * Undefined when nobody is left.
   *
   * @throws CallError for the caller's own fault
   * @throws the reason of an abort
   */
  async find(): Promise<Found<Answer> | undefined> {
    let move = this.#next();
    for (;;) {
      switch (move.kind) {
        case 'exhausted':
          return undefined;
        case 'pause':
          this.report.waiting(move.until - now(), move.reason);
          await this.interruption.during(pauseUntil(move.until));
          break;
        case 'queue':
          move = await this.#queue(move);
          continue;
        case 'attempt': {
          const { stop } = move;
          const run = this.#start(stop, move.admission);
          const patience = this.#patienceWith(run);
          const finish =
            patience === undefined
              ? { run, stop, end: await this.interruption.during(run) }
              : await race({ run, stop }, patience, this);
          const found = this.#conclude(finish);
          if (found !== undefined) return found;
        }
      }
      move = this.#next();
    }
  }

  /** Whatever comes of the call, nothing of the search is held any more. */
  end(): void {
    this.#releaseBudget();
  }

  #next(): NextMove {
    this.interruption.throwIfAborted();
    const at = now();
    return this.isOver(at) ? { kind: 'exhausted' } : this.#itinerary.next(at, this);
  }

  /** Waits in line until there is another move than waiting. */
  async #queue({ until, wakeAt, keys }: QueueMove): Promise<NextMove> {
    const { queue } = this.#environment;
    this.report.waiting(until - now(), 'queue');
    let served: NextMove | undefined;
    const waiting = queue.wait({
      priority: this.#input.options.priority ?? 0,
      until,
      obstacles: { keys, wakeAt },
      attempt: (mayTake) => {
        const request = {
          tokens: (deployment: Deployment) => this.tokens(deployment),
          outputTokens: (deployment: Deployment) => this.outputTokens(deployment),
          mayTake,
          mayRetry: () => this.mayRetry(),
        };
        const move = this.#itinerary.next(now(), request);
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

  #start(stop: Stop, admission: Admission): AttemptRun<Answer> {
    this.#itinerary.begin(stop, admission.lane);
    return new AttemptRun(this.#environment, this, admission, this.#itinerary.attempts);
  }

  #conclude(finish: Finish<Answer>): Found<Answer> | undefined {
    const { stop, run, end } = finish;
    if (!end.ok) this.noteFailure(finish);
    this.#releaseBudget();
    if (end.ok && this.interruption.aborted) run.end();
    this.interruption.throwIfAborted();
    return end.ok ? { stop, run, answer: end.answer } : undefined;
  }

  // --- what the itinerary, the gate and the attempts ask

  objectionTo(deployment: Deployment): Objection | undefined {
    return objectionTo(this, deployment);
  }

  skip(deployment: Deployment, reason: string): void {
    this.report.skip(deployment, reason);
  }

  get streamed(): boolean {
    return this.#conduct.streamed;
  }

  get maxOutputTokens(): number | undefined {
    return this.checked.maxOutputTokens;
  }

  promptTokens(reader: DeploymentSettings): number {
    return this.#environment.counter.count(this.checked.prompt, reader);
  }

  stickyKey(keyOf: StickyKey | undefined): string | undefined {
    this.#sticksTo ??= { key: stickyKeyOf(keyOf, this.#input, (fault) => this.report.hookFailed('balance', fault)) };
    return this.#sticksTo.key;
  }

  /** The estimated cost of the request at a deployment. */
  tokens(deployment: Deployment): number {
    return estimateTokens(this.checked, deployment, this.#environment.counter);
  }

  outputTokens(deployment: Deployment): number {
    return estimateOutput(this.checked, deployment);
  }

  promptAbove(limit: number, settings: DeploymentSettings): number | undefined {
    return this.#environment.counter.above(limit, this.checked.prompt, settings);
  }

  mayTake(limiter: Limiter): boolean {
    return this.#environment.queue.mayTake(limiter, this.#input.options.priority ?? 0);
  }

  othersRemain(current: Deployment): boolean {
    return this.#itinerary.othersRemain(current, now());
  }

  // --- racing

  /** Undefined for an attempt that is not raced. */
  #patienceWith({ lane, trial }: AttemptRun<Answer>): number | undefined {
    if (trial) return PATIENCE_WITH_TRIALS;
    // Of an unstreamed attempt nothing can be known before it ends.
    if (!this.#conduct.streamed || this.#raced || !this.#itinerary.hasSeveral) return undefined;
    const silence = this.silence(lane);
    return silence === false ? undefined : silence;
  }

  silence({ deployment }: Lane): number | false {
    const { raceAfter = this.#environment.settings.raceAfter } = this.#input.options;
    return raceAfter ?? deployment.firstContent.raceAfter(deployment.settings.reasoning);
  }

  /** Somebody who can be asked at once, within the retry budget. */
  challenge(first: AttemptRun<Answer>): Runner<Answer> | undefined {
    const held = this.#holdsBudget;
    if (!this.mayRetry()) return undefined;
    const acrossModels = first.trial || this.#environment.settings.raceAcrossModels;
    const { deployment } = first.lane;
    const move = this.#itinerary.beside(deployment, now(), { request: this, acrossModels });
    if (move === undefined) {
      if (!held) this.#releaseBudget();
      return undefined;
    }
    this.#raced = true;
    this.report.raceStarted(first, move.admission.lane.deployment);
    return { run: this.#start(move.stop, move.admission), stop: move.stop };
  }

  /**
   * Who was overtaken has failed this call and is not asked to go on with an answer of the winner that breaks off. A trial goes on,
   * so that it is judged by whether it answers, not by whether it is the fastest.
   */
  overtake(first: Runner<Answer>): void {
    const { run } = first;
    if (!run.trial) {
      run.lose();
      this.setAside(first);
      return;
    }
    const { unseen } = this.#environment;
    run.goOnUnseen();
    unseen.add(run);
    const forget = (): boolean => unseen.delete(run);
    run.closing().over.then(forget, forget);
  }

  /**
   * Decides nothing by itself, but ends the call for the caller's own fault. Of an answer that was cut and has not left for the
   * caller, however much of it had come, the same deployment may be asked again; what `hasLeft` is gone on with by others.
   */
  noteFailure({ stop, run, end }: Finish<Answer>, hasLeft = false): void {
    if (end.ok || end.verdict.class === 'client-abort') return;
    const { verdict, error } = end;
    this.#lastVerdict = verdict;
    this.#lastError = error;
    if (verdict.class === 'request' && !this.#continues && !this.#isOnlyThere(verdict)) throw this.refusal(verdict);
    const again = verdict.class === 'cut' && !hasLeft;
    this.#itinerary.fail(stop, run.lane, again ? { ...verdict, retrySame: true } : verdict, now());
  }

  /**
   * Refused for what another candidate may take: a prompt too long for this one; and where nothing may be left out, a parameter that it
   * does not know.
   */
  #isOnlyThere(verdict: Verdict): boolean {
    if (verdict.contextLength === true) return true;
    if (!this.strict) return false;
    const feature = refusedFeature(verdict);
    return feature !== undefined && isParameter(feature);
  }

  /** Its answer is of no use to this call; it is not asked again. */
  setAside({ stop, run }: Runner<Answer>): void {
    this.#itinerary.fail(stop, run.lane, OF_NO_USE, now());
  }

  /** The provider's words to the caller whose fault it is. */
  refusal({ code, providerMessage = 'The request was refused as invalid.' }: Verdict): CallError {
    return new CallError({
      kind: 'bad-request',
      message: providerMessage,
      providerCode: code,
      attempts: this.report.trail,
      skipped: this.report.skipped,
      cause: this.#lastError,
    });
  }

  /** Takes a unit of the retry budget, if it holds none. */
  mayRetry(): boolean {
    if (this.#holdsBudget) return true;
    const { budget } = this.#environment;
    this.#holdsBudget = budget.take();
    if (!this.#holdsBudget) this.report.budgetExhausted(budget.inUse, budget.limit);
    return this.#holdsBudget;
  }

  #releaseBudget(): void {
    if (this.#holdsBudget) this.#environment.budget.giveBack();
    this.#holdsBudget = false;
  }
}
