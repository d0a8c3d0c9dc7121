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
import { changesFor } from '../plan/objection.js';
import { fitted } from '../plan/fitted-request.js';
import type { Deployment, Lane, Pool } from '../pool/pool.js';
import { redactKeys } from '../redact.js';
import type { BodyShape } from '../request/checked-request.js';
import { REFUSABLE_FEATURES } from '../request/refusable.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { ChatUsage } from '../request/chat-types.js';
import type { WireHeaders, WireRequest } from '../transport/transport.js';
import type { Attempt, AttemptEnd, AttemptListener } from './attempt.js';
import { withinDeadline, type TimeLeft } from './attempt-limit.js';
import { NO_TOKEN } from '../pool/ask-upstream.js';
import type { KeyHeaders } from '../pool/credential.js';
import { bookFailure, bookSuccess, bookWait, countFailure } from './book-verdict.js';
import type { Attempted, CallReport } from './call-report.js';
import type { Conduct, Sent } from './conduct.js';
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
export interface AttemptScope<Answer> {
  readonly conduct: Conduct<Answer>;
  readonly checked: CheckedRequest;
  /** Nothing may be left out of it or said differently. */
  readonly strict: boolean;
  /** The call's own, where it has them. */
  readonly timeouts: Partial<Timeouts> | undefined;
  readonly deadlineAt: number;
  /** Whether anybody but this deployment could still be asked. */
  othersRemain(current: Deployment): boolean;
  /** After how much silence others are asked beside an attempt there. */
  silence(lane: Lane): number | false;
  readonly report: CallReport;
}

export type RunEnd<Answer> =
  | { readonly ok: true; readonly answer: Answer; readonly usage: ChatUsage | undefined }
  | { readonly ok: false; readonly verdict: Verdict; readonly error: AttemptError };

export class AttemptRun<Answer> implements Wait<RunEnd<Answer>>, AttemptListener<Answer>, TimeLeft {
  readonly lane: Lane;
  /** It decides whether a half-open circuit closes. */
  readonly trial: boolean;
  /** The answer, or the first content of a streamed one, or the failure before it. Rejects only for a fault of ours. */
  readonly over: Promise<RunEnd<Answer>>;
  readonly #environment: AttemptEnvironment;
  readonly #scope: AttemptScope<Answer>;
  readonly #conduct: Conduct<Answer>;
  readonly #admission: Admission;
  readonly #number: number;
  #settle: (end: RunEnd<Answer>) => void = () => {};
  #break: (fault: unknown) => void = () => {};
  /** How it ended, and who waits for that. By then everything is booked and given back. */
  #closed: Promise<RunEnd<Answer>> | undefined;
  #onClosed: ((end: Promise<RunEnd<Answer>>) => void) | undefined;
  #attempted: Attempted | undefined;
  #sent: Sent | undefined;
  #fresh = false;
  /** How often it was sent once more, free of charge. */
  #repeats = 0;
  /** The key as it was sent. */
  #headers: KeyHeaders | undefined;
  #renewed = false;
  #current: Attempt | undefined;
  #contentAfter: number | undefined;
  #unseen = false;
  /** Ends the wait for what has to be there before anything is sent. */
  #stopWaiting: (() => void) | undefined;
  /** Why it was ended from outside, if it was. */
  #ended: Failure | undefined;

