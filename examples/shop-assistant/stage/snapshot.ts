/** What the live panel shows: how each upstream is broken, and what the engine knows of it. Plain data for JSON. */
import type { CallCounts, DeploymentStatus, Failover, RestStatus } from '@ai-failover/core';
import type { EmulatedUpstream, Fault } from './upstream.ts';

export interface Snapshot {
  readonly calls: CallCounts;
  readonly upstreams: readonly UpstreamSnapshot[];
}

interface UpstreamSnapshot {
  readonly name: string;
  /** How we have broken it; the engine has to find out by itself. */
  readonly fault: Fault | undefined;
  readonly deployments: readonly DeploymentSnapshot[];
}

interface DeploymentSnapshot {
  readonly id: string;
  readonly model: string;
  readonly available: boolean;
  readonly rests: readonly RestSnapshot[];
  readonly circuit: CircuitSnapshot;
  readonly successes: number;
  readonly failures: number;
  /** Of the last hundred, in milliseconds. */
  readonly p95: number | undefined;
}

interface RestSnapshot extends RestStatus {
  /** Position of the key that rests; missing when the whole deployment does. */
  readonly key?: number;
}

interface CircuitSnapshot {
  readonly state: DeploymentStatus['circuit']['state'];
  /** Milliseconds until it is tried again. */
  readonly remaining: number | undefined;
}

export function snapshotOf(failover: Failover, upstreams: readonly EmulatedUpstream[]): Snapshot {
  const { calls, deployments } = failover.status();
  return {
    calls,
    upstreams: upstreams.map(({ name, fault }) => ({
      name,
      fault,
      deployments: deployments.filter(({ upstream }) => upstream === name).map(deploymentSnapshot),
    })),
  };
}

function deploymentSnapshot(deployment: DeploymentStatus): DeploymentSnapshot {
  const { id, model, available, successes, failures, p95Latency } = deployment;
  const rests = restsOf(deployment);
  return {
    id,
    model,
    available,
    rests,
    circuit: circuitOf(deployment),
    successes,
    failures,

    p95: p95Latency,
  };
}

function restsOf({ rest, lanes }: DeploymentStatus): readonly RestSnapshot[] {
  if (rest !== undefined) return [rest];
  return lanes.flatMap((lane) => (lane.rest === undefined ? [] : [{ ...lane.rest, key: lane.key }]));
}

/** Of the deployment, or of its whole upstream when nobody can connect to it. */
function circuitOf({ circuit, upstreamCircuit }: DeploymentStatus): CircuitSnapshot {
  const { state, openFor } = circuit.state === 'closed' ? upstreamCircuit : circuit;
  return { state, remaining: openFor };
}
