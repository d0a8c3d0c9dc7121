/** The living side of the configuration: upstreams, deployments and lanes with what is known of them now. */
import type { CircuitBreaker, CircuitChange } from '../breaker/circuit.js';
import type { DeploymentSettings, Settings, UpstreamSettings } from '../config/settings.js';
import type { DeploymentHealth } from '../health/deployment-health.js';
import type { LimiterPlace } from '../limiter/limiter-place.js';
import type { Limiter } from '../limiter/limiter.js';
import type { Dialect } from '../provider/dialect.js';
import type { UpstreamQuota } from '../quota/upstream-quota.js';
import type { CreateTransport, Transport } from '../transport/transport.js';
import type { AccountLimit } from './account-limit.js';
import type { AnswerRate } from './answer-rate.js';
import type { Cooldown } from './cooldown.js';
import type { FadingFailures } from './fading-failures.js';
import type { FirstContent } from './first-content.js';
import type { Key, KeyFault } from './key.js';
import type { Latency } from './latency.js';
import type { LimiterPlacesSeams } from './limiter-places.js';
import type { OutputSize } from './output-size.js';
import type { Quirks } from './quirks.js';
import type { Statistics } from './statistics.js';

export interface Upstream {
  readonly settings: UpstreamSettings;
  readonly keys: readonly Key[];
  readonly transport: Transport;
  /** Its transport's limit for connecting: the longest that any of its models has. */
  readonly longestConnect: number;
  readonly dialect: Dialect;
  readonly cooldown: Cooldown;
  /** What its keys have met; missing where it has one. */
  readonly accountLimit: AccountLimit | undefined;
  /** Opens when connections fail, whatever the model. */
  readonly breaker: CircuitBreaker;
  /** Missing where nobody asks for it. */
  readonly quota: UpstreamQuota | undefined;
}

/** Upstream × model: the unit of judgement. */
export interface Deployment {
  /** `model@upstream` */
  readonly id: string;
  readonly settings: DeploymentSettings;
  readonly upstream: Upstream;
  /** Where its attempts are sent, and those for streams. */
  readonly url: string;
  readonly streamUrl: string;
  readonly lanes: readonly Lane[];
  readonly cooldown: Cooldown;
  readonly breaker: CircuitBreaker;
  readonly statistics: Statistics;
  readonly outputSize: OutputSize;
  readonly firstContent: FirstContent;
  readonly latency: Latency;
  readonly failures: FadingFailures;
  readonly quirks: Quirks;
  readonly health: DeploymentHealth;
  /** Attempts under way. */
  readonly running: Set<Abandonable>;
  /** Where the next choice among the lanes begins. */
  turn: number;
  /** What a person has said of it; holds for calls that began before a change of the pool, too. */
  readonly byHand: ByHand;
  /** Whether its upstream's list of models names it; undefined while no list is known. */
  listed: boolean | undefined;
}

export interface ByHand {
  /** Finishes what it has and is given nothing new, until `undrain()`. */
  draining: boolean;
}

/** An attempt that may be given up when its circuit opens. */
export interface Abandonable {
  /** `bySilence`: what opened the circuit was silence, not errors that came quickly. */
  abandon(bySilence: boolean): void;
}

/** Deployment × key: the unit of limits and cooldowns. */
export interface Lane {
  /** `model@upstream#key` */
  readonly id: string;
  readonly deployment: Deployment;
  readonly key: Key;
  /** Missing where nothing is limited and nothing was learned; shared where the limits are the account's. */
  readonly limiter: Limiter | undefined;
  /** Where it is, or will be. */
  readonly limiterPlace: LimiterPlace;
  readonly cooldown: Cooldown;
  readonly statistics: Statistics;
  readonly answers: AnswerRate;
}

export interface Pool {
  readonly upstreams: readonly Upstream[];
  readonly deployments: readonly Deployment[];
  /** The deployments of a model, in the order of the pool. */
  readonly byModel: ReadonlyMap<string, readonly Deployment[]>;
  /**
   * Takes on other settings. Who is still there keeps what is known of him; who was asked before may be asked by calls that began
   * before, until `Departed.close`. Undefined where nobody has left.
   */
  become(settings: Settings): Departed | undefined;
  /** Leaves no timer and no connection. */
  close(): Promise<void>;
}

/** What is not part of the pool any more. */
export interface Departed {
  close(): Promise<void>;
}

/** What the pool tells, and what it is made with. */
export interface PoolSeams extends LimiterPlacesSeams {
  readonly createTransport: CreateTransport;
  readonly random: () => number;
  /** `deployment` is missing for the circuit of a whole upstream. */
  readonly onCircuitChange: (change: CircuitChange, upstream: string, deployment: string | undefined) => void;
  readonly onKeyFault: (fault: KeyFault) => void;
}

/** When nothing rests any more that the lane needs; in the past when nothing does. */
export function restsUntil(lane: Lane): number {
  const { deployment, key, cooldown } = lane;
  return Math.max(cooldown.until, key.cooldown.until, deployment.cooldown.until, deployment.upstream.cooldown.until);
}

/** The cooldown that keeps the lane resting longest. */
export function longestRest(lane: Lane): Cooldown {
  const { deployment, key } = lane;
  return [lane.cooldown, key.cooldown, deployment.cooldown, deployment.upstream.cooldown].reduce((longest, one) =>
    one.until > longest.until ? one : longest,
  );
}
