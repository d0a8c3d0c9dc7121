/** How the plan sees a deployment at a moment. */
import { freeAt } from '../gate.js';
import type { Deployment } from '../pool/pool.js';
import type { Standing } from './plan.js';

export function standing(deployment: Deployment, at: number): Standing {
  const { settings, breaker, upstream } = deployment;
  const recovered = breaker.weight();
  return {
    freeAt: Math.max(freeAt(deployment), at),
    weight: settings.weight,
    share: recovered * (upstream.quota?.share(at) ?? 1),
    recovered,
    degraded: breaker.degraded(),
  };
}
