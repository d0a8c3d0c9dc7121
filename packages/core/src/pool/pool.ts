/** The living side of the configuration: upstreams, deployments and lanes with what is known of them now. */
import { createCircuitBreaker } from '../breaker/circuit-breaker.js';
import type { CircuitBreaker, CircuitChange } from '../breaker/circuit.js';
import { now } from '../clock.js';
import type { BreakerSettings, DeploymentSettings, Settings, UpstreamSettings } from '../config/settings.js';
import { createLimiter, type Limiter } from '../limiter/limiter.js';
import type { Dialect } from '../provider/dialect.js';
import { dialectFor } from '../provider/dialects.js';
import type { CreateTransport, Transport } from '../transport/transport.js';
import { Cooldown } from './cooldown.js';
import { FirstContent } from './first-content.js';
import { OutputSize } from './output-size.js';
import { Quirks } from './quirks.js';
import { Statistics } from './statistics.js';

/** One key of an upstream; shared by all its models. */
export interface Key {
  /** Position in the upstream's list, from 1. */
  readonly number: number;
  readonly secret: string | undefined;
  readonly cooldown: Cooldown;
}

export interface Upstream {
  readonly settings: UpstreamSettings;
  readonly keys: readonly Key[];
  readonly transport: Transport;
  readonly dialect: Dialect;
  readonly cooldown: Cooldown;
  /** Opens when connections fail, whatever the model. */
  readonly breaker: CircuitBreaker;
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
  readonly quirks: Quirks;
  /** Attempts under way. */
  readonly running: Set<Abandonable>;
  /** Where the next choice among the lanes begins. */
  turn: number;
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
  /** The headers of its attempts, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Missing where nothing is limited; shared where the limits are the account's. */
  readonly limiter: Limiter | undefined;
  readonly cooldown: Cooldown;
  readonly statistics: Statistics;
}

export interface Pool {
  readonly upstreams: readonly Upstream[];
  readonly deployments: readonly Deployment[];
  /** The deployments of a model, in the order of the pool. */
  readonly byModel: ReadonlyMap<string, readonly Deployment[]>;
  /** Leaves no timer and no connection. */
  close(): Promise<void>;
}

/** What the pool tells, and what it is made with. */
export interface PoolSeams {
  readonly createTransport: CreateTransport;
  readonly random: () => number;
  /** `deployment` is missing for the circuit of a whole upstream. */
  readonly onCircuitChange: (change: CircuitChange, upstream: string, deployment: string | undefined) => void;
  /** Something that was refused may now be admitted. */
  readonly onFree: (limiter: Limiter) => void;
}

export function createPool(settings: Settings, seams: PoolSeams): Pool {
  const upstreams = new Map(
    settings.upstreams.map((one) => [one, createUpstream(one, longestConnect(one, settings), seams)] as const),
  );
  const limiters = createLimiters(seams);
  const deployments: Deployment[] = [];
  const byModel = new Map<string, Deployment[]>();
  for (const deploymentSettings of settings.deployments) {
    const upstream = upstreams.get(deploymentSettings.upstream);
    if (upstream === undefined) continue;
    const deployment = createDeployment(deploymentSettings, upstream, { ...seams, limiterFor: limiters.limiterFor });
    deployments.push(deployment);
    byModel.set(deploymentSettings.model, [...(byModel.get(deploymentSettings.model) ?? []), deployment]);
  }
  return {
    upstreams: [...upstreams.values()],
    deployments,
    byModel,
    async close() {
      for (const { breaker } of [...upstreams.values(), ...deployments]) breaker.close();
      await Promise.all([limiters.close(), ...[...upstreams.values()].map(({ transport }) => transport.close())]);
    },
  };
}

/** Connections are shared by models that may each have their own limit: the longest is the connection's. */
function longestConnect(upstream: UpstreamSettings, { deployments }: Settings): number {
  const own = deployments.filter((one) => one.upstream === upstream).map(({ timeouts }) => timeouts.connect);
  return Math.max(upstream.timeouts.connect, ...own);
}

function createUpstream(settings: UpstreamSettings, connect: number, seams: PoolSeams): Upstream {
  return {
    settings,
    keys: settings.keys.map((secret, index) => ({ number: index + 1, secret, cooldown: new Cooldown() })),
    transport: seams.createTransport({ ...settings, timeouts: { ...settings.timeouts, connect } }),
    dialect: dialectFor(settings.provider),
    cooldown: new Cooldown(),
    breaker: createBreaker(settings.breaker, seams, (change) =>
      seams.onCircuitChange(change, settings.name, undefined),
    ),
  };
}

interface DeploymentSeams extends PoolSeams {
  readonly limiterFor: (deployment: DeploymentSettings) => Limiter | undefined;
}

function createDeployment(settings: DeploymentSettings, upstream: Upstream, seams: DeploymentSeams): Deployment {
  const { id } = settings;
  const lanes: Lane[] = [];
  const deployment: Deployment = {
    id,
    settings,
    upstream,
    url: upstream.dialect.url(upstream.settings, settings, false),
    streamUrl: upstream.dialect.url(upstream.settings, settings, true),
    lanes,
    cooldown: new Cooldown(),
    breaker: createBreaker(settings.breaker, seams, (change) =>
      seams.onCircuitChange(change, upstream.settings.name, id),
    ),
    statistics: new Statistics(),
    outputSize: new OutputSize(),
    firstContent: new FirstContent(),
    quirks: new Quirks(),
    running: new Set(),
    turn: 0,
    draining: false,
  };
  for (const key of upstream.keys) {
    lanes.push({
      id: `${id}#${key.number}`,
      deployment,
      key,
      headers: upstream.dialect.headers(upstream.settings, key.secret),
      limiter: seams.limiterFor(settings),
      cooldown: new Cooldown(),
      statistics: new Statistics(),
    });
  }
  return deployment;
}

function createBreaker(
  settings: BreakerSettings,
  { random }: PoolSeams,
  onChange: (change: CircuitChange) => void,
): CircuitBreaker {
  return createCircuitBreaker(settings, { now, random, onChange });
}

/** One limiter per lane; with `limitsScope: 'account'` one for all keys, and for all models of equal limits. */
function createLimiters({ onFree }: PoolSeams) {
  const limiters = new Set<Limiter>();
  const ofAccounts = new Map<string, Limiter>();

  function create({ limits }: DeploymentSettings): Limiter {
    const limiter: Limiter = createLimiter(limits, { now, onFree: () => onFree(limiter) });
    limiters.add(limiter);
    return limiter;
  }

  return {
    limiterFor(deployment: DeploymentSettings): Limiter | undefined {
      const { limits, upstream } = deployment;
      if (Object.values(limits).every((limit) => limit === undefined)) return undefined;
      if (upstream.limitsScope === 'key') return create(deployment);
      const account = JSON.stringify([upstream.name, limits]);
      const known = ofAccounts.get(account) ?? create(deployment);
      ofAccounts.set(account, known);
      return known;
    },
    async close() {
      await Promise.all([...limiters].map((limiter) => limiter.close()));
    },
  };
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
