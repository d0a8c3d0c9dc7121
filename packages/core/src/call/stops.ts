/** The models of a route as one call sees them, laid out as the call gets to them. */
import type { Suitability } from '../plan/objection.js';
import { orderModels, take } from '../plan/plan.js';
import { deploymentsOf, type Route, type RouteModel, type RouteStep } from '../plan/route.js';
import type { Deployment } from '../pool/pool.js';

/** A model of the chain and what the call has done there. */
export interface Stop {
  readonly model: string;
  /** Position in the chain, from 0. */
  readonly step: number;
  readonly lastResort: boolean;
  readonly route: RouteModel;
  /** In the order in which they are asked; settled when the call gets here. */
  order: readonly Deployment[] | undefined;
  attempts: number;
  /** Nobody here is asked any more. */
  closed: boolean;
}

/** No more is laid out than is looked at: a step's turn is taken only where it is used. */
export class Stops {
  /** More than one deployment serves any of them. */
  readonly several: boolean;
  readonly #route: Route;
  #stops: readonly Stop[] = [];
  #steps = 0;
  #deployments: readonly Deployment[] | undefined;

  constructor(route: Route) {
    this.#route = route;
    let first: Deployment | undefined;
    let several = false;
    for (const { models } of route.steps) {
      for (const { tiers } of models) {
        first ??= tiers[0]?.members[0];
        several ||= tiers.length > 1 || tiers.some(({ members }) => members.length > 1 || members[0] !== first);
      }
    }
    this.several = several;
  }

  /** The models in the order in which they are tried; undefined behind the last. */
  at(index: number): Stop | undefined {
    while (this.#stops.length <= index) if (!this.#layOut()) return undefined;
    return this.#stops[index];
  }

  /** Models that anybody serves who can serve the request. */
  served(suitability: Suitability): number {
    return countServed(this.#route.steps, suitability);
  }

  /** Those of them that nobody has been asked for yet. */
  untried(suitability: Suitability): number {
    const open = this.#stops.filter(
      ({ attempts, closed, route }) => attempts === 0 && !closed && isServed(route, suitability),
    );
    return open.length + countServed(this.#route.steps.slice(this.#steps), suitability);
  }

  /** Everybody who serves any of the models. */
  deployments(): readonly Deployment[] {
    this.#deployments ??= deploymentsOf(this.#route);
    return this.#deployments;
  }

  /** A request that was too long for one window may fit a larger one, and an unknown one might be larger. */
  closeSmaller(window: number | undefined, current: Stop): void {
    current.closed = true;
    if (window === undefined) return;
    for (let index = 0; ; index += 1) {
      const stop = this.at(index);
      if (stop === undefined) return;
      const windows = stop.route.tiers.flatMap(({ members }) => members.map((one) => one.settings.contextWindow));
      if (windows.every((one) => one !== undefined && one <= window)) stop.closed = true;
    }
  }

  #layOut(): boolean {
    const step = this.#route.steps[this.#steps];
    if (step === undefined) return false;
    const stops = take(orderModels(step)).map((route) => stopAt(route, this.#steps, step.lastResort));
    this.#stops = this.#steps === 0 ? stops : [...this.#stops, ...stops];
    this.#steps += 1;
    return true;
  }
}

function countServed(steps: readonly RouteStep[], suitability: Suitability): number {
  let served = 0;
  for (const { models } of steps) for (const model of models) if (isServed(model, suitability)) served += 1;
  return served;
}

function isServed({ tiers }: RouteModel, suitability: Suitability): boolean {
  return tiers.some(({ members }) => members.some((one) => suitability.objectionTo(one) === undefined));
}

function stopAt(route: RouteModel, step: number, lastResort: boolean): Stop {
  const closed = route.tiers.length === 0;
  return { model: route.model, step, lastResort, route, order: undefined, attempts: 0, closed };
}
