/**
 * One attempt from its admission to its books: sends, is judged, and settles everything that the gate has given it. It needs
 * its call only to be told, so a trial that was overtaken can go on unseen and still be judged fairly.
 */
import { now } from '../clock.js';
import type { Settings, Timeouts } from '../config/settings.js';
import type { AttemptError } from '../errors.js';
import type { Events } from '../events.js';
import type { Admission } from '../gate.js';
import { classify } from '../judgement/classify.js';
import type { Failure, FailureClass, Verdict } from '../judgement/failure.js';
import type { Deployment, Lane, Pool } from '../pool/pool.js';
import { redactKeys } from '../redact.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { WireRequest } from '../transport/transport.js';
import { UnaryAttempt, type AttemptEnd } from './attempt.js';
import { unaryLimit } from './attempt-limit.js';
import { bookFailure, bookSuccess } from './book-verdict.js';
import type { Attempted, CallReport } from './call-report.js';
import type { Wait } from './interruption.js';
import { pauseUntil } from './pause.js';
import { wireRequest } from './wire-request.js';

/** What an attempt needs of its engine. */
export interface AttemptEnvironment {
  readonly settings: Settings;
  readonly pool: Pool;
  readonly events: Events;
}

/** What an attempt needs of its call. */
export interface AttemptScope {
  readonly checked: CheckedRequest;
  /** The call's own, where it has them. */
  readonly timeouts: Partial<Timeouts> | undefined;
  readonly deadlineAt: number;
  /** Whether anybody but this deployment could still be asked. */
  readonly othersRemain: (current: Deployment) => boolean;
  readonly report: CallReport;
}

export type RunEnd =
  | { readonly ok: true; readonly completion: ChatCompletion; readonly body: Buffer }
  | { readonly ok: false; readonly verdict: Verdict; readonly error: AttemptError };

export class AttemptRun implements Wait<RunEnd> {
  readonly lane: Lane;
  /** It decides whether a half-open circuit closes. */
  readonly trial: boolean;
  /** Rejects only for a fault of ours. By then everything is booked and given back. */
  readonly over: Promise<RunEnd>;
  readonly #environment: AttemptEnvironment;
  readonly #scope: AttemptScope;
  readonly #admission: Admission;
  readonly #number: number;
  #settle: (end: RunEnd) => void = () => {};
  #break: (fault: unknown) => void = () => {};
  #attempted: Attempted | undefined;
  #current: UnaryAttempt | undefined;
  #stopSigning: (() => void) | undefined;
  /** Why it was ended from outside, if it was. */
  #ended: Failure | undefined;

