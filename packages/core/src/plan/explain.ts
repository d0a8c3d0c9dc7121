/** The plan for a request, with the reason for every candidate that would not be asked. Changes nothing. */
import { peekGate } from '../gate.js';
import type { Deployment } from '../pool/pool.js';
import { orderDeployments, orderModels, type View } from './plan.js';
import type { LeftOut, Route } from './route.js';

type TokenEstimate = (deployment: Deployment) => number;

export interface ExplainedLane {
  /** `model@upstream#key` */
  readonly lane: string;
  readonly available: boolean;
  /** Why it would not be asked now. */
  readonly reason?: string;
  /** Milliseconds until it could be; missing when nobody knows. */
  readonly freeIn?: number;
}

export interface ExplainedCandidate {
  /** `model@upstream` */
  readonly deployment: string;
  readonly upstream: string;
  readonly priority: number;
  readonly lanes: readonly ExplainedLane[];
}

export interface ExplainedModel {
  readonly model: string;
  /** Position in the chain, from 0; models that share a step have the same. */
  readonly step: number;
  readonly lastResort: boolean;
  /** In the order in which they would be asked. */
  readonly candidates: readonly ExplainedCandidate[];
  /** Never asked for this request, whatever happens. */
  readonly leftOut: readonly LeftOut[];
}

export interface Explanation {
  readonly chain: string;
  /** In the order in which they would be tried. */
  readonly models: readonly ExplainedModel[];
}

/** `tokens` estimates what the request costs at a deployment. */
export function explainRoute(route: Route, view: View, tokens: TokenEstimate, at: number): Explanation {
  const models = route.steps.flatMap((step, index) =>
    orderModels(step).items.map((model) => ({
      model: model.model,
      step: index,
      lastResort: step.lastResort,
      candidates: orderDeployments(model, view, at).items.map((deployment) =>
        explainDeployment(deployment, tokens, at),
      ),
      leftOut: model.leftOut,
    })),
  );
  return { chain: route.chain, models };
}

function explainDeployment(deployment: Deployment, tokens: TokenEstimate, at: number): ExplainedCandidate {
  return {
    deployment: deployment.id,
    upstream: deployment.upstream.settings.name,
    priority: deployment.settings.priority,
    lanes: deployment.lanes.map((lane) => {
      const refusal = peekGate(lane, tokens(deployment), at);
      if (refusal === undefined) return { lane: lane.id, available: true };
      const { reason, freeAt } = refusal;
      return { lane: lane.id, available: false, reason, ...(Number.isFinite(freeAt) && { freeIn: freeAt - at }) };
    }),
  };
}
