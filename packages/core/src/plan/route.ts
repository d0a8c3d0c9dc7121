/** Which deployments a chain may use at all: fixed by the configuration, so worked out once per chain and requirement. */
import type { BalanceOption, Requirements } from '../config/options.js';
import type { ChainSettings, WeightedModel } from '../config/settings.js';
import type { Deployment, Pool } from '../pool/pool.js';
import type { Balance } from './balance/balance.js';
import { createBalance } from './balance/create-balance.js';
import type { Turns } from './smooth-weighted.js';

/** A model of a step, with those who serve it. */
export interface RouteModel {
  readonly model: string;
  readonly weight: number;
  /** By priority, smallest first. */
  readonly tiers: readonly Tier[];
  readonly leftOut: readonly LeftOut[];
}

/** Deployments of equal priority share the traffic. */
export interface Tier {
  readonly priority: number;
  readonly members: readonly Deployment[];
  readonly balance: Balance;
  readonly rotation: Rotation;
}

/** Whose turn it is; replaced when a choice is made. */
export interface Rotation {
  turns: Turns;
  /** Of a tier that takes a part of its calls only: see `tier-lead.ts`. */
  lead: number;
}

export interface LeftOut {
  readonly deployment: string;
  readonly reason: string;
}

export interface RouteStep {
  readonly models: readonly RouteModel[];
  readonly lastResort: boolean;
  readonly rotation: Rotation;
}

export interface Route {
  readonly chain: string;
  readonly steps: readonly RouteStep[];
}

/** What a call asks for. */
export interface RouteRequest {
  readonly chain: ChainSettings;
  /** Begin the chain at this model; a chain without it is this model alone. */
  readonly from: string | undefined;
  readonly require: Requirements | undefined;
  readonly lastResort: string | undefined;
}

/** Pure but for the rotations, which start at zero and belong to the route. */
export function createRoute({ chain, from, require, lastResort }: RouteRequest, pool: Pool): Route {
  const terms = { demands: [chain.require, require].filter((one) => one !== undefined), balance: chain.balance };
  const toStep = (models: readonly WeightedModel[], isLastResort: boolean): RouteStep => ({
    models: models.map((one) => createRouteModel(one, terms, pool)),
    lastResort: isLastResort,
    rotation: { turns: [], lead: 0 },
  });
  const steps = stepsFrom(chain, from).map((models) => toStep(models, false));
  const known = steps.some((step) => step.models.some(({ model }) => model === lastResort));
  if (lastResort !== undefined && !known) steps.push(toStep([{ model: lastResort, weight: 1 }], true));
  return { chain: chain.name, steps };
}

/** A named model is asked for; what stands behind it in the chain remains its way down. */
function stepsFrom(chain: ChainSettings, from: string | undefined): readonly (readonly WeightedModel[])[] {
  if (from === undefined) return chain.steps;
  const wanted = [{ model: from, weight: 1 }];
  const at = chain.steps.findIndex((models) => models.some(({ model }) => model === from));
  return at < 0 ? [wanted] : [wanted, ...chain.steps.slice(at + 1)];
}

/** What holds for every model of a route. */
interface Terms {
  readonly demands: readonly Requirements[];
  readonly balance: BalanceOption;
}

function createRouteModel({ model, weight }: WeightedModel, { demands, balance }: Terms, pool: Pool): RouteModel {
  const leftOut: LeftOut[] = [];
  const byPriority = new Map<number, Deployment[]>();
  for (const deployment of pool.byModel.get(model) ?? []) {
    const unmet = demands.map((demand) => unmetDemand(demand, deployment)).find((reason) => reason !== undefined);
    if (unmet !== undefined) {
      leftOut.push({ deployment: deployment.id, reason: unmet });
      continue;
    }
    const { priority } = deployment.settings;
    const tier = byPriority.get(priority);
    if (tier === undefined) byPriority.set(priority, [deployment]);
    else tier.push(deployment);
  }
  const tiers = [...byPriority]
    .toSorted(([a], [b]) => a - b)
    .map(([priority, members]) => ({
      priority,
      members,
      balance: createBalance(balance, members),
      rotation: { turns: [], lead: 0 },
    }));
  return { model, weight, tiers, leftOut };
}

function unmetDemand({ tags, regions }: Requirements, { upstream }: Deployment): string | undefined {
  const { region, tags: own } = upstream.settings;
  const missing = tags?.filter((tag) => !own.includes(tag)) ?? [];
  if (missing.length > 0) return `required: the tag ${missing.map((tag) => `"${tag}"`).join(', ')}`;
  if (regions !== undefined && (region === undefined || !regions.includes(region))) {
    return `required: one of the regions ${regions.map((one) => `"${one}"`).join(', ')}`;
  }
  return undefined;
}

/** Everybody who may be asked on this route; one that serves two steps stands twice. */
export function deploymentsOf({ steps }: Route): readonly Deployment[] {
  return steps.flatMap(({ models }) => models.flatMap(({ tiers }) => tiers.flatMap(({ members }) => members)));
}
