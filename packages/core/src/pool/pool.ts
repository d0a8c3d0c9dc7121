/** The living side of the configuration: upstreams, deployments and lanes with what is known of them now. */
import { isDeepStrictEqual } from 'node:util';
import { createCircuitBreaker } from '../breaker/circuit-breaker.js';
import type { CircuitBreaker, CircuitChange } from '../breaker/circuit.js';
import { now } from '../clock.js';
import type { BreakerSettings, DeploymentSettings, Limits, Settings, UpstreamSettings } from '../config/settings.js';
import type { LimitNews } from '../limiter/learned-limits.js';
import type { Limiter } from '../limiter/limiter.js';
import { LimiterPlace } from '../limiter/limiter-place.js';
import { DeploymentHealth } from '../health/deployment-health.js';
import type { Dialect } from '../provider/dialect.js';
import { dialectFor } from '../provider/dialects.js';
import { UpstreamQuota } from '../quota/upstream-quota.js';
import type { CreateTransport, Transport } from '../transport/transport.js';
import { AccountLimit } from './account-limit.js';
import { Cooldown } from './cooldown.js';
import { FadingFailures } from './fading-failures.js';
import { FirstContent } from './first-content.js';
import { createKeys, isSameKey, type Key, type KeyFault } from './key.js';
import { Latency } from './latency.js';
import { OutputSize } from './output-size.js';
import { Quirks } from './quirks.js';
import { Statistics } from './statistics.js';

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
  /** Finishes what it has and is given nothing new, until `undrain()`. */
  draining: boolean;
  /** Whether its upstream's list of models names it; undefined while no list is known. */
  listed: boolean | undefined;
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
export interface PoolSeams {
  readonly createTransport: CreateTransport;
  readonly random: () => number;
  /** `deployment` is missing for the circuit of a whole upstream. */
  readonly onCircuitChange: (change: CircuitChange, upstream: string, deployment: string | undefined) => void;
  /** Something that was refused may now be admitted. */
  readonly onFree: (limiter: Limiter) => void;
  /** A limit of an upstream was found out. */
  readonly onLimitNews: (news: LimitNews, of: LimitOwner) => void;
  readonly onKeyFault: (fault: KeyFault) => void;
}

/** Whose limit it is. What is missing is not told apart: all keys of an account, all models of equal limits. */
export interface LimitOwner {
  readonly upstream: string;
  readonly deployment: string | undefined;
  /** Position of the key, from 1. */
  readonly key: number | undefined;
}

/** Who is in the pool at one time. */
type Members = Pick<Pool, 'upstreams' | 'deployments' | 'byModel'>;

const NOBODY: Members = { upstreams: [], deployments: [], byModel: new Map() };

export function createPool(settings: Settings, seams: PoolSeams): Pool {
  const limiters = createLimiters(seams);
  let members = compose(settings, { ...seams, placeFor: limiters.placeFor, before: NOBODY });

  async function close(closables: Iterable<Closable>): Promise<void> {
    await Promise.all([...closables].map(async (one) => one.close()));
  }

  return {
    get upstreams() {
      return members.upstreams;
    },
    get deployments() {
      return members.deployments;
    },
    get byModel() {
      return members.byModel;
    },
    become(next) {
      const before = closablesOf(members);
      members = compose(next, { ...seams, placeFor: limiters.placeFor, before: members });
      for (const kept of closablesOf(members)) before.delete(kept);
      limiters.forget(before);
      return before.size === 0 ? undefined : { close: () => close(before) };
    },
    close: () => close(closablesOf(members)),
  };
}

interface Closable {
  close(): void | Promise<void>;
}

function closablesOf({ upstreams, deployments }: Members): Set<Closable> {
  const closables = new Set<Closable>();
  for (const { breaker, transport, keys } of upstreams) {
    closables.add(breaker).add(transport);
    for (const { credential } of keys) closables.add(credential);
  }
  for (const { breaker, lanes } of deployments) {
    closables.add(breaker);
    for (const { limiterPlace } of lanes) closables.add(limiterPlace);
  }
  return closables;
}

interface Composition extends PoolSeams {
  readonly placeFor: PlaceFor;
  readonly before: Members;
}

