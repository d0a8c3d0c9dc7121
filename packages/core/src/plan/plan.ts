/** In which order a model's deployments are asked: pure, so that `explain` can show it without changing anything. */
import type { Deployment } from '../pool/pool.js';
import type { Asker } from './balance/balance.js';
import type { RouteModel, RouteStep, Rotation } from './route.js';
import { smoothWeighted } from './smooth-weighted.js';
import { nextLead } from './tier-lead.js';

/** How the plan sees a deployment at this moment. */
export interface Standing {
  /** When it may be asked; not after `now` when it may be asked at once. `Infinity` when nobody knows. */
  readonly freeAt: number;
  /** As configured. */
  readonly weight: number;
  /** What it gets of its usual part of the traffic however that is balanced, 0 to 1: less while it recovers, or its quota runs low. */
  readonly share: number;
  /** How far it has come back since its circuit closed, 0 to 1. */
  readonly recovered: number;
  /** It works, but badly: it comes after the healthy ones, also those of the next tier. */
  readonly degraded: boolean;
}

/** Asked for the moment of the whole choice: by a clock that went on meanwhile everybody would rest. */
export type View = (deployment: Deployment, at: number) => Standing;

/** Who chooses: how everything stands, and for which call. */
export interface Chooser {
  readonly view: View;
  readonly asker: Asker;
}

/** A choice that has been made and takes effect when `take` is called. */
export interface Ordered<Item> {
  readonly items: readonly Item[];
  readonly taken: readonly Taken[];
}

interface Taken extends Rotation {
  readonly rotation: Rotation;
}

/**
 * Healthy ones by tier, and inside a tier as it is balanced; then degraded ones likewise; then those that rest, the first to be
 * free first. A tier that can only take a part of its calls leaves the others to the next one.
 */
export function orderDeployments(model: RouteModel, { view, asker }: Chooser, at: number): Ordered<Deployment> {
  const only = onlyDeployment(model);
  if (only !== undefined) return { items: [only], taken: [] };
  const ranks = new Ranks(at);
  const taken: Taken[] = [];
  for (const { members, rotation, balance } of model.tiers) {
    const standings = members.map((one) => view(one, at));
    // Behind a tier that takes the call this one has nothing to give away.
    const { lead, goesFirst } = ranks.hasLeader
      ? { lead: rotation.lead, goesFirst: true }
      : nextLead(rotation.lead, standings, at);
    if (members.length === 1) {
      ranks.add(members, standings);
      if (lead !== rotation.lead) taken.push({ rotation, turns: rotation.turns, lead });
    } else {
      const { order, turns } = balance.order(weightsOf(standings, at), rotation.turns, asker);
      ranks.add(members, standings, order);
      taken.push({ rotation, turns, lead });
    }
    ranks.endTier(goesFirst);
  }
  return { items: ranks.all(), taken };
}

/** Where everybody comes. */
class Ranks {
  readonly #at: number;
  readonly #healthy: Deployment[] = [];
  /** Of tiers that step aside, until one has gone before them. */
  #aside: Deployment[] | undefined;
  #tierFrom = 0;
  #degraded: Deployment[] | undefined;
  #resting: { readonly deployment: Deployment; readonly freeAt: number }[] | undefined;

  constructor(at: number) {
    this.#at = at;
  }

  /** Members of a tier, in this order or their own. */
  add(members: readonly Deployment[], standings: readonly Standing[], order?: readonly number[]): void {
    for (let place = 0; place < members.length; place += 1) {
      const index = order === undefined ? place : (order[place] ?? place);
      const deployment = members[index];
      const standing = standings[index];
      if (deployment === undefined || standing === undefined) continue;
      if (standing.freeAt > this.#at) (this.#resting ??= []).push({ deployment, freeAt: standing.freeAt });
      else if (standing.degraded) (this.#degraded ??= []).push(deployment);
      else this.#healthy.push(deployment);
    }
  }

  /** Somebody healthy has come, who does not step aside. */
  get hasLeader(): boolean {
    return this.#healthy.length > 0;
  }

  endTier(goesFirst: boolean): void {
    if (!goesFirst) {
      (this.#aside ??= []).push(...this.#healthy.splice(this.#tierFrom));
    } else if (this.#aside !== undefined && this.#healthy.length > this.#tierFrom) {
      this.#healthy.push(...this.#aside);
      this.#aside = undefined;
    }
    this.#tierFrom = this.#healthy.length;
  }

  all(): readonly Deployment[] {
    if (this.#aside !== undefined) this.#healthy.push(...this.#aside);
    if (this.#degraded !== undefined) this.#healthy.push(...this.#degraded);
    if (this.#resting !== undefined) {
      this.#resting.sort((a, b) => a.freeAt - b.freeAt);
      for (const { deployment } of this.#resting) this.#healthy.push(deployment);
    }
    return this.#healthy;
  }
}

/** What each counts now. Degraded ones have no turns beside healthy ones, or whoever stands next to them would have theirs as well. */
function weightsOf(standings: readonly Standing[], at: number): readonly number[] {
  let healthy = false;
  for (const { freeAt, weight, degraded } of standings) healthy ||= freeAt <= at && weight > 0 && !degraded;
  return standings.map(({ freeAt, weight, share, degraded }) =>
    freeAt > at || (degraded && healthy) ? 0 : weight * share,
  );
}

/** The models of a step, the one whose turn it is first. */
export function orderModels(step: RouteStep): Ordered<RouteModel> {
  if (step.models.length < 2) return { items: step.models, taken: [] };
  const { order, turns } = smoothWeighted(
    step.models.map(({ weight }) => weight),
    step.rotation.turns,
  );
  const items = order.map((index) => step.models[index]).filter((model) => model !== undefined);
  const { rotation } = step;
  return { items, taken: [{ rotation, turns, lead: rotation.lead }] };
}

/** Makes the choice count: the next one is another's turn. */
export function take<Item>({ items, taken }: Ordered<Item>): readonly Item[] {
  for (const { rotation, turns, lead } of taken) {
    rotation.turns = turns;
    rotation.lead = lead;
  }
  return items;
}

function onlyDeployment({ tiers }: RouteModel): Deployment | undefined {
  const [tier, another] = tiers;
  return another === undefined && tier?.members.length === 1 ? tier.members[0] : undefined;
}
