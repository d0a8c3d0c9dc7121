/**
 * The gate before each attempt: synchronous, all or nothing. It asks in the order of cost, cheapest first: rest, circuit, place
 * and permits, trial slot. It never waits; whoever is refused is told when to come back, or what to wait for.
 */
import type { BreakerPass } from './breaker/breaker-pass.js';
import type { CircuitBreaker } from './breaker/circuit.js';
import { now } from './clock.js';
import type { FailureClass, Verdict } from './judgement/failure.js';
import { readRateLimits, tellsRateLimits } from './judgement/rate-limits.js';
import type { LimitRefusal, Limiter } from './limiter/limiter.js';
import type { Permit } from './limiter/permit.js';
import type { RestReason } from './pool/cooldown.js';
import { longestRest, restsUntil, type Deployment, type Lane } from './pool/pool.js';
import type { WireHeaders } from './transport/transport.js';

export type GateAnswer = Admission | Refusal;

export interface Refusal {
  readonly admitted: false;
  /** When to ask again, on the engine's clock; `Infinity` when no time is known. */
  readonly freeAt: number;
  readonly reason:
    | RestReason
    | 'draining'
    | 'not-listed'
    | 'asked'
    | 'circuit-open'
    | 'queued'
    | LimitRefusal['reason'];
  /** What has to be free first, where that may be before `freeAt`. */
  readonly limiter?: Limiter;
  /** Nothing of ours frees it before `freeAt`. */
  readonly learned?: true;
}

/** Who asks. */
export interface GateRequest {
  /** Estimated tokens of prompt and output there. */
  tokens(deployment: Deployment): number;
  /** Those of the output alone. */
  outputTokens(deployment: Deployment): number;
  /** Whether nobody who goes first waits for this limiter. */
  mayTake(limiter: Limiter): boolean;
}

/** From when on a call may ask a lane again; undefined for a deployment that it has not asked. */
export type NotBefore = ((lane: Lane) => number) | undefined;

/** How an admitted attempt ended. */
export interface Settlement {
  readonly outcome: 'success' | FailureClass;
  /** Missing for a success. */
  readonly verdict?: Verdict;
  /** The request had begun to go out, so the upstream has counted it. */
  readonly written: boolean;
  /** Content had begun to come, so that tokens were spent whatever came of it. */
  readonly generated?: boolean;
  /** As reported; the estimate stands where nothing was. */
  readonly tokensUsed?: number | undefined;
}

/** The attempt may begin now. It must be settled, or given back. */
export class Admission {
  readonly admitted = true;
  readonly lane: Lane;
  readonly #pass: BreakerPass;
  readonly #upstreamPass: BreakerPass;
  readonly #permit: Permit | undefined;

  constructor(lane: Lane, passes: { deployment: BreakerPass; upstream: BreakerPass }, permit: Permit | undefined) {
    this.lane = lane;
    this.#pass = passes.deployment;
    this.#upstreamPass = passes.upstream;
    this.#permit = permit;
  }

  /** Decides whether a half-open circuit closes. */
  get trial(): boolean {
    return this.#pass.trial || this.#upstreamPass.trial;
  }

  /** A stream has begun to answer: for a trial that is success enough. It still has to be settled. */
  firstContent(): void {
    this.#upstreamPass.firstContent();
    this.#pass.firstContent();
  }

