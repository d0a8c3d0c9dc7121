/** The living side of the configuration: upstreams, deployments and lanes with what is known of them now. */
import type { DeploymentSettings, Settings, UpstreamSettings } from '../config/settings.js';
import { dialectFor, type Dialect } from '../provider/dialect.js';
import type { CreateTransport, Transport } from '../transport/transport.js';
import { Cooldown } from './cooldown.js';
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
}

/** Upstream × model: the unit of judgement. */
export interface Deployment {
  /** `model@upstream` */
  readonly id: string;
  readonly settings: DeploymentSettings;
  readonly upstream: Upstream;
  /** Where its attempts are sent. */
  readonly url: string;
  readonly lanes: readonly Lane[];
  readonly cooldown: Cooldown;
  readonly statistics: Statistics;
  /** Where the next choice among the lanes begins. */
  turn: number;
  /** Finishes what it has and is given nothing new, until `undrain()`. */
  draining: boolean;
}

/** Deployment × key: the unit of limits and cooldowns. */
export interface Lane {
  /** `model@upstream#key` */
  readonly id: string;
  readonly deployment: Deployment;
  readonly key: Key;
  /** The headers of its attempts, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cooldown: Cooldown;
  readonly statistics: Statistics;
}

export interface Pool {
  readonly upstreams: readonly Upstream[];
  readonly deployments: readonly Deployment[];
  /** The deployments of a model, in the order of the pool. */
  readonly byModel: ReadonlyMap<string, readonly Deployment[]>;
}

export function createPool(settings: Settings, createTransport: CreateTransport): Pool {
  const upstreams = new Map(
    settings.upstreams.map((upstream) => [upstream, createUpstream(upstream, createTransport)] as const),
  );
  const deployments: Deployment[] = [];
  for (const deployment of settings.deployments) {
    const upstream = upstreams.get(deployment.upstream);
    if (upstream !== undefined) deployments.push(createDeployment(deployment, upstream));
  }
  const byModel = new Map<string, Deployment[]>();
  for (const deployment of deployments) {
    const { model } = deployment.settings;
    const known = byModel.get(model);
    if (known === undefined) byModel.set(model, [deployment]);
    else known.push(deployment);
  }
  return { upstreams: [...upstreams.values()], deployments, byModel };
}

function createUpstream(settings: UpstreamSettings, createTransport: CreateTransport): Upstream {
  return {
    settings,
    keys: settings.keys.map((secret, index) => ({ number: index + 1, secret, cooldown: new Cooldown() })),
    transport: createTransport(settings),
    dialect: dialectFor(settings.provider),
    cooldown: new Cooldown(),
  };
}

function createDeployment(settings: DeploymentSettings, upstream: Upstream): Deployment {
  const lanes: Lane[] = [];
  const deployment: Deployment = {
    id: settings.id,
    settings,
    upstream,
    url: upstream.dialect.url(upstream.settings, settings),
    lanes,
    cooldown: new Cooldown(),
    statistics: new Statistics(),
    turn: 0,
    draining: false,
  };
  for (const key of upstream.keys) {
    lanes.push({
      id: `${settings.id}#${key.number}`,
      deployment,
      key,
      headers: upstream.dialect.headers(upstream.settings, key.secret),
      cooldown: new Cooldown(),
      statistics: new Statistics(),
    });
  }
  return deployment;
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
