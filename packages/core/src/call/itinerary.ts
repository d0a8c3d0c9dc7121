/**
 * Where a call goes next. Holds what the call has tried and applies the caps; decides, and sends nothing itself.
 *
 * The order of preference: an untried deployment of the earliest model, at once; the same deployment once more after its back-off;
 * the next model of the chain; and when nothing can serve now, waiting for the one that is free first. Whoever probes have taken down
 * is passed over at first, and asked before anybody waits or gives up.
 */
import type { DeploymentRetryOptions } from '../config/options.js';
import type { DeploymentRetry } from '../config/settings.js';
import { askGate, freeAt, type Admission, type GateRequest } from '../gate.js';
import { backoff, hintWait } from '../judgement/backoff.js';
import type { FailureClass, Verdict } from '../judgement/failure.js';
import type { Suitability } from '../plan/objection.js';
import { orderDeployments, take, type Chooser } from '../plan/plan.js';
import type { Route } from '../plan/route.js';
import type { Deployment, Lane, Upstream } from '../pool/pool.js';
import { Obstacles, type QueueMove } from './obstacles.js';
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
  mayRetry(): boolean;
}

/** What the itinerary decides by. */
export interface ItinerarySeams extends Chooser {
  readonly random: () => number;
  readonly suitability: Suitability & {
    /** It is its turn, and it is passed over; told whenever that happens. */
    skip(deployment: Deployment, reason: string): void;
  };
}

export interface RaceRequest {
  readonly request: MoveRequest;
  /** Deployments of other models may be asked too. */
  readonly acrossModels: boolean;
}

export interface AttemptMove {
  readonly kind: 'attempt';
  readonly stop: Stop;
  readonly admission: Admission;
}

