/** In which order a model's deployments are asked: pure, so that `explain` can show it without changing anything. */
import type { Deployment } from '../pool/pool.js';
import type { Asker } from './balance/balance.js';
import type { RouteModel, RouteStep, Rotation } from './route.js';
import { smoothWeighted, type Turns } from './smooth-weighted.js';

/** How the plan sees a deployment at this moment. */
export interface Standing {
  /** When it may be asked; not after `now` when it may be asked at once. `Infinity` when nobody knows. */
  readonly freeAt: number;
  /** As configured. */
  readonly weight: number;
  /** What it gets of its usual part of the traffic however that is balanced, 0 to 1: less while it recovers, or its quota runs low. */
  readonly share: number;
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
  readonly taken: readonly { readonly rotation: Rotation; readonly turns: Turns }[];
}

/** Healthy ones by tier, and inside a tier as it is balanced; then degraded ones likewise; then those that rest, the first to be free first. */
export function orderDeployments(model: RouteModel, { view, asker }: Chooser, at: number): Ordered<Deployment> {
  const only = onlyDeployment(model);
  if (only !== undefined) return { items: [only], taken: [] };
  const healthy: Deployment[] = [];
  const degraded: Deployment[] = [];
  const resting: { deployment: Deployment; freeAt: number }[] = [];
  const taken: { rotation: Rotation; turns: Turns }[] = [];
  for (const { members, rotation, balance } of model.tiers) {
    const [first] = members;
    if (members.length === 1 && first !== undefined) {
      const { freeAt, degraded: isDegraded } = view(first, at);
      if (freeAt > at) resting.push({ deployment: first, freeAt });
      else (isDegraded ? degraded : healthy).push(first);
      continue;
    }
    const standings = members.map((one) => view(one, at));
    const { order, turns } = balance.order(weightsOf(standings, at), rotation.turns, asker);
    taken.push({ rotation, turns });
    for (const index of order) {
      const deployment = members[index];
      const standing = standings[index];
      if (deployment === undefined || standing === undefined) continue;
      if (standing.freeAt > at) resting.push({ deployment, freeAt: standing.freeAt });
      else (standing.degraded ? degraded : healthy).push(deployment);
    }
  }
  if (degraded.length === 0 && resting.length === 0) return { items: healthy, taken };
  resting.sort((a, b) => a.freeAt - b.freeAt);
  return { items: [...healthy, ...degraded, ...resting.map(({ deployment }) => deployment)], taken };
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
  return { items, taken: [{ rotation: step.rotation, turns }] };
}

/** Makes the choice count: the next one is another's turn. */
export function take<Item>({ items, taken }: Ordered<Item>): readonly Item[] {
  for (const { rotation, turns } of taken) rotation.turns = turns;
  return items;
}

function onlyDeployment({ tiers }: RouteModel): Deployment | undefined {
  const [tier, another] = tiers;
  return another === undefined && tier?.members.length === 1 ? tier.members[0] : undefined;
}
