/**
 * Where a call goes next. Holds what the call has tried and applies the caps; decides, and does nothing itself.
 *
 * The order of preference: an untried deployment of the earliest model, at once; the same deployment once more after its back-off;
 * the next model of the chain; and when nothing can serve now, waiting for the one that is free first.
 */
import { askGate, type Admission } from '../gate.js';
import { backoff, hintWait } from '../judgement/backoff.js';
import type { FailureClass, Verdict } from '../judgement/failure.js';
import { orderDeployments, orderModels, take, type View } from '../plan/plan.js';
import type { Route, RouteModel } from '../plan/route.js';
import type { Deployment, Lane } from '../pool/pool.js';

/** The caps and waits of one call. Durations in milliseconds, times on the engine's clock. */
export interface ItineraryLimits {
  readonly maxAttempts: number;
  readonly maxAttemptsPerModel: number;
  /** The caller retries by itself, so this call tries once less. */
  readonly callerRetries: boolean;
  /** The caller's own limit, which no chain may stretch. */
  readonly hardMaximum: number | undefined;
  readonly queueWait: number;
  readonly deadlineAt: number;
}

/** What to do next. */
export type NextMove =
  | { readonly kind: 'attempt'; readonly stop: Stop; readonly admission: Admission; readonly again: boolean }
  | { readonly kind: 'wait'; readonly until: number; readonly reason: 'back-off' | 'hint' | 'queue' }
  | { readonly kind: 'exhausted' };

/** A model of the chain, as this call sees it. */
export interface Stop {
  readonly model: string;
  /** Position in the chain, from 0. */
  readonly step: number;
  readonly lastResort: boolean;
  readonly route: RouteModel;
  /** In the order in which they are asked; settled when the call gets here. */
  order: readonly Deployment[] | undefined;
  attempts: number;
  closed: boolean;
}

/** What this call knows of a deployment that it has asked. */
interface Asked {
  attempts: number;
  /** Not again in this call. */
  over: boolean;
  /** The same once more, not before this time. */
  backOffUntil: number | undefined;
  /** A wait that the upstream named for the whole deployment. */
  notBefore: number;
  /** Waits of single lanes; `Infinity` for one that this call is done with. */
  readonly lanes: Map<Lane, number>;
}

/** Room that must be left after a hint has been waited for. */
const SPARE_AFTER_HINT = 2_000;

/** Failures of a lane or key, which leave the deployment's other lanes open. */
const OF_A_LANE: ReadonlySet<FailureClass> = new Set<FailureClass>(['rate-limited', 'credential', 'quota']);

export class Itinerary {
  readonly #route: Route;
  readonly #limits: ItineraryLimits;
  readonly #view: View;
  readonly #random: () => number;
  readonly #stops: Stop[] = [];
  readonly #asked = new Map<Deployment, Asked>();
  readonly #maximum: number;
  readonly #maximumPerModel: number;
  #steps = 0;
  /** Models that somebody serves and nobody has been asked for yet. */
  #untried = 0;
  #attempts = 0;
  #waitedFrom: number | undefined;

  constructor(route: Route, limits: ItineraryLimits, view: View, random: () => number) {
    this.#route = route;
    this.#limits = limits;
    this.#view = view;
    this.#random = random;
    for (const { models } of route.steps) for (const { tiers } of models) if (tiers.length > 0) this.#untried += 1;
    const { maxAttempts, maxAttemptsPerModel, callerRetries, hardMaximum } = limits;
    const fewer = callerRetries ? 1 : 0;
    this.#maximum = hardMaximum ?? Math.max(1, Math.max(maxAttempts, this.#untried + 1) - fewer);
    this.#maximumPerModel = Math.max(1, maxAttemptsPerModel - fewer);
  }