  /** `number` is its place in its call, from 1. */
  constructor(environment: AttemptEnvironment, scope: AttemptScope<Answer>, admission: Admission, number: number) {
    this.lane = admission.lane;
    this.trial = admission.trial;
    this.#environment = environment;
    this.#scope = scope;
    this.#conduct = scope.conduct;
    this.#admission = admission;
    this.#number = number;
    this.over = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#break = reject;
    });
    this.lane.deployment.running.add(this);
    this.#begin(false);
  }

  /** What it was asked beside the request. */
  get sent(): BodyShape | undefined {
    return this.#sent?.shape;
  }

  /** As events name it. */
  get attempted(): Attempted | undefined {
    return this.#attempted;
  }

  /** Waits for its very end; of a streamed answer that is after its last event. */
  closing(): Wait<RunEnd<Answer>> {
    const over = this.#closed ?? new Promise<RunEnd<Answer>>((resolve) => (this.#onClosed = resolve));
    return { over, end: () => this.end() };
  }

  /** The caller has left, or another attempt was faster: ends it at once, blaming nobody. */
  end(): void {
    this.#endWith({ kind: 'aborted' });
  }

  /** Its answer cannot be used, which is no fault of the upstream. */
  decline(reason: string): void {
    this.#endWith({ kind: 'local', reason });
  }

  /** Its circuit has opened while it was silent: ends it, so that its call can move on. Unless nobody else could answer. */
  abandon(bySilence: boolean): void {
    // Of an unstreamed attempt nothing can be heard yet; errors that came quickly say nothing about it.
    if (!bySilence && !this.#conduct.streamed) return;
    if (this.#current?.received === true || !this.#scope.othersRemain(this.lane.deployment)) return;
    this.#endWith({ kind: 'local', reason: 'abandoned when its circuit opened' });
  }

  /** Another attempt has answered its call, so that it has lost; what that says of it is judged. */
  lose(): void {
    const attempted = this.#attempted;
    const current = this.#current;
    // It was not the upstream that was slow: nothing has been sent to it.
    if (current === undefined) {
      this.#endWith({ kind: 'local', reason: 'overtaken before it was sent' });
      return;
    }
    if (attempted !== undefined) this.lane.deployment.firstContent.atLeast(now() - attempted.startedAt);
    this.#endWith({ kind: 'overtaken', received: current.received });
  }

  /** Its call has been answered by another; it goes on, so that it is judged by what it does itself. */
  goOnUnseen(): void {
    this.#unseen = true;
    if (this.#attempted !== undefined) {
      this.#scope.report.overtaken(this.#attempted, this.#current?.received === true ? 'slow' : 'silent');
    }
  }

  #endWith(failure: Failure): void {
    this.#ended ??= failure;
    this.#current?.fail(failure);
    this.#stopWaiting?.();
  }

  #begin(fresh: boolean): void {
    const { lane } = this;
    const { checked, strict } = this.#scope;
    const changes = changesFor(checked, lane.deployment, strict);
    const attempted = { lane, number: this.#number, startedAt: now(), changes };
    this.#attempted = attempted;
    this.#fresh = fresh;
    this.#current = undefined;
    lane.statistics.begin();
    lane.deployment.statistics.begin();
    lane.deployment.health.askedAt = attempted.startedAt;
    this.#scope.report.attemptStarted(attempted);
    const sent = { checked: fitted(checked, lane.deployment, strict), shape: this.#conduct.shapeFor(lane), strict };
    this.#sent = sent;
    const headers = lane.key.credential.headers();
    if (headers === undefined) void this.#obtain(sent).catch((fault: unknown) => this.#breakOff(fault));
    else this.#compose(headers, sent);
  }

  /** The key is given by a function, which has to be asked first. */
  async #obtain(sent: Sent): Promise<void> {
    const { limit } = withinDeadline(LONGEST_WAIT_FOR_TOKEN, this);
    const headers = await this.#within(limit, this.lane.key.credential.obtain());
    if (headers === undefined || this.#ended !== undefined)
      this.#endUnsent({ kind: 'local', reason: NO_TOKEN, ofKey: true });
    else this.#compose(headers, sent);
  }

  #compose(headers: KeyHeaders, sent: Sent): void {
    this.#headers = headers;
    const { timeouts } = this.#scope;
    const own = this.lane.deployment.settings.timeouts;
    const merged = timeouts === undefined ? own : { ...own, ...timeouts };
    const sending = { headers, fresh: this.#fresh, timeouts: merged };
    const wire = wireRequest(this.lane, sent.checked, sent.shape, sending);
    if (wire instanceof Promise)
      void this.#sendSigned(wire, sent, merged).catch((fault: unknown) => this.#breakOff(fault));
    else this.#send(wire, sent, merged);
  }

  async #sendSigned(wire: Promise<WireRequest>, sent: Sent, timeouts: Timeouts): Promise<void> {
    const signed = await this.#within(this.remaining, wire);
    if (signed === undefined || this.#ended !== undefined)
      this.#endUnsent({ kind: 'local', reason: 'the request could not be signed' });
    else this.#send(signed, sent, timeouts);
  }

  #endUnsent(failure: Failure): void {
    // A fresh connection would change nothing.
    this.#fresh = true;
    this.onEnd({ ok: false, failure: this.#ended ?? failure, written: false });
  }

  #send(wire: WireRequest, { checked }: Sent, timeouts: Timeouts): void {
    const { lane, trial } = this;
    const { deadlineAt } = this.#scope;
    const silence = this.#scope.silence(lane);
    this.#current = this.#conduct.open({ lane, wire, checked, timeouts, time: this, deadlineAt, trial, silence }, this);
    this.#current.start();
  }

  // --- how long it may take

  get remaining(): number {
    return Math.max(0, this.#scope.deadlineAt - now());
  }

  othersRemain(): boolean {
    return this.#scope.othersRemain(this.lane.deployment);
  }

  // --- what becomes of the attempt

  onHead(status: number, headers: WireHeaders): void {
    this.#admission.observe(status, headers);
  }

  onContent(answer: Answer): void {
    const attempted = this.#attempted;
    if (attempted === undefined) return;
    this.#contentAfter = now() - attempted.startedAt;
    if (this.#sent !== undefined) this.#conduct.begun?.(this.lane, this.#sent);
    this.lane.deployment.firstContent.record(this.#contentAfter);
    this.lane.deployment.latency.begun(this.#contentAfter);
    this.lane.deployment.health.succeeded(attempted.startedAt + this.#contentAfter);
    this.#admission.firstContent();
    this.#scope.report.firstContent(attempted, this.#contentAfter);
    this.#settle({ ok: true, answer, usage: undefined });
    // It has shown what it was to show, and nobody reads it.
    if (this.#unseen) this.#endWith({ kind: 'overtaken', received: true });
  }

  onEnd(end: AttemptEnd<Answer>): void {
    const attempted = this.#attempted;
    if (attempted === undefined) return;
    try {
      if (end.ok) {
        this.#close(this.#succeed(attempted, end));
        return;
      }
      const verdict = this.#judge(end.failure);
      const freshAgain = verdict.class === 'stale-socket' && !this.#fresh;
      const again =
        this.#ended === undefined &&
        this.#contentAfter === undefined &&
        this.#sent !== undefined &&
        this.#repeats < MOST_REPEATS &&
        (freshAgain || this.#renews(verdict) || this.#conduct.doesWithout(this.lane, verdict, this.#sent));
      const error = this.#fail(attempted, verdict, end, again);
      this.#repeats += 1;
      if (again) this.#begin(freshAgain);
      else this.#close({ ok: false, verdict, error });
    } catch (fault) {
      this.#breakOff(fault);
    }
  }

  /** A fault of ours, then; the call must hear of it rather than wait for ever. */
  #breakOff(fault: unknown): void {
    this.#break(fault);
    this.#onClosed?.(this.over);
  }

  #close(end: RunEnd<Answer>): void {
    this.#settle(end);
    this.#closed = this.#contentAfter === undefined ? this.over : Promise.resolve(end);
    this.#onClosed?.(this.#closed);
  }

  /** A token that has been refused may have been replaced before its time: its function is asked once more, at once and free. */
  #renews({ class: judged }: Verdict): boolean {
    if (judged !== 'credential' || this.#renewed || this.#headers === undefined) return false;
    this.#renewed = this.lane.key.credential.renew(this.#headers);
    return this.#renewed;
  }

  /** Undefined when it fails, takes longer than the attempt may, or the attempt is ended meanwhile. */
  async #within<Value>(limit: number, value: Promise<Value>): Promise<Value | undefined> {
    const pause = pauseUntil(now() + limit);
    this.#stopWaiting = pause.end;
    try {
      return await Promise.race([value, pause.over.then(() => undefined)]);
    } catch (error) {
      // Tokens do not reject.
      this.#scope.report.hookFailed('sign', error);
      return undefined;
    } finally {
      this.#stopWaiting = undefined;
      pause.end();
    }
  }

  /** Whoever is still met with silence there moves on at once instead of waiting his time out. */
  #abandonOthers(bySilence: boolean): void {
    for (const run of this.lane.deployment.running) run.abandon(bySilence);
  }

  #judge(failure: Failure): Verdict {
    const { classify: hook } = this.#environment.settings;
    const onFault = (fault: unknown): void => this.#scope.report.hookFailed('classify', fault);
    const verdict = classify(failure, hook, Date.now(), onFault);
    const { code, message, providerMessage } = verdict;
    // Its own may have left the pool since.
    const upstreams = [this.lane.deployment.upstream, ...this.#environment.pool.upstreams];
    const redacted = (text: string): string => redactKeys(text, upstreams);
    // An upstream may quote a key where a code belongs.
    const shown = { ...verdict, code: code && redacted(code), message: redacted(message) };
    return providerMessage === undefined ? shown : { ...shown, providerMessage: redacted(providerMessage) };
  }

  #succeed(attempted: Attempted, { answer, usage, skipped }: AttemptEnd<Answer> & { ok: true }): RunEnd<Answer> {
    this.lane.deployment.running.delete(this);
    this.#admission.settle({ outcome: 'success', tokensUsed: usage?.total_tokens, written: true });
    bookSuccess(attempted, usage?.completion_tokens, this.#conduct.streamed);
    if (skipped > 0) this.#scope.report.framesSkipped(attempted, skipped);
    this.#scope.report.attemptSucceeded(attempted, usage, this.#contentAfter);
    return { ok: true, answer, usage };
  }

  #fail(
    attempted: Attempted,
    verdict: Verdict,
    { failure, written }: AttemptEnd<Answer> & { ok: false },
    again: boolean,
  ): AttemptError {
    // Listeners hear of the failure first, then of what it led to.
    const error = this.#scope.report.attemptFailed(attempted, verdict, failure);
    // Before anything is given back: whoever waits for this place must already find the lane resting.
    if (again && verdict.class === 'credential') countFailure(attempted.lane, verdict);
    else bookFailure(attempted, verdict, this.#environment);
    bookWait(attempted, verdict, this.#conduct.streamed && this.#contentAfter === undefined);
    if (again) return error;
    this.lane.deployment.running.delete(this);
    const { breaker } = this.lane.deployment;
    const { generation } = breaker;
    const generated = this.#contentAfter !== undefined;
    this.#admission.settle({ outcome: verdict.class, verdict, written, generated });
    const opened = breaker.generation !== generation && breaker.state === 'open';
    if (opened) this.#abandonOthers(OF_SILENCE.has(verdict.class));
    return error;
  }
}

/** Each thing that can be refused once, and one stale socket: more is a fault of ours, which must not go round for ever. */
const MOST_REPEATS = REFUSABLE_FEATURES.length + 1;
/** A function that takes longer has failed. */
const LONGEST_WAIT_FOR_TOKEN = 10_000;

/** What opened the circuit tells whether those who still wait can hope for an answer: errors come quickly, silence lasts. */
const OF_SILENCE: ReadonlySet<FailureClass> = new Set<FailureClass>(['silent', 'timeout']);
