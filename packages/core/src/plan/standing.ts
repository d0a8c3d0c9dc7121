/** How the plan sees a deployment at a moment: pure over what is known of it. */
import { restsUntil, type Deployment } from '../pool/pool.js';
import type { Standing } from './plan.js';

export function standing({ draining, lanes, settings }: Deployment, at: number): Standing {
  let freeAt = Infinity;
  if (!draining) for (const lane of lanes) freeAt = Math.min(freeAt, restsUntil(lane));
  return { freeAt: Math.max(freeAt, at), weight: settings.weight, degraded: false };
}