  /** Attempts that counted so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next move at this moment. `mayRetry` asks the retry budget, and only when a retry is what would come next. */
  next(at: number, mayRetry: () => boolean): NextMove {
    let soonest = NOTHING_SOON;
    for (let index = 0; ; index += 1) {
      const stop = this.#stopAt(index);
      if (stop === undefined) break;
      if (!this.#mayAttempt(stop)) continue;
      let backOffUntil = Infinity;
      for (const deployment of this.#orderOf(stop, at)) {
        const asked = this.#asked.get(deployment);
        if (asked?.over) continue;
        if (asked?.backOffUntil !== undefined && asked.backOffUntil > at) {
          backOffUntil = Math.min(backOffUntil, asked.backOffUntil);
          continue;
        }
        const answer = askGate(deployment, asked && ((lane) => notBefore(asked, lane)), at);
        if (answer.admitted) {
          const again = asked !== undefined && (asked.backOffUntil !== undefined || asked.lanes.has(answer.lane));
          if (!again || mayRetry()) return { kind: 'attempt', stop, admission: answer, again };
          asked.over = true;
          continue;
        }
        if (answer.freeAt < soonest.until) soonest = { until: answer.freeAt, own: answer.reason === 'asked' };
      }
      if (backOffUntil < Infinity) {
        if (backOffUntil < this.#limits.deadlineAt && mayRetry()) {
          return { kind: 'wait', until: backOffUntil, reason: 'back-off' };
        }
        this.#giveUpBackOffs(stop);
      }
    }
    return this.#waitFor(soonest, at, mayRetry) ?? EXHAUSTED;
  }

  /** An attempt begins. */
  begin(stop: Stop, lane: Lane): void {
    if (stop.attempts === 0) this.#untried -= 1;
    stop.attempts += 1;
    this.#attempts += 1;
    this.#waitedFrom = undefined;
    const asked = this.#asked.get(lane.deployment);
    if (asked !== undefined) asked.attempts += 1;
  }

  /** An attempt has failed: notes whom this call may ask again, and when. */
  fail(stop: Stop, lane: Lane, verdict: Verdict, at: number): void {
    const asked = this.#remember(lane.deployment);
    const { hint } = verdict;
    const { retry } = lane.deployment.settings;
    asked.backOffUntil = undefined;
    if (verdict.contextLength === true) {
      this.#closeSmallerModels(lane.deployment.settings.contextWindow, stop);
    } else if (OF_A_LANE.has(verdict.class)) {
      asked.lanes.set(lane, this.#laneNotBefore(lane, verdict, asked.attempts, at));
    } else if (verdict.retrySame !== true || asked.attempts > 1) {
      asked.over = true;
    } else if (hint === undefined) {
      const overloaded = verdict.class === 'overloaded' && verdict.status === 529;
      asked.backOffUntil = at + backoff({ retry, n: asked.attempts - 1, overloaded, random: this.#random });
    } else if (hint > retry.maxHintWait) {
      asked.over = true;
    } else {
      asked.notBefore = at + hintWait(hint, this.#random);
      asked.lanes.set(lane, asked.notBefore);
    }
  }

  /** Whether anybody else could still be asked, so that time must be kept for them. */
  othersRemain(current: Deployment): boolean {
    for (let index = 0; ; index += 1) {
      const stop = this.#stopAt(index);
      if (stop === undefined) return false;
      if (stop.closed) continue;
      for (const { members } of stop.route.tiers) {
        if (members.some((one) => one !== current && this.#asked.get(one)?.over !== true)) return true;
      }
    }
  }

  /** When this call may ask the lane again; never, where no waiting helps or the wait is too long. */
  #laneNotBefore(lane: Lane, { hint, retrySame }: Verdict, attempts: number, at: number): number {
    const { retry } = lane.deployment.settings;
    if (retrySame !== true) return Infinity;
    if (hint === undefined) return at + backoff({ retry, n: attempts - 1, overloaded: true, random: this.#random });
    return hint > retry.maxHintWait ? Infinity : at + hintWait(hint, this.#random);
  }

  #remember(deployment: Deployment): Asked {
    let asked = this.#asked.get(deployment);
    if (asked === undefined) {
      asked = { attempts: 1, over: false, backOffUntil: undefined, notBefore: -Infinity, lanes: new Map() };
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

  #waitFor(soonest: Soonest, at: number, mayRetry: () => boolean): NextMove | undefined {
    const { until, own } = soonest;
    if (until === Infinity) return undefined;
    const { deadlineAt, queueWait } = this.#limits;
    if (own) {
      if (until + SPARE_AFTER_HINT > deadlineAt || !mayRetry()) return undefined;
      return { kind: 'wait', until, reason: 'hint' };
    }
    const waitedFrom = this.#waitedFrom ?? at;
    if (until - waitedFrom > queueWait || until > deadlineAt) return undefined;
    this.#waitedFrom = waitedFrom;
    return { kind: 'wait', until, reason: 'queue' };
  }

  #giveUpBackOffs(stop: Stop): void {
    for (const deployment of stop.order ?? []) {
      const asked = this.#asked.get(deployment);
      if (asked?.backOffUntil !== undefined) asked.over = true;
    }
  }

  /** A request that was too long for one window may fit a larger one; an unknown window might be. */
  #closeSmallerModels(window: number | undefined, current: Stop): void {
    current.closed = true;
    if (window === undefined) return;
    for (let index = 0; ; index += 1) {
      const stop = this.#stopAt(index);
      if (stop === undefined) return;
      const windows = stop.route.tiers.flatMap(({ members }) => members.map((one) => one.settings.contextWindow));
      if (windows.every((one) => one !== undefined && one <= window)) stop.closed = true;
    }
  }

  #orderOf(stop: Stop, at: number): readonly Deployment[] {
    return (stop.order ??= take(orderDeployments(stop.route, this.#view, at)));
  }

  /** Steps are laid out as the call gets to them, so that a turn is taken only where it is used. */
  #stopAt(index: number): Stop | undefined {
    while (this.#stops.length <= index) {
      const step = this.#route.steps[this.#steps];
      if (step === undefined) return undefined;
      for (const route of take(orderModels(step))) {
        this.#stops.push({
          model: route.model,
          step: this.#steps,
          lastResort: step.lastResort,
          route,
          order: undefined,
          attempts: 0,
          closed: route.tiers.length === 0,
        });
      }
      this.#steps += 1;
    }
    return this.#stops[index];
  }
}

interface Soonest {
  readonly until: number;
  /** The wait was named to this very call. */
  readonly own: boolean;
}

const EXHAUSTED: NextMove = { kind: 'exhausted' };
const NOTHING_SOON: Soonest = { until: Infinity, own: false };

function notBefore(asked: Asked, lane: Lane): number {
  return Math.max(asked.notBefore, asked.lanes.get(lane) ?? -Infinity);
}