  /** `number` is its place in its call, from 1. */
  constructor(environment: AttemptEnvironment, scope: AttemptScope, admission: Admission, number: number) {
    this.lane = admission.lane;
    this.trial = admission.trial;
    this.#environment = environment;
    this.#scope = scope;
    this.#admission = admission;
    this.#number = number;
    this.over = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#break = reject;
    });
    this.lane.deployment.running.add(this);
    this.#begin(false);
  }

  /** The caller has left, or another attempt was faster: ends it at once, blaming nobody. */
  end(): void {
    this.#endWith({ kind: 'aborted' });
  }

  /** Its circuit has opened while it was silent: ends it, so that its call can move on. Unless nobody else could answer. */
  abandon(): void {
    if (this.#current?.received === true || !this.#scope.othersRemain(this.lane.deployment)) return;
    this.#endWith({ kind: 'local', reason: 'abandoned when its circuit opened' });
  }

  /** Its call has been answered by another; it goes on, so that it is judged by its own end. */
  overtaken(): void {
    if (this.#attempted !== undefined) {
      this.#scope.report.overtaken(this.#attempted, this.#current?.received === true ? 'slow' : 'silent');
    }
  }

  #endWith(failure: Failure): void {
    this.#ended ??= failure;
    this.#current?.fail(failure);
    this.#stopSigning?.();
  }

  #begin(fresh: boolean): void {
    const { lane } = this;
    const { checked, timeouts, deadlineAt } = this.#scope;
    const attempted = { lane, number: this.#number, startedAt: now() };
    this.#attempted = attempted;
    lane.statistics.begin();
    lane.deployment.statistics.begin();
    this.#scope.report.attemptStarted(attempted);
    const own = lane.deployment.settings.timeouts;
    const merged = timeouts === undefined ? own : { ...own, ...timeouts };
    const wire = wireRequest(lane, checked, { fresh, timeouts: merged });
    if (!(wire instanceof Promise)) {
      this.#send(wire, attempted, merged);
      return;
    }
    void this.#signed(wire, deadlineAt - attempted.startedAt).then((signed) => this.#send(signed, attempted, merged));
  }

  #send(wire: WireRequest | undefined, attempted: Attempted, timeouts: Timeouts): void {
    const { lane } = this;
    const { checked, deadlineAt, othersRemain } = this.#scope;
    if (wire === undefined || this.#ended !== undefined) {
      const failure = this.#ended ?? ({ kind: 'local', reason: 'the request could not be signed' } as const);
      this.#onEnd(attempted, true, { ok: false, failure, written: false });
      return;
    }
    const limit = unaryLimit(timeouts, checked.maxOutputTokens, {
      remaining: Math.max(0, deadlineAt - now()),
      othersRemain: () => othersRemain(lane.deployment),
    });
    this.#current = new UnaryAttempt(lane, wire, limit, (end) => this.#onEnd(attempted, wire.fresh, end));
    this.#current.start();
  }

  #onEnd(attempted: Attempted, fresh: boolean, end: AttemptEnd): void {
    try {
      if (end.ok) {
        this.#settle(this.#succeed(attempted, end));
        return;
      }
      const verdict = this.#judge(end.failure);
      // The socket had died before we wrote: the upstream never saw the request, so asking again costs it nothing.
      const again = verdict.class === 'stale-socket' && !fresh && this.#ended === undefined;
      const error = this.#fail(attempted, verdict, end, again);
      if (again) this.#begin(true);
      else this.#settle({ ok: false, verdict, error });
    } catch (fault) {
      // Ours, then; the call must hear of it rather than wait for ever.
      this.#break(fault);
    }
  }

  /** Undefined when the hook fails, takes longer than the attempt may, or the attempt is ended meanwhile. */
  async #signed<Wire>(wire: Promise<Wire>, limit: number): Promise<Wire | undefined> {
    const pause = pauseUntil(now() + limit);
    this.#stopSigning = pause.end;
    try {
      return await Promise.race([wire, pause.over.then(() => undefined)]);
    } catch (error) {
      this.#scope.report.hookFailed('sign', error);
      return undefined;
    } finally {
      pause.end();
    }
  }

  /** A circuit that silence has opened: whoever is still met with it moves on at once instead of waiting his time out. */
  #abandonOthers(): void {
    for (const run of this.lane.deployment.running) run.abandon();
  }

  #judge(failure: Failure): Verdict {
    const { classify: hook, upstreams } = this.#environment.settings;
    const onFault = (fault: unknown): void => this.#scope.report.hookFailed('classify', fault);
    const verdict = classify(failure, hook, Date.now(), onFault);
    const { code, message } = verdict;
    // An upstream may quote a key where a code belongs.
    return { ...verdict, code: code && redactKeys(code, upstreams), message: redactKeys(message, upstreams) };
  }

  #succeed(attempted: Attempted, { completion, body, headers }: AttemptEnd & { ok: true }): RunEnd {
    const { usage } = completion;
    this.lane.deployment.running.delete(this);
    this.#admission.settle({ outcome: 'success', tokensUsed: usage?.total_tokens, written: true, headers });
    bookSuccess(attempted, usage?.completion_tokens);
    this.#scope.report.attemptSucceeded(attempted, usage);
    return { ok: true, completion, body };
  }

  #fail(attempted: Attempted, verdict: Verdict, end: AttemptEnd & { ok: false }, again: boolean): AttemptError {
    const { failure, written } = end;
    // Listeners hear of the failure first, then of what it led to.
    const error = this.#scope.report.attemptFailed(attempted, verdict, failure);
    // Before anything is given back: whoever waits for this place must already find the lane resting.
    bookFailure(attempted, verdict, this.#environment);
    if (again) return error;
    this.lane.deployment.running.delete(this);
    const headers = failure.kind === 'status' ? failure.headers : undefined;
    const { breaker } = this.lane.deployment;
    const { generation } = breaker;
    this.#admission.settle({ outcome: verdict.class, verdict, written, headers });
    const opened = breaker.generation !== generation && breaker.state === 'open';
    if (opened && OF_SILENCE.has(verdict.class)) this.#abandonOthers();
    return error;
  }
}

/** What opened the circuit tells whether those who still wait can hope for an answer: errors come quickly, silence lasts. */
const OF_SILENCE: ReadonlySet<FailureClass> = new Set<FailureClass>(['silent', 'timeout']);
