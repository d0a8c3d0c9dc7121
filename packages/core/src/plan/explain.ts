/** The plan for a request, with the reason for every candidate that would not be asked. Changes nothing. */
import { estimateOutput } from '../call/estimate-tokens.js';
import { peekGate } from '../gate.js';
import type { Deployment } from '../pool/pool.js';
import { orderDeployments, orderModels, type Chooser } from './plan.js';
import { changesFor, objectionTo, type Wanted } from './objection.js';
import type { LeftOut, Route } from './route.js';

/** How everything stands at this moment, for this call. */
export interface Moment extends Chooser {
  readonly at: number;
  /** What the request is estimated to cost at a deployment. */
  tokens(deployment: Deployment): number;
}

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
  /** What would be left out of the request there, or said differently; missing where it would be sent as it is. */
  readonly changes?: readonly string[];
  /** Why it is passed over as long as anybody else of the route could be asked; missing where it is not. */
  readonly passedOver?: string;
  readonly lanes: readonly ExplainedLane[];
}

export interface ExplainedModel {
  readonly model: string;
  /** Position in the chain, from 0; models that share a step have the same. */
  readonly step: number;
  readonly lastResort: boolean;
  /** In the order in which they would be asked. */
  readonly candidates: readonly ExplainedCandidate[];
  /** Never asked for this request, whatever happens: they do not meet a demand, or cannot serve it at all. */
  readonly leftOut: readonly LeftOut[];
}

export interface Explanation {
  readonly chain: string;
  /** In the order in which they would be tried. */
  readonly models: readonly ExplainedModel[];
}

export function explainRoute(route: Route, wanted: Wanted, moment: Moment): Explanation {
  const models = route.steps.flatMap((step, index) =>
    orderModels(step).items.map((model) => {
      const candidates: ExplainedCandidate[] = [];
      const leftOut = [...model.leftOut];
      for (const deployment of orderDeployments(model, moment, moment.at).items) {
        const objection = objectionTo(wanted, deployment);
        if (objection === undefined) candidates.push(explainDeployment(deployment, wanted, moment));
        else leftOut.push({ deployment: deployment.id, reason: objection.reason });
      }
      return { model: model.model, step: index, lastResort: step.lastResort, candidates, leftOut };
    }),
  );
  return { chain: route.chain, models };
}

function explainDeployment(deployment: Deployment, wanted: Wanted, { tokens, at }: Moment): ExplainedCandidate {
  const { checked } = wanted;
  const changes = changesFor(checked, deployment, wanted.strict);
  return {
    deployment: deployment.id,
    upstream: deployment.upstream.settings.name,
    priority: deployment.settings.priority,
    ...(changes.length > 0 && { changes }),
    ...(deployment.health.avoided && { passedOver: deployment.health.health.reason }),
    lanes: deployment.lanes.map((lane) => {
      const refusal = peekGate(
        lane,
        { tokens: tokens(deployment), outputTokens: estimateOutput(checked, deployment) },
        at,
      );
      if (refusal === undefined) return { lane: lane.id, available: true };
      const { reason, freeAt } = refusal;
      return { lane: lane.id, available: false, reason, ...(Number.isFinite(freeAt) && { freeIn: freeAt - at }) };
    }),
  };
}