  /** An answer has begun to come: what its headers say of limits is known before it has ended. */
  observe(status: number, headers: WireHeaders): void {
    const { limiterPlace, deployment } = this.lane;
    if (!deployment.upstream.settings.learnLimits) return;
    if (tellsRateLimits(headers)) {
      const readings = readRateLimits(headers, Date.now());
      if (readings.length > 0) limiterPlace.made().observe(readings, this.#permit);
    }
    if (this.#permit !== undefined && status < 400) limiterPlace.limiter?.accepted(this.#permit);
  }

  settle({ outcome, verdict, written, generated = false, tokensUsed }: Settlement): void {
    if (verdict?.class === 'rate-limited') this.#learnFrom(verdict);
    if (outcome === 'connect') this.#upstreamPass.failure();
    else if (written) this.#upstreamPass.success();
    else this.#upstreamPass.neutral();
    if (outcome === 'success') this.#pass.success();
    else if (verdict?.breaker === 'failure') this.#pass.failure();
    else this.#pass.neutral({ slow: outcome === 'slow' });
    // Last, because it lets the next one in at once, who must find the circuit as this attempt leaves it.
    if (written) this.#permit?.markWritten();
    // An upstream that answers with an error has generated nothing; what a cut or silent one did is not known.
    this.#permit?.release(verdict?.status !== undefined && !generated ? 0 : tokensUsed);
  }

  #learnFrom({ code, message }: Verdict): void {
    const { limiterPlace, deployment, answers } = this.lane;
    if (!deployment.upstream.settings.learnLimits) return;
    const ofTokens = /token|\bTPM\b/i.test(`${code} ${message}`);
    const refusal = {
      about: ofTokens ? 'tokens' : 'requests',
      before: Math.max(answers.perSecond(now()), deployment.running.size / deployment.lanes.length),
    } as const;
    limiterPlace.made().refused(refusal, this.#permit);
  }

  /** Nothing was sent after all. */
  giveBack(): void {
    this.#upstreamPass.neutral();
    this.#pass.neutral();
    this.#permit?.release();
  }
}

/** Asks each lane of the deployment, beginning with the one that has most left of its limits. */
export function askGate(deployment: Deployment, request: GateRequest, notBefore: NotBefore, at: number): GateAnswer {
  const closed = closedFor(deployment);
  if (closed !== undefined) return closed;
  const { lanes } = deployment;
  const first = lanes.length === 1 ? 0 : mostLeft(deployment, notBefore, at);
  let nearest: Refusal = NOBODY;
  for (let step = 0; step < lanes.length; step += 1) {
    const lane = lanes[(first + step) % lanes.length];
    if (lane === undefined) continue;
    const rest = resting(lane, notBefore?.(lane), at);
    const answer = rest ?? enter(lane, request);
    if (answer.admitted) {
      deployment.turn = (first + step + 1) % lanes.length;
      return answer;
    }
    if (nearest === NOBODY || isNearer(answer, nearest)) nearest = answer;
  }
  return nearest;
}

/** What is estimated of a request at a lane's deployment. */
export interface Peek {
  /** Of prompt and output. */
  readonly tokens: number;
  readonly outputTokens: number;
}

/** The lane that has most left, of those that do not rest; of equal ones the one whose turn it is. */
function mostLeft({ lanes, turn }: Deployment, notBefore: NotBefore, at: number): number {
  let most = -1;
  let found = turn;
  for (let step = 0; step < lanes.length; step += 1) {
    const index = (turn + step) % lanes.length;
    const lane = lanes[index];
    if (lane === undefined || restsUntil(lane) > at || (notBefore !== undefined && notBefore(lane) > at)) continue;
    const share = lane.limiter?.share() ?? 1;
    if (share <= most) continue;
    most = share;
    found = index;
    if (share === 1) break;
  }
  return found;
}

/** Why the lane would not be admitted now, if it would not. Takes nothing. */
export function peekGate(lane: Lane, { tokens, outputTokens }: Peek, at: number): Refusal | undefined {
  const { limiter } = lane;
  const limited = limiter?.check(tokens, outputTokens);
  return (
    closedFor(lane.deployment) ?? resting(lane, undefined, at) ?? (limited && limiter && refusedBy(limiter, limited))
  );
}

/**
 * When nothing but our own limits, and a cost that is out of the ordinary, can keep the deployment from being asked: in the past
 * if nothing does now, Infinity when nobody knows.
 */
export function freeAt(deployment: Deployment): number {
  if (deployment.byHand.draining || isUnlisted(deployment)) return Infinity;
  let rested = Infinity;
  for (const lane of deployment.lanes) {
    const { limiter } = lane;
    const until = restsUntil(lane);
    rested = Math.min(rested, limiter === undefined ? until : Math.max(until, limiter.learnedFreeAt()));
  }
  return Math.max(rested, circuitsAdmitAt(deployment));
}

/** When the circuits on the way to the deployment admit: -Infinity if they do now, Infinity when nobody knows. */
function circuitsAdmitAt({ breaker, upstream }: Deployment): number {
  return Math.max(admitsAt(breaker), admitsAt(upstream.breaker));
}

function enter(lane: Lane, request: GateRequest): GateAnswer {
  const { limiter, deployment } = lane;
  let permit: Permit | undefined;
  if (limiter !== undefined) {
    if (!request.mayTake(limiter)) return { admitted: false, freeAt: Infinity, reason: 'queued', limiter };
    const answer = limiter.limitsTokens
      ? limiter.tryAcquire(request.tokens(deployment), request.outputTokens(deployment))
      : limiter.tryAcquire(0);
    if (!answer.granted) return refusedBy(limiter, answer);
    permit = answer;
  }
  const upstream = deployment.upstream.breaker.admit();
  const own = upstream && deployment.breaker.admit();
  if (upstream !== undefined && own !== undefined) return new Admission(lane, { deployment: own, upstream }, permit);
  upstream?.neutral();
  permit?.release();
  return { admitted: false, freeAt: Infinity, reason: 'circuit-open' };
}

function closedFor(deployment: Deployment): Refusal | undefined {
  if (deployment.byHand.draining) return DRAINING;
  if (isUnlisted(deployment)) return NOT_LISTED;
  const { breaker, upstream } = deployment;
  if (breaker.admits() && upstream.breaker.admits()) return undefined;
  return { admitted: false, freeAt: circuitsAdmitAt(deployment), reason: 'circuit-open' };
}

/** Its upstream does not list it, and the options want that to count. */
export function isUnlisted({ listed, upstream }: Deployment): boolean {
  return listed === false && upstream.settings.strictModels;
}

function admitsAt(breaker: CircuitBreaker): number {
  return breaker.admits() ? -Infinity : (breaker.admitsAt ?? Infinity);
}

function resting(lane: Lane, notBefore: number | undefined, at: number): Refusal | undefined {
  const rest = restsUntil(lane);
  if (notBefore !== undefined && notBefore > at && notBefore >= rest) {
    return { admitted: false, freeAt: notBefore, reason: 'asked' };
  }
  if (rest <= at) return undefined;
  return { admitted: false, freeAt: rest, reason: longestRest(lane).reason ?? 'by-hand' };
}

function refusedBy(limiter: Limiter, refusal: LimitRefusal): Refusal {
  if (refusal.reason === 'too-large') return { admitted: false, freeAt: Infinity, reason: 'too-large' };
  if (refusal.reason === 'concurrency') return { admitted: false, freeAt: Infinity, reason: refusal.reason, limiter };
  const { reason, freeAt: expected, learned } = refusal;
  return { admitted: false, freeAt: expected, reason, limiter, ...(learned && { learned }) };
}

/** A lane that a place or permit may free at any moment is nearer than one that nothing frees. */
function isNearer(one: Refusal, other: Refusal): boolean {
  if (one.freeAt !== other.freeAt) return one.freeAt < other.freeAt;
  return one.limiter !== undefined && other.limiter === undefined;
}

const DRAINING: Refusal = { admitted: false, freeAt: Infinity, reason: 'draining' };
const NOT_LISTED: Refusal = { admitted: false, freeAt: Infinity, reason: 'not-listed' };
const NOBODY: Refusal = { admitted: false, freeAt: Infinity, reason: 'draining' };
