/** The upstreams and their deployments, each with everything that applies to it. */
import { trimBaseUrl } from './base-url.js';
import {
  DEFAULT_BASE_URLS,
  DEFAULT_BREAKER,
  DEFAULT_DEPLOYMENT_RETRY,
  DEFAULT_LEARN_LIMITS,
  DEFAULT_LIMITS_SCOPE,
  DEFAULT_MAX_RESPONSE_BYTES,
  DEFAULT_PRIORITY,
  DEFAULT_REASONING_TIMEOUTS,
  DEFAULT_STRICT_MODELS,
  DEFAULT_TIMEOUTS,
  DEFAULT_WEIGHT,
} from './defaults.js';
import { type Layer, nearest } from './nearest.js';
import type { CheckedKey } from './key-schema.js';
import { findNameFault } from './name-faults.js';
import { modelsOfChain } from './resolve-chains.js';
import { limitsOfKeys, nearestLimits } from './resolve-limits.js';
import { resolveHealth } from './resolve-health.js';
import { resolveModel } from './resolve-model.js';
import { resolveQuota, resolveStatusPage } from './resolve-watch.js';
import type { CheckedOptions } from './schema.js';
import type { BreakerSettings, DeploymentRetry, DeploymentSettings, Limits, UpstreamSettings } from './settings.js';

type Upstream = CheckedOptions['upstreams'][number];
type Models = Exclude<Upstream['models'], 'discover'>;
type Model = NonNullable<Exclude<Models, readonly unknown[]>[string]>;

/** What upstreams were found to serve, by upstream: names of models. */
export type ListedModels = ReadonlyMap<string, readonly string[]>;

export interface Pool {
  readonly upstreams: readonly UpstreamSettings[];
  readonly deployments: readonly DeploymentSettings[];
}

/** An upstream that discovers its models serves those that it lists, and until it is known which these are, whatever the chains name. */
export function resolvePool(options: CheckedOptions, listed: ListedModels): Pool {
  const upstreams: UpstreamSettings[] = [];
  const deployments: DeploymentSettings[] = [];
  for (const upstream of options.upstreams) {
    const models = modelsOf(upstream, listed.get(upstream.name) ?? namedModels(options));
    const settings = resolveUpstream(options, upstream, models);
    upstreams.push(settings);
    for (const [name, model] of models) {
      deployments.push(resolveDeployment({ options, upstream, settings }, name, model));
    }
  }
  return { upstreams, deployments };
}

type NamedModel = readonly [name: string, model: Model];

function resolveUpstream(options: CheckedOptions, upstream: Upstream, models: readonly NamedModel[]): UpstreamSettings {
  return {
    name: upstream.name,
    provider: upstream.provider,
    apiVersion: upstream.apiVersion,
    // One without a default has been checked for its own.
    baseUrl: trimBaseUrl(upstream.baseUrl ?? DEFAULT_BASE_URLS[upstream.provider] ?? ''),
    keys: keysOf(upstream).map((key) =>
      typeof key === 'object' ? { secret: key.key, name: key.name } : { secret: key, name: undefined },
    ),
    region: upstream.region,
    tags: [...new Set(upstream.tags)],
    discovers: upstream.models === 'discover',
    strictModels: upstream.strictModels ?? options.strictModels ?? DEFAULT_STRICT_MODELS,
    limitsScope: upstream.limitsScope ?? DEFAULT_LIMITS_SCOPE,
    learnLimits: upstream.learnLimits ?? options.learnLimits ?? DEFAULT_LEARN_LIMITS,
    breaker: resolveBreaker([options.breaker, upstream.breaker]),
    timeouts: nearest(DEFAULT_TIMEOUTS, [options.timeouts, upstream.timeouts]),
    health: resolveHealth([options.health, upstream.health]),
    headers: lowerCaseNames(upstream.headers ?? {}),
    dispatcher: upstream.dispatcher,
    sign: upstream.sign,
    connections: resolveConnections(options, upstream, models),
    maxResponseBytes: upstream.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
    quota: resolveQuota(upstream.quota, upstream),
    statusPage: resolveStatusPage(upstream.statusPage),
  };
}

interface Place {
  readonly options: CheckedOptions;
  readonly upstream: Upstream;
  readonly settings: UpstreamSettings;
}

