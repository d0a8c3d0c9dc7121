/**
 * The gate before each attempt: synchronous, all or nothing. It never waits; whoever is refused is told when to come back.
 */
import type { RestReason } from './pool/cooldown.js';
import { longestRest, restsUntil, type Deployment, type Lane } from './pool/pool.js';

export type GateAnswer = Admission | Refusal;

/** The attempt may begin now. */
export interface Admission {
  readonly admitted: true;
  readonly lane: Lane;
}

export interface Refusal {
  readonly admitted: false;
  /** When to ask again, on the engine's clock; `Infinity` when no time is known. */
  readonly freeAt: number;
  readonly reason: RestReason | 'draining' | 'asked';
}

/** Whether a lane may be asked again by this call; `undefined` at once, else from when on. */
export type LaneFilter = (lane: Lane) => number | undefined;

/** Asks each lane of the deployment, beginning with the one whose turn it is. */
export function askGate(deployment: Deployment, mayAsk: LaneFilter | undefined, at: number): GateAnswer {
  const { lanes } = deployment;
  let nearest: Refusal = DRAINING;
  for (let step = 0; step < lanes.length; step += 1) {
    const lane = lanes[(deployment.turn + step) % lanes.length];
    if (lane === undefined) continue;
    const refusal = askLane(lane, mayAsk?.(lane), at);
    if (refusal === undefined) {
      deployment.turn = (deployment.turn + step + 1) % lanes.length;
      return { admitted: true, lane };
    }
    if (refusal.freeAt < nearest.freeAt) nearest = refusal;
  }
  return nearest;
}

/** Why the lane cannot be asked now, if it cannot. Takes nothing. */
export function askLane(lane: Lane, notBefore: number | undefined, at: number): Refusal | undefined {
  if (lane.deployment.draining) return DRAINING;
  const rest = restsUntil(lane);
  if (notBefore !== undefined && notBefore > at && notBefore >= rest) {
    return { admitted: false, freeAt: notBefore, reason: 'asked' };
  }
  if (rest <= at) return undefined;
  return { admitted: false, freeAt: rest, reason: longestRest(lane).reason ?? 'by-hand' };
}

const DRAINING: Refusal = { admitted: false, freeAt: Infinity, reason: 'draining' };