function compose(settings: Settings, composition: Composition): Members {
  const { before } = composition;
  const upstreams = new Map(
    settings.upstreams.map((one) => [one, composeUpstream(one, longestConnect(one, settings), composition)] as const),
  );
  const deployments: Deployment[] = [];
  const byModel = new Map<string, Deployment[]>();
  for (const deploymentSettings of settings.deployments) {
    const upstream = upstreams.get(deploymentSettings.upstream);
    if (upstream === undefined) continue;
    const known = before.deployments.find(({ id }) => id === deploymentSettings.id);
    const deployment =
      known?.upstream === upstream && isDeepStrictEqual(known.settings, deploymentSettings)
        ? known
        : createDeployment(deploymentSettings, upstream, { ...composition, known: sameService(known, upstream) });
    deployments.push(deployment);
    byModel.set(deployment.settings.model, [...(byModel.get(deployment.settings.model) ?? []), deployment]);
  }
  return { upstreams: [...upstreams.values()], deployments, byModel };
}

/** Connections are shared by models that may each have their own limit: the longest is the connection's. */
function longestConnect(upstream: UpstreamSettings, { deployments }: Settings): number {
  const own = deployments.filter((one) => one.upstream === upstream).map(({ timeouts }) => timeouts.connect);
  return Math.max(upstream.timeouts.connect, ...own);
}

/** What was known of a service says nothing about another one under its name. */
function sameService(known: Deployment | undefined, { settings }: Upstream): Deployment | undefined {
  return known !== undefined && isSameService(known.upstream.settings, settings) ? known : undefined;
}

function isSameService(one: UpstreamSettings, other: UpstreamSettings): boolean {
  return one.provider === other.provider && one.baseUrl === other.baseUrl && one.apiVersion === other.apiVersion;
}

function composeUpstream(settings: UpstreamSettings, connect: number, composition: Composition): Upstream {
  const named = composition.before.upstreams.find((one) => one.settings.name === settings.name);
  const known = named !== undefined && isSameService(named.settings, settings) ? named : undefined;
  if (known?.longestConnect === connect && isDeepStrictEqual(known.settings, settings)) return known;
  return createUpstream(settings, connect, { ...composition, known });
}

function createUpstream(
  settings: UpstreamSettings,
  connect: number,
  { known, ...seams }: PoolSeams & { readonly known: Upstream | undefined },
): Upstream {
  const keepsTransport = known?.longestConnect === connect && isConnectedAlike(known.settings, settings);
  const cooldown = known?.cooldown ?? new Cooldown();
  const dialect = dialectFor(settings.provider);
  const keys = createKeys(settings, {
    compose: (secret) => dialect.headers(settings, secret),
    onFault: seams.onKeyFault,
    before: known,
  });
  return {
    settings,
    keys,
    transport: keepsTransport
      ? known.transport
      : seams.createTransport({ ...settings, timeouts: { ...settings.timeouts, connect } }),
    longestConnect: connect,
    dialect,
    cooldown,
    accountLimit: known !== undefined && hasSameKeys(known.keys, keys) ? known.accountLimit : accountLimitOf(keys),
    breaker: isDeepStrictEqual(known?.settings.breaker, settings.breaker)
      ? (known?.breaker ?? createUpstreamBreaker(settings, seams))
      : createUpstreamBreaker(settings, seams),
    quota: createQuota(settings, cooldown, known),
  };
}

/** A single key has no account beside itself. */
function accountLimitOf({ length }: readonly Key[]): AccountLimit | undefined {
  return length > 1 ? new AccountLimit(length) : undefined;
}

function hasSameKeys(some: readonly Key[], others: readonly Key[]): boolean {
  return some.length === others.length && some.every((key, index) => isSameKey(key, others[index]));
}

/** Its connections may be kept. */
function isConnectedAlike(one: UpstreamSettings, other: UpstreamSettings): boolean {
  return (
    one.dispatcher === other.dispatcher &&
    one.connections === other.connections &&
    one.maxResponseBytes === other.maxResponseBytes
  );
}

/** What is known of a quota that is asked for as before stays known. */
function createQuota({ quota }: UpstreamSettings, cooldown: Cooldown, known: Upstream | undefined) {
  if (quota === undefined) return undefined;
  const isAsBefore = isDeepStrictEqual(known?.settings.quota, quota);
  return isAsBefore && known?.quota !== undefined ? known.quota : new UpstreamQuota(quota, cooldown);
}

function createUpstreamBreaker(settings: UpstreamSettings, seams: PoolSeams): CircuitBreaker {
  return createBreaker(settings.breaker, seams, (change) => seams.onCircuitChange(change, settings.name, undefined));
}

interface DeploymentSeams extends PoolSeams {
  readonly placeFor: PlaceFor;
  /** The same one with its settings of before; what is known of it stays. */
  readonly known: Deployment | undefined;
}