/** What to do next. */
export type NextMove =
  | AttemptMove
  /** The time has to pass, whatever else becomes free. */
  | { readonly kind: 'pause'; readonly until: number; readonly reason: 'back-off' | 'hint' }
  | QueueMove
  | { readonly kind: 'exhausted' };

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
  readonly #chooser: Chooser;
  readonly #random: () => number;
  readonly #suitability: ItinerarySeams['suitability'];
  readonly #stops: Stops;
  /** Those whose attempt has failed; most calls have none. */
  #asked: Map<Deployment, Asked> | undefined;
  /** Those who have failed this call. */
  #triedUpstreams: Set<Upstream> | undefined;
  /** Attempts that are allowed however short the chain is. */
  readonly #least: number;
  readonly #maximumPerModel: number;
  /** Known once it matters: who can serve the request at all is not asked of everybody before somebody has failed. */
  #maximum: number | undefined;
  #attempts = 0;
  /** Those whom probes have taken down are not asked now, and whether there was one. */
  #passesOver = true;
  #passedOver = false;
  #queuedFrom: number | undefined;

  constructor(route: Route, limits: ItineraryLimits, seams: ItinerarySeams) {
    this.#limits = limits;
    this.#chooser = seams;
    this.#random = seams.random;
    this.#suitability = seams.suitability;
    this.#stops = new Stops(route);
    const { maxAttempts, maxAttemptsPerModel, callerRetries, hardMaximum } = limits;
    const fewer = callerRetries ? 1 : 0;
    this.#least = Math.max(1, (hardMaximum ?? maxAttempts) - fewer);
    this.#maximumPerModel = Math.max(1, maxAttemptsPerModel - fewer);
  }

  /** Attempts that counted so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next move at this moment. An admission that it holds has to be used or given back. */
  next(at: number, request: MoveRequest): NextMove {
    const obstacles = new Obstacles();
    this.#passesOver = true;
    this.#passedOver = false;
    let move = this.#first(at, request, obstacles);
    if (move === undefined && this.#passedOver) {
      this.#passesOver = false;
      move = this.#first(at, request, obstacles);
    }
    return move ?? this.#waitFor(obstacles, at, request) ?? EXHAUSTED;
  }

  /** The first stop with a move. */
  #first(at: number, request: MoveRequest, obstacles: Obstacles): NextMove | undefined {
    for (let index = 0; ; index += 1) {
      const stop = this.#stops.at(index);
      if (stop === undefined) return undefined;
      if (!this.#mayAttempt(stop)) continue;
      const move = this.#ask(stop, at, request, obstacles) ?? this.#backOff(stop, at, request, obstacles);
      if (move !== undefined) return move;
    }
  }

  /** More than one deployment could ever be asked. */
  get hasSeveral(): boolean {
    return this.#stops.several;
  }

  /** Somebody other than `current` who can be asked at once, if there is anybody. */
  beside(current: Deployment, at: number, { request, acrossModels }: RaceRequest): AttemptMove | undefined {
    this.#passesOver = true;
    for (let index = 0; ; index += 1) {
      const stop = this.#stops.at(index);
      if (stop === undefined) return undefined;
      if (!acrossModels && stop.model !== current.settings.model) continue;
      const move = this.#mayAttempt(stop) ? this.#ask(stop, at, request, new Obstacles(), current) : undefined;
      if (move !== undefined) return move;
    }
  }

  /** An attempt begins. */
  begin(stop: Stop, lane: Lane): void {
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
    } else if (OF_A_LANE.has(verdict.class) || verdict.ofKey === true) {
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

  /** Whether anybody else could still be asked by this call, so that time must be kept for them. */
  othersRemain(current: Deployment, at: number): boolean {
    for (let index = 0; ; index += 1) {
      const stop = this.#stops.at(index);
      if (stop === undefined) return false;
      const { tiers } = stop.route;
      if (tiers.some(({ members }) => members.some((one) => one !== current && this.#isHope(one, stop, at))))
        return true;
    }
  }

  /** Probes say that it is down, and others have not been asked yet. */
  #isPassedOver({ health }: Deployment): boolean {
    return this.#passesOver && health.avoided;
  }

  #isHope(deployment: Deployment, stop: Stop, at: number): boolean {
    if (this.#isPassedOver(deployment)) return false;
    if (this.#asked?.get(deployment)?.over === true || freeAt(deployment) >= this.#limits.deadlineAt) return false;
    return this.#mayAttempt(stop) && this.#leavesRoom(deployment, stop, at) && this.#suits(deployment);
  }

  #ask(
    stop: Stop,
    at: number,
    request: MoveRequest,
    obstacles: Obstacles,
    except?: Deployment,
  ): AttemptMove | undefined {
    stop.order ??= take(orderDeployments(stop.route, this.#chooser, at));
    for (const deployment of stop.order) {
      const asked = this.#asked?.get(deployment);
      if (deployment === except || asked?.over === true || asked?.backOffUntil !== undefined) continue;
      if (this.#isPassedOver(deployment)) {
        this.#passedOver = true;
        continue;
      }
      if (!this.#leavesRoom(deployment, stop, at)) continue;
      const objection = this.#suitability.objectionTo(deployment);
      if (objection !== undefined) {
        this.#suitability.skip(deployment, objection.reason);
        continue;
      }
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
      const hopeless =
        due >= this.#limits.deadlineAt || freeAt(deployment) > due || !this.#leavesRoom(deployment, stop, at);
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
    if (stop.attempts > 0) return this.#left() > this.#stops.untried(this.#suitability);
    return this.#attempts < this.#least || this.#left() > 0;
  }

  #suits(deployment: Deployment): boolean {
    return this.#suitability.objectionTo(deployment) === undefined;
  }

  /** Attempts that are left; a long chain may make one more than it has models. */
  #left(): number {
    if (this.#maximum === undefined) {
      const { hardMaximum, callerRetries } = this.#limits;
      const models = this.#stops.served(this.#suitability);
      this.#maximum =
        hardMaximum === undefined ? Math.max(this.#least, models + 1 - (callerRetries ? 1 : 0)) : this.#least;
    }
    return this.#maximum - this.#attempts;
  }

  /**
   * One attempt is kept for each upstream not yet tried that could soon be asked, in the whole call and for its model: the
   * many keys and models of one that refuses everything must not use up what another could have answered.
   */
  #leavesRoom({ upstream, settings }: Deployment, stop: Stop, at: number): boolean {
    const tried = this.#triedUpstreams;
    if (tried?.has(upstream) !== true) return true;
    const soon = at + this.#limits.queueWait;
    const untried = new Set<Upstream>();
    const untriedHere = new Set<Upstream>();
    for (const one of this.#stops.deployments()) {
      if (tried.has(one.upstream) || this.#isPassedOver(one) || freeAt(one) > soon || !this.#suits(one)) continue;
      untried.add(one.upstream);
      if (one.settings.model === settings.model) untriedHere.add(one.upstream);
    }
    const leftHere = this.#maximumPerModel - stop.attempts;
    return this.#left() > untried.size && leftHere > untriedHere.size;
  }

  /** In line, if anybody may soon be free; else a hint is sat out, which is for when there is nobody else. */
  #waitFor(obstacles: Obstacles, at: number, request: MoveRequest): NextMove | undefined {
    const { deadlineAt, queueWait } = this.#limits;
    const queuedFrom = this.#queuedFrom ?? at;
    const queue = obstacles.queue(at, Math.min(queuedFrom + queueWait, deadlineAt));
    if (queue !== undefined) {
      this.#queuedFrom = queuedFrom;
      return queue;
    }
    const until = obstacles.own;
    if (until === Infinity || until + SPARE_AFTER_HINT > deadlineAt || !request.mayRetry()) return undefined;
    return { kind: 'pause', until, reason: 'hint' };
  }
}

const EXHAUSTED: NextMove = { kind: 'exhausted' };
