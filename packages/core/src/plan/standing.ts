/** How the plan sees a deployment at a moment. */
import { circuitsAdmitAt } from '../gate.js';
import { restsUntil, type Deployment } from '../pool/pool.js';
import type { Standing } from './plan.js';

export function standing(deployment: Deployment, at: number): Standing {
  const { draining, lanes, settings, breaker } = deployment;
  let rested = Infinity;
  if (!draining) for (const lane of lanes) rested = Math.min(rested, restsUntil(lane));
  const freeAt = Math.max(rested, circuitsAdmitAt(deployment), at);
  return { freeAt, weight: settings.weight * breaker.weight(), degraded: breaker.degraded() };
}
