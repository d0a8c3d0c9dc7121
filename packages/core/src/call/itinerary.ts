/**
 * Where a call goes next. Holds what the call has tried and applies the caps; decides, and sends nothing itself.
 *
 * The order of preference: an untried deployment of the earliest model, at once; the same deployment once more after its back-off;
 * the next model of the chain; and when nothing can serve now, waiting for the one that is free first.
 */
import type { DeploymentRetryOptions } from '../config/options.js';
import type { DeploymentRetry } from '../config/settings.js';
import { askGate, circuitsAdmitAt, type Admission, type GateRequest, type Refusal } from '../gate.js';
import { backoff, hintWait } from '../judgement/backoff.js';
import type { FailureClass, Verdict } from '../judgement/failure.js';
import type { Limiter } from '../limiter/limiter.js';
import { orderDeployments, take, type View } from '../plan/plan.js';
import type { Route } from '../plan/route.js';
import { restsUntil, type Deployment, type Lane, type Upstream } from '../pool/pool.js';
import { Stops, type Stop } from './stops.js';

/** The caps and waits of one call. Durations in milliseconds, times on the engine's clock. */
export interface ItineraryLimits {
  readonly maxAttempts: number;
  readonly maxAttemptsPerModel: number;
  /** The caller retries by itself, so this call tries once less. */
  readonly callerRetries: boolean;
  /** The caller's own limit, which no chain may stretch. */
  readonly hardMaximum: number | undefined;
  /** The caller's own back-off and waits, where it has them. */
  readonly retry: DeploymentRetryOptions | undefined;
  readonly queueWait: number;
  readonly deadlineAt: number;
}

/** What the itinerary asks of its call at each move. */
export interface MoveRequest extends GateRequest {
  /** Takes a unit of the retry budget; asked only when a retry is what would come next. */
  readonly mayRetry: () => boolean;
}

/** What to do next. */
export type NextMove =
  | { readonly kind: 'attempt'; readonly stop: Stop; readonly admission: Admission }
  /** The time has to pass, whatever else becomes free. */
  | { readonly kind: 'pause'; readonly until: number; readonly reason: 'back-off' | 'hint' }
  | QueueMove
  | { readonly kind: 'exhausted' };

/** Nothing can serve now, but something may soon. */
export interface QueueMove {
  readonly kind: 'queue';
  /** Gives up then. */
  readonly until: number;
  /** A time at which asking again is worth it; `Infinity` if there is none. */
  readonly wakeAt: number;
  /** What stands in the way: each may be free earlier than it seems. */
  readonly keys: ReadonlySet<WaitKey>;
}

/** What a call waits for: a place or permits, or the end of a rest. */
export type WaitKey = Limiter | Deployment;

/** What this call knows of a deployment that it has asked. */
interface Asked {
  attempts: number;
  /** Not again in this call. */
  over: boolean;
  /** The same once more, not before this time. */
  backOffUntil: number | undefined;
  /** When single lanes may be asked again; `Infinity` for one that this call is done with. */
  readonly lanes: Map<Lane, number>;
}

/** Room that must be left after a hint has been waited for. */
const SPARE_AFTER_HINT = 2_000;

/** Failures of a lane or key, which leave the deployment's other lanes open. */
const OF_A_LANE: ReadonlySet<FailureClass> = new Set<FailureClass>(['rate-limited', 'credential', 'quota']);

export class Itinerary {
  readonly #limits: ItineraryLimits;
  readonly #view: View;
  readonly #random: () => number;
  readonly #stops: Stops;
  /** Those whose attempt has failed; most calls have none. */
  #asked: Map<Deployment, Asked> | undefined;
  /** Those who have failed this call. */
  #triedUpstreams: Set<Upstream> | undefined;
  readonly #maximum: number;
  readonly #maximumPerModel: number;
  /** Models that somebody serves and nobody has been asked for yet. */
  #untried: number;
  #attempts = 0;
  #queuedFrom: number | undefined;

