/** Gathers what is known of a deployment or an upstream at a moment, for the judgement of its health. */
import { longestRest, restsUntil, type Deployment, type Upstream } from '../pool/pool.js';
import type { Cooldown } from '../pool/cooldown.js';
import type { Check } from './check.js';
import type { FailingLimits, HealthFacts, ProbeOpinion } from './health-status.js';

export function factsOf(deployment: Deployment, probes: readonly ProbeOpinion[], at: number): HealthFacts {
  const { breaker, upstream, health } = deployment;
  const { completed, failed } = breaker.snapshot();
  return {
    at,
    circuit: breaker.state,
    upstreamCircuit: upstream.breaker.state,
    rest: restOf(deployment, at),
    probes,
    succeededAt: health.succeededAt,
    slow: breaker.degraded(),
    completed,
    failed,
    limits: limitsOf(deployment),
  };
}

/** `calledAt`: when a call last succeeded on any of its models. */
export function factsOfUpstream(
  { breaker, cooldown }: Upstream,
  probes: readonly ProbeOpinion[],
  calledAt: number,
  at: number,
): HealthFacts {
  return {
    at,
    circuit: 'closed',
    upstreamCircuit: breaker.state,
    rest: cooldown.until > at ? restFrom(cooldown, at) : undefined,
    probes,
    succeededAt: calledAt,
    slow: false,
    completed: 0,
    failed: 0,
    limits: { ratio: 1, minimum: 1 },
  };
}

export function opinionOf({ state, failedAt, problem }: Check, calledAt: number): ProbeOpinion {
  return { opinion: state.opinion, failedAt, problem, calledAt };
}

/** Half of what opens the circuit; half of that again ends it, so that it does not come and go with each call. */
function limitsOf({ settings: { breaker }, health }: Deployment): FailingLimits {
  const part = health.share < 1 ? 4 : 2;
  return { ratio: breaker.failureRatio / part, minimum: Math.ceil(breaker.minimumAttempts / 2) };
}

/** Of the lane that is free first. */
function restOf({ lanes }: Deployment, at: number): HealthFacts['rest'] {
  let [first] = lanes;
  for (const lane of lanes) if (first === undefined || restsUntil(lane) < restsUntil(first)) first = lane;
  return first === undefined || restsUntil(first) <= at ? undefined : restFrom(longestRest(first), at);
}

function restFrom({ until, reason = 'by-hand' }: Cooldown, at: number): NonNullable<HealthFacts['rest']> {
  return { reason, remaining: until - at };
}
