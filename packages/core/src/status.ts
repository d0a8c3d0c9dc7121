/** What the pool is like at this moment, as plain data without a key. Durations are milliseconds. */
import { now } from './clock.js';
import type { CircuitSnapshot } from './breaker/circuit.js';
import { peekGate, type Refusal } from './gate.js';
import type { ProbeStatus } from './health/check.js';
import type { CriticalStatus } from './health/critical-watch.js';
import type { HealthReport, PoolHealth, ReportedHealth } from './health/pool-health.js';
import type { LimiterSnapshot } from './limiter/limiter.js';
import { keyStatuses } from './key-status.js';
import { longestRest, type Deployment, type Lane, type Pool } from './pool/pool.js';
import type { RefusableFeature } from './pool/quirks.js';
import type { StatisticsSnapshot } from './pool/statistics.js';
import type { StatusOfUpstream, UpstreamStatus } from './upstream-status.js';
import { restStatus, type RestStatus } from './rest-status.js';

export interface LaneStatus extends StatisticsSnapshot {
  /** `model@upstream#key` */
  readonly id: string;
  /** Position of the key in the upstream's list, from 1. */
  readonly key: number;
  readonly rest: RestStatus | undefined;
  /** Configured and learned; missing where nothing is limited and nothing was learned. */
  readonly limits: LimiterSnapshot | undefined;
}

/** What the ways of balancing go by. */
export interface BalanceStatus {
  /** What recent failures weigh, counted as attempts in flight; they fade. */
  readonly failures: number;
  /** Moving averages of `latency`; undefined while too little is known. Milliseconds to the first content of a stream. */
  readonly firstContent: number | undefined;
  /** Milliseconds per output token of an unstreamed answer, its beginning counted as 50 tokens. */
  readonly perOutputToken: number | undefined;
}

export interface DeploymentStatus extends StatisticsSnapshot {
  /** `model@upstream` */
  readonly id: string;
  readonly model: string;
  readonly upstream: string;
  readonly region: string | undefined;
  readonly priority: number;
  readonly weight: number;
  /** Whether an attempt could begin now. */
  readonly available: boolean;
  /** Why not, and for how long as far as is known, in milliseconds. */
  readonly unavailable: { readonly reason: string; readonly freeIn: number | undefined } | undefined;
  readonly draining: boolean;
  /** Whether its upstream's list of models names it; undefined while no list is known. */
  readonly listed: boolean | undefined;
  readonly health: HealthReport;
  /** Of probes that are for it alone. */
  readonly probes: ProbeStatus | undefined;
  /** Of the deployment itself, whatever its lanes do. */
  readonly rest: RestStatus | undefined;
  readonly circuit: CircuitSnapshot;
  /** Of its upstream, for connections. */
  readonly upstreamCircuit: CircuitSnapshot;
  /** It works, but too many of its answers are slow. */
  readonly degraded: boolean;
  /** Milliseconds of silence after which a streamed attempt would be raced now, where the options do not say it. */
  readonly raceAfter: number;
  readonly balance: BalanceStatus;
  /** What it is not sent, because its model is known or it was found not to take it: `stream-options`, `temperature`. */
  readonly refuses: readonly RefusableFeature[];
  readonly lanes: readonly LaneStatus[];
}

export interface CallCounts {
  readonly total: number;
  readonly inFlight: number;
  readonly answered: number;
  /** Answered by another deployment than the first that was asked. */
  readonly failedOver: number;
  readonly downgraded: number;
  /** Answered by several, one going on where another broke off. */
  readonly continued: number;
  readonly canned: number;
  /** Without an answer, and not by the caller's own fault. */
  readonly failed: number;
  /** The caller's own fault: 400. */
  readonly refused: number;
  readonly aborted: number;
}

export interface FailoverStatus {
  readonly calls: CallCounts;
  /** Calls in line for a place or a permit. */
  readonly waiting: number;
  readonly retryBudget: { readonly inUse: number; readonly limit: number };
  /** The models that nobody can serve, while they are more than `criticalRatio` of all. */
  readonly critical: CriticalStatus | undefined;
  readonly upstreams: readonly UpstreamStatus[];
  readonly deployments: readonly DeploymentStatus[];
}

export function upstreamStatuses(
  pool: Pool,
  health: PoolHealth,
  statusOf: StatusOfUpstream,
): readonly UpstreamStatus[] {
  const at = now();
  return pool.upstreams.map((upstream) => ({
    ...statusOf(upstream, at),
    ...health.ofUpstream(upstream),
    rest: restStatus(upstream.cooldown, at),
    keys: keyStatuses(upstream, pool, at),
  }));
}

export function deploymentStatuses(pool: Pool, health: PoolHealth, at: number): readonly DeploymentStatus[] {
  return pool.deployments.map((deployment) => ({
    ...deploymentStatus(deployment, at),
    ...health.ofDeployment(deployment),
  }));
}

function deploymentStatus(deployment: Deployment, at: number): Omit<DeploymentStatus, keyof ReportedHealth> {
  const { id, settings, lanes, byHand, listed, cooldown, statistics, breaker, upstream, firstContent, quirks } =
    deployment;
  const { latency, failures } = deployment;
  const refusal = nearestRefusal(lanes, at);
  return {
    id,
    model: settings.model,
    upstream: settings.upstream.name,
    region: settings.upstream.region,
    priority: settings.priority,
    weight: settings.weight,
    available: refusal === undefined,
    unavailable: refusal && {
      reason: refusal.reason,
      freeIn: refusal.freeAt < Infinity ? refusal.freeAt - at : undefined,
    },
    draining: byHand.draining,
    listed,
    rest: restStatus(cooldown, at),
    circuit: breaker.snapshot(),
    upstreamCircuit: upstream.breaker.snapshot(),
    degraded: breaker.degraded(),
    raceAfter: firstContent.raceAfter(settings.reasoning),
    balance: {
      failures: failures.left,
      firstContent: latency.expected(true),
      perOutputToken: latency.expected(false),
    },
    refuses: quirks.all(),
    lanes: lanes.map((lane) => laneStatus(lane, at)),
    ...statistics.snapshot(),
  };
}

const ONE_TOKEN = { tokens: 1, outputTokens: 0 };

/** Of the lane that is free first; undefined if one is free now. */
function nearestRefusal(lanes: readonly Lane[], at: number): Refusal | undefined {
  const refusals = lanes.map((lane) => peekGate(lane, ONE_TOKEN, at));
  if (refusals.includes(undefined)) return undefined;
  return refusals.filter((one) => one !== undefined).toSorted((a, b) => a.freeAt - b.freeAt)[0];
}

function laneStatus(lane: Lane, at: number): LaneStatus {
  return {
    id: lane.id,
    key: lane.key.number,
    rest: restStatus(longestRest(lane), at),
    limits: lane.limiter?.snapshot(),
    ...lane.statistics.snapshot(),
  };
}