  constructor(route: Route, limits: ItineraryLimits, view: View, random: () => number) {
    this.#limits = limits;
    this.#view = view;
    this.#random = random;
    this.#stops = new Stops(route);
    this.#untried = this.#stops.served;
    const { maxAttempts, maxAttemptsPerModel, callerRetries, hardMaximum } = limits;
    const fewer = callerRetries ? 1 : 0;
    this.#maximum = hardMaximum ?? Math.max(1, Math.max(maxAttempts, this.#untried + 1) - fewer);
    this.#maximumPerModel = Math.max(1, maxAttemptsPerModel - fewer);
  }

  /** Attempts that counted so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next move at this moment. An admission that it holds has to be used or given back. */
  next(at: number, request: MoveRequest): NextMove {
    const obstacles = new Obstacles();
    for (let index = 0; ; index += 1) {
      const stop = this.#stops.at(index);
      if (stop === undefined) return this.#waitFor(obstacles, at, request) ?? EXHAUSTED;
      if (!this.#mayAttempt(stop)) continue;
      const move = this.#ask(stop, at, request, obstacles) ?? this.#backOff(stop, at, request, obstacles);
      if (move !== undefined) return move;
    }
  }

  /** An attempt begins. */
  begin(stop: Stop, lane: Lane): void {
    if (stop.attempts === 0) this.#untried -= 1;
    stop.attempts += 1;
    this.#attempts += 1;
    this.#queuedFrom = undefined;
    const asked = this.#asked?.get(lane.deployment);
    if (asked !== undefined) asked.attempts += 1;
  }

  /** An attempt has failed: notes whom this call may ask again, and when. */
  fail(stop: Stop, lane: Lane, verdict: Verdict, at: number): void {
    const asked = this.#recall(lane.deployment);
    this.#triedUpstreams ??= new Set();
    this.#triedUpstreams.add(lane.deployment.upstream);
    const { contextWindow } = lane.deployment.settings;
    const retry = this.#retryOf(lane);
    asked.backOffUntil = undefined;
    if (verdict.contextLength === true) {
      this.#stops.closeSmaller(contextWindow, stop);
    } else if (OF_A_LANE.has(verdict.class)) {
      asked.lanes.set(lane, this.#laneNotBefore(lane, verdict, asked.attempts, at));
    } else if (verdict.retrySame !== true || asked.attempts > 1) {
      asked.over = true;
    } else if (verdict.hint === undefined) {
      const overloaded = verdict.status === 529;
      asked.backOffUntil = at + backoff({ retry, n: asked.attempts - 1, overloaded, random: this.#random });
    } else {
      const notBefore = this.#laneNotBefore(lane, verdict, asked.attempts, at);
      for (const one of lane.deployment.lanes) asked.lanes.set(one, notBefore);
    }
  }

  /** Whether anybody else could still be asked, so that time must be kept for them. */
  othersRemain(current: Deployment): boolean {
    for (let index = 0; ; index += 1) {
      const stop = this.#stops.at(index);
      if (stop === undefined) return false;
      if (stop.closed) continue;
      for (const { members } of stop.route.tiers) {
        if (members.some((one) => one !== current && this.#asked?.get(one)?.over !== true)) return true;
      }
    }
  }

  #ask(stop: Stop, at: number, request: MoveRequest, obstacles: Obstacles): NextMove | undefined {
    stop.order ??= take(orderDeployments(stop.route, this.#view, at));
    for (const deployment of stop.order) {
      const asked = this.#asked?.get(deployment);
      if (asked !== undefined && (asked.over || asked.backOffUntil !== undefined)) continue;
      if (!this.#leavesRoom(deployment)) continue;
      const notBefore = asked && ((lane: Lane): number => asked.lanes.get(lane) ?? -Infinity);
      const answer = askGate(deployment, request, notBefore, at);
      if (!answer.admitted) {
        obstacles.add(deployment, answer);
      } else if (asked?.lanes.has(answer.lane) !== true || request.mayRetry()) {
        return { kind: 'attempt', stop, admission: answer };
      } else {
        answer.giveBack();
        asked.over = true;
      }
    }
    return undefined;
  }

  /** The same deployment once more, when its back-off is over and if there is any hope that it may be asked then. */
  #backOff(stop: Stop, at: number, request: MoveRequest, obstacles: Obstacles): NextMove | undefined {
    let until = Infinity;
    for (const deployment of stop.order ?? []) {
      const asked = this.#asked?.get(deployment);
      const due = asked?.backOffUntil;
      if (asked === undefined || due === undefined || asked.over) continue;
      const hopeless = due >= this.#limits.deadlineAt || freeAt(deployment) > due || !this.#leavesRoom(deployment);
      if (hopeless || !request.mayRetry()) {
        asked.over = true;
      } else if (due > at) {
        until = Math.min(until, due);
      } else {
        const answer = askGate(deployment, request, undefined, at);
        if (answer.admitted) return { kind: 'attempt', stop, admission: answer };
        obstacles.add(deployment, answer);
      }
    }
    return until === Infinity ? undefined : { kind: 'pause', until, reason: 'back-off' };
  }

  /** When this call may ask the lane again; never, where no waiting helps or the wait is too long. */
  #laneNotBefore(lane: Lane, { hint, retrySame }: Verdict, attempts: number, at: number): number {
    const retry = this.#retryOf(lane);
    if (retrySame !== true) return Infinity;
    if (hint === undefined) return at + backoff({ retry, n: attempts - 1, overloaded: true, random: this.#random });
    return hint > retry.maxHintWait ? Infinity : at + hintWait(hint, this.#random);
  }

  #retryOf(lane: Lane): DeploymentRetry {
    return { ...lane.deployment.settings.retry, ...this.#limits.retry };
  }

  #recall(deployment: Deployment): Asked {
    this.#asked ??= new Map();
    let asked = this.#asked.get(deployment);
    if (asked === undefined) {
      asked = { attempts: 1, over: false, backOffUntil: undefined, lanes: new Map() };
      this.#asked.set(deployment, asked);
    }
    return asked;
  }

  /** One attempt is always kept for each model not yet tried; a model's first attempt is what is kept. */
  #mayAttempt(stop: Stop): boolean {
    if (stop.closed || stop.attempts >= this.#maximumPerModel) return false;
    const left = this.#maximum - this.#attempts;
    return stop.attempts === 0 ? left > 0 : left > this.#untried;
  }

  /**
   * One attempt is kept for each upstream not yet tried, too: the many keys and models of one that refuses everything must not
   * use up what another could have answered.
   */
  #leavesRoom({ upstream }: Deployment): boolean {
    if (this.#triedUpstreams?.has(upstream) !== true) return true;
    return this.#maximum - this.#attempts > this.#stops.upstreams().size - this.#triedUpstreams.size;
  }

  #waitFor({ soonest, own, keys, limited }: Obstacles, at: number, { mayRetry }: MoveRequest): NextMove | undefined {
    if (keys === undefined) return undefined;
    const { deadlineAt, queueWait } = this.#limits;
    const queuedFrom = this.#queuedFrom ?? at;
    const giveUp = Math.min(queuedFrom + queueWait, deadlineAt);
    if (own < soonest && own + SPARE_AFTER_HINT <= deadlineAt && mayRetry()) {
      return { kind: 'pause', until: own, reason: 'hint' };
    }
    if (at >= giveUp || (soonest > giveUp && !limited)) return undefined;
    this.#queuedFrom = queuedFrom;
    return { kind: 'queue', until: giveUp, wakeAt: soonest, keys };
  }
}

/** What stood in the way of a move. */
class Obstacles {
  /** When the first of those that rest for everybody is free. */
  soonest = Infinity;
  /** When the first wait is over that was named to this very call. */
  own = Infinity;
  /** A limit is among them: its release may come at any moment. */
  limited = false;
  keys: Set<WaitKey> | undefined;

  add(deployment: Deployment, { freeAt: until, reason, limiter }: Refusal): void {
    if (reason === 'asked') this.own = Math.min(this.own, until);
    else this.soonest = Math.min(this.soonest, until);
    if (limiter !== undefined) this.limited = true;
    this.keys ??= new Set();
    this.keys.add(limiter ?? deployment);
  }
}

const EXHAUSTED: NextMove = { kind: 'exhausted' };

/** When nothing but limits can keep the deployment from being asked. */
function freeAt(deployment: Deployment): number {
  return Math.max(circuitsAdmitAt(deployment), Math.min(...deployment.lanes.map(restsUntil)));
}