function resolveDeployment({ options, upstream, settings }: Place, name: string, model: Model): DeploymentSettings {
  const modelId = model.id ?? name;
  const known = resolveModel(
    { ...model, refuses: model.refuses ?? upstream.refuses },
    { provider: upstream.provider, modelId, model: name },
    options.modelMap,
  );
  return {
    id: `${name}@${upstream.name}`,
    model: name,
    modelId,
    upstream: settings,
    priority: model.priority ?? upstream.priority ?? DEFAULT_PRIORITY,
    weight: model.weight ?? upstream.weight ?? DEFAULT_WEIGHT,
    ...known,
    timeouts: nearest(known.reasoning ? DEFAULT_REASONING_TIMEOUTS : DEFAULT_TIMEOUTS, [
      options.timeouts,
      upstream.timeouts,
      model.timeouts,
    ]),
    retry: resolveRetry([options.retry, upstream.retry, model.retry]),
    breaker: resolveBreaker([options.breaker, upstream.breaker, model.breaker]),
    limits: nearestLimits([options.limits, upstream.limits, model.limits]),
    laneLimits: laneLimits(options, upstream, model),
    health: resolveHealth([options.health, upstream.health, model.health]),
    ownProbe: model.health !== undefined && model.health !== false && typeof model.health.probe === 'function',
  };
}

/** One that is `undefined` for a server without keys. */
function keysOf({ keys }: Upstream): readonly (CheckedKey | undefined)[] {
  return keys === 'none' ? [undefined] : keys;
}

function laneLimits(options: CheckedOptions, upstream: Upstream, model: Model): readonly Limits[] {
  const own = keysOf(upstream).map((key) => (typeof key === 'object' ? key.limits : undefined));
  return limitsOfKeys(own, model.limits, [options.limits, upstream.limits]);
}

function modelsOf({ models }: Upstream, discovered: readonly string[]): readonly NamedModel[] {
  if (models === 'discover') return discovered.filter(isName).map((name) => [name, {}]);
  if (Array.isArray(models)) return models.map((name) => [name, {}]);
  return Object.entries(models).flatMap(([name, model]): [string, Model][] =>
    model === undefined ? [] : [[name, model]],
  );
}

/** An upstream may list what cannot be a name here. */
function isName(name: string): boolean {
  return findNameFault(name) === undefined;
}

function namedModels({ chains = {}, lastResort }: CheckedOptions): readonly string[] {
  const named = Object.values(chains).flatMap((chain) => (chain === undefined ? [] : modelsOfChain(chain)));
  return [...new Set(lastResort === undefined ? named : [...named, lastResort])];
}

/** A longer first delay somewhere near is not cut by a ceiling from farther away. */
function resolveRetry(layers: readonly Layer<keyof DeploymentRetry>[]): DeploymentRetry {
  const retry = nearest(DEFAULT_DEPLOYMENT_RETRY, layers);
  const baseDelay = layers.findLast((layer) => layer?.baseDelay !== undefined)?.baseDelay ?? 0;
  const overloaded = layers.findLast((layer) => layer?.overloadedBaseDelay !== undefined)?.overloadedBaseDelay ?? 0;
  return { ...retry, maxDelay: Math.max(retry.maxDelay, baseDelay, overloaded) };
}

/** As with the back-off: who wants a longer open time has it. */
function resolveBreaker(layers: readonly Layer<keyof BreakerSettings>[]): BreakerSettings {
  const breaker = nearest(DEFAULT_BREAKER, layers);
  const openFor = layers.findLast((layer) => layer?.openFor !== undefined)?.openFor ?? 0;
  return { ...breaker, maxOpenFor: Math.max(breaker.maxOpenFor, openFor) };
}

/** With fewer sockets than its lanes may use at once, attempts that the limits admit would wait for a socket. */
function resolveConnections(
  options: CheckedOptions,
  upstream: Upstream,
  models: readonly NamedModel[],
): number | undefined {
  if (upstream.connections === undefined) return undefined;
  const limits = models.flatMap(([, model]) => {
    const lanes = laneLimits(options, upstream, model);
    return upstream.limitsScope === 'account' ? lanes.slice(0, 1) : lanes;
  });
  const usable = limits.reduce((sum, { concurrency = 0 }) => sum + concurrency, 0);
  return Math.max(upstream.connections, usable);
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
