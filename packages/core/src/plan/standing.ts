/** How the plan sees a deployment at a moment. */
import { freeAt } from '../gate.js';
import type { Deployment } from '../pool/pool.js';
import type { Standing } from './plan.js';

export function standing(deployment: Deployment, at: number): Standing {
  const { settings, breaker, upstream, health } = deployment;
  const recovered = breaker.weight();
  return {
    freeAt: Math.max(freeAt(deployment), at),
    weight: settings.weight,
    share: recovered * health.share * (upstream.quota?.share(at) ?? 1),
    recovered,
    // Who is down by probes is asked after everybody else, and is no tier that others step aside for.
    degraded: breaker.degraded() || health.avoided,
  };
}