function createDeployment(settings: DeploymentSettings, upstream: Upstream, seams: DeploymentSeams): Deployment {
  const { id } = settings;
  const { known } = seams;
  const lanes: Lane[] = [];
  const deployment: Deployment = {
    id,
    settings,
    upstream,
    url: upstream.dialect.url(upstream.settings, settings, false),
    streamUrl: upstream.dialect.url(upstream.settings, settings, true),
    lanes,
    cooldown: known?.cooldown ?? new Cooldown(),
    breaker:
      known !== undefined && isDeepStrictEqual(known.settings.breaker, settings.breaker)
        ? known.breaker
        : createBreaker(settings.breaker, seams, (change) => seams.onCircuitChange(change, upstream.settings.name, id)),
    statistics: known?.statistics ?? new Statistics(),
    outputSize: known?.outputSize ?? new OutputSize(),
    firstContent: known?.firstContent ?? new FirstContent(),
    quirks: known !== undefined && isSameModel(known.settings, settings) ? known.quirks : new Quirks(settings.refuses),
    latency: known?.latency ?? new Latency(now),
    failures: known?.failures ?? new FadingFailures(now),
    health: known?.health ?? new DeploymentHealth(),
    running: known?.running ?? new Set(),
    turn: 0,
    draining: known?.draining ?? false,
    listed: known?.settings.modelId === settings.modelId ? known.listed : undefined,
  };
  for (const key of upstream.keys) lanes.push(createLane(deployment, key, seams));
  return deployment;
}

function createLane(deployment: Deployment, key: Key, { known, placeFor }: DeploymentSeams): Lane {
  const { id, settings } = deployment;
  const before = known?.lanes.find((lane) => isSameKey(lane.key, key));
  const keepsLimits =
    before !== undefined &&
    before.deployment.settings.upstream.limitsScope === settings.upstream.limitsScope &&
    isDeepStrictEqual(limitsOf(before.deployment.settings, before.key), limitsOf(settings, key));
  const limiterPlace = keepsLimits ? before.limiterPlace : placeFor(settings, key);
  return {
    id: `${id}#${key.number}`,
    deployment,
    key,
    get limiter() {
      return limiterPlace.limiter;
    },
    limiterPlace,
    cooldown: before?.cooldown ?? new Cooldown(),
    statistics: before?.statistics ?? new Statistics(),
  };
}

function limitsOf({ laneLimits }: DeploymentSettings, { number }: Key): Limits {
  return laneLimits[number - 1] ?? {};
}

function createBreaker(
  settings: BreakerSettings,
  { random }: PoolSeams,
  onChange: (change: CircuitChange) => void,
): CircuitBreaker {
  return createCircuitBreaker(settings, { now, random, onChange });
}

/** Where the limiter of a lane is. */
type PlaceFor = (deployment: DeploymentSettings, key: Key) => LimiterPlace;

/**
 * One limiter per lane; with `limitsScope: 'account'` one for all keys, and for all models of equal limits. Where none are
 * configured, models are kept apart all the same, because what an upstream tells is told of a model.
 */
function createLimiters({ onFree, onLimitNews }: PoolSeams) {
  const ofAccounts = new Map<string, LimiterPlace>();

  function create(limits: Limits, owner: LimitOwner): LimiterPlace {
    const place: LimiterPlace = new LimiterPlace(limits, {
      now,
      onFree: () => place.limiter && onFree(place.limiter),
      onNews: (news) => onLimitNews(news, owner),
    });
    return place;
  }

  return {
    placeFor(deployment: DeploymentSettings, key: Key): LimiterPlace {
      const limits = limitsOf(deployment, key);
      const { id, upstream } = deployment;
      const { name, baseUrl } = upstream;
      if (upstream.limitsScope === 'key') return create(limits, { upstream: name, deployment: id, key: key.number });
      const configured = Object.values(limits).some((limit) => limit !== undefined);
      const account = JSON.stringify([name, baseUrl, configured ? limits : id]);
      const owner = { upstream: name, deployment: configured ? undefined : id, key: undefined };
      const known = ofAccounts.get(account) ?? create(limits, owner);
      ofAccounts.set(account, known);
      return known;
    },
    /** Those are not given out again. */
    forget(departed: ReadonlySet<Closable>): void {
      for (const [account, place] of ofAccounts) if (departed.has(place)) ofAccounts.delete(account);
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

/** What it was found not to take holds for the model behind the name, and as long as nobody says otherwise. */
function isSameModel(known: DeploymentSettings, { modelId, refuses }: DeploymentSettings): boolean {
  return known.modelId === modelId && isDeepStrictEqual(known.refuses, refuses);
}
