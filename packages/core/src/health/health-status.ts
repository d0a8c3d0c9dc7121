/** What is known of a deployment from its calls and its probes, as one word and a reason. Pure. */
import type { CircuitState } from '../breaker/circuit.js';
import type { RestReason } from '../pool/cooldown.js';
import type { ProbeState } from './probe-state.js';

export type HealthStatus = 'unknown' | 'healthy' | 'degraded' | 'unhealthy';

export interface Health {
  readonly status: HealthStatus;
  /** One line for people. */
  readonly reason: string;
}

export const NOT_ASKED: Health = { status: 'unknown', reason: 'it has not been asked yet' };

/** What one kind of probe says; a deployment may have its own beside its upstream's. */
export interface ProbeOpinion {
  readonly opinion: ProbeState['opinion'];
  /** When one last failed, on the engine's clock. */
  readonly failedAt: number;
  /** What that was, in words. */
  readonly problem: string;
  /** When a call last succeeded on what is probed. */
  readonly calledAt: number;
}

/** Times are on the engine's clock, durations milliseconds. */
export interface HealthFacts {
  readonly at: number;
  readonly circuit: CircuitState;
  readonly upstreamCircuit: CircuitState;
  /** Of the lane that is free first. */
  readonly rest: { readonly reason: RestReason; readonly remaining: number } | undefined;
  readonly probes: readonly ProbeOpinion[];
  /** Of its own calls. */
  readonly succeededAt: number;
  readonly slow: boolean;
  /** Calls that ended in the circuit's window, and those of them that failed. */
  readonly completed: number;
  readonly failed: number;
  /** The share of failed calls that is too much, and of how many calls at least. */
  readonly limits: FailingLimits;
}

export interface FailingLimits {
  readonly ratio: number;
  readonly minimum: number;
}

/** A success says that much for so long. */
const FRESH = 600_000;
/** A shorter rest is everyday life under limits. */
const LONG_REST = 5_000;
/** Rests that end by themselves and say little of the one who rests. */
const PASSING: ReadonlySet<RestReason> = new Set<RestReason>(['rate-limited', 'overloaded', 'server', 'protocol']);

/** What calls meet goes before what probes meet. */
export function healthOf(facts: HealthFacts): Health {
  return outOfCalls(facts) ?? outOfProbes(facts.probes) ?? impaired(facts) ?? wellOrUnknown(facts);
}

/** The first of its probes that have taken it down, unless a call has succeeded since. */
export function downByProbes(probes: readonly ProbeOpinion[]): ProbeOpinion | undefined {
  return probes.find(({ opinion, failedAt, calledAt }) => opinion === 'down' && calledAt <= failedAt);
}

export function isFailing({
  completed,
  failed,
  limits,
}: Pick<HealthFacts, 'completed' | 'failed' | 'limits'>): boolean {
  return completed >= limits.minimum && failed >= limits.ratio * completed;
}

function outOfCalls({ circuit, upstreamCircuit, rest }: HealthFacts): Health | undefined {
  if (circuit === 'open') return { status: 'unhealthy', reason: 'its circuit is open' };
  if (upstreamCircuit === 'open') return { status: 'unhealthy', reason: 'its upstream cannot be reached' };
  if (rest === undefined || rest.remaining < LONG_REST) return undefined;
  return { status: PASSING.has(rest.reason) ? 'degraded' : 'unhealthy', reason: `it rests: ${rest.reason}` };
}

function outOfProbes(probes: readonly ProbeOpinion[]): Health | undefined {
  const down = downByProbes(probes);
  return down && { status: 'unhealthy', reason: `its probes failed: ${down.problem}` };
}

function impaired(facts: HealthFacts): Health | undefined {
  if (facts.circuit === 'half-open' || facts.upstreamCircuit === 'half-open') {
    return { status: 'degraded', reason: 'it is being tried again after an outage' };
  }
  if (facts.slow) return { status: 'degraded', reason: 'too many of its answers are slow' };
  if (!isFailing(facts)) return undefined;
  const { failed, completed } = facts;
  return { status: 'degraded', reason: `${failed} of its last ${completed} calls failed` };
}

function wellOrUnknown({ at, succeededAt, probes }: HealthFacts): Health {
  if (at - succeededAt < FRESH) return { status: 'healthy', reason: 'its calls succeed' };
  if (probes.some(({ opinion }) => opinion === 'up')) return { status: 'healthy', reason: 'its probes succeed' };
  return { status: 'unknown', reason: 'it has not been heard of lately' };
}
