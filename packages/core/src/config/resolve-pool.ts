/** The upstreams and their deployments, each with everything that applies to it. */
import { trimBaseUrl } from './base-url.js';
import {
  DEFAULT_BASE_URLS,
  DEFAULT_BREAKER,
  DEFAULT_DEPLOYMENT_RETRY,
  DEFAULT_LIMITS_SCOPE,
  DEFAULT_MAX_RESPONSE_BYTES,
  DEFAULT_PRIORITY,
  DEFAULT_REASONING_TIMEOUTS,
  DEFAULT_TIMEOUTS,
  DEFAULT_WEIGHT,
} from './defaults.js';
import { type Layer, nearest } from './nearest.js';
import { resolveModel } from './resolve-model.js';
import type { CheckedOptions } from './schema.js';
import type { BreakerSettings, DeploymentRetry, DeploymentSettings, Limits, UpstreamSettings } from './settings.js';

type Upstream = CheckedOptions['upstreams'][number];
type Model = NonNullable<Exclude<Upstream['models'], readonly unknown[]>[string]>;

export interface Pool {
  readonly upstreams: readonly UpstreamSettings[];
  readonly deployments: readonly DeploymentSettings[];
}

export function resolvePool(options: CheckedOptions): Pool {
  const upstreams: UpstreamSettings[] = [];
  const deployments: DeploymentSettings[] = [];
  for (const upstream of options.upstreams) {
    const settings = resolveUpstream(options, upstream);
    upstreams.push(settings);
    for (const [name, model] of modelsOf(upstream)) {
      deployments.push(resolveDeployment({ options, upstream, settings }, name, model));
    }
  }
  return { upstreams, deployments };
}

function resolveUpstream(options: CheckedOptions, upstream: Upstream): UpstreamSettings {
  return {
    name: upstream.name,
    provider: upstream.provider,
    apiVersion: upstream.apiVersion,
    // One without a default has been checked for its own.
    baseUrl: trimBaseUrl(upstream.baseUrl ?? DEFAULT_BASE_URLS[upstream.provider] ?? ''),
    keys: upstream.keys === 'none' ? [undefined] : [...upstream.keys],
    region: upstream.region,
    tags: [...new Set(upstream.tags)],
    limitsScope: upstream.limitsScope ?? DEFAULT_LIMITS_SCOPE,
    breaker: resolveBreaker([options.breaker, upstream.breaker]),
    timeouts: nearest(DEFAULT_TIMEOUTS, [options.timeouts, upstream.timeouts]),
    headers: lowerCaseNames(upstream.headers ?? {}),
    dispatcher: upstream.dispatcher,
    sign: upstream.sign,
    connections: resolveConnections(options, upstream),
    maxResponseBytes: upstream.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
  };
}

interface Place {
  readonly options: CheckedOptions;
  readonly upstream: Upstream;
  readonly settings: UpstreamSettings;
}

function resolveDeployment({ options, upstream, settings }: Place, name: string, model: Model): DeploymentSettings {
  const modelId = model.id ?? name;
  const known = resolveModel(model, { provider: upstream.provider, modelId, model: name }, options.modelMap);
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
    limits: resolveLimits(options, upstream, model),
  };
}

function modelsOf({ models }: Upstream): [name: string, model: Model][] {
  if (Array.isArray(models)) return models.map((name) => [name, {}]);
  return Object.entries(models).flatMap(([name, model]): [string, Model][] =>
    model === undefined ? [] : [[name, model]],
  );
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

function resolveLimits(options: CheckedOptions, upstream: Upstream, model: Model): Limits {
  const limits: { -readonly [Name in keyof Limits]: Limits[Name] } = {};
  for (const layer of [options.limits, upstream.limits, model.limits]) {
    if (layer?.requestsPerMinute !== undefined) limits.requestsPerMinute = layer.requestsPerMinute;
    if (layer?.tokensPerMinute !== undefined) limits.tokensPerMinute = layer.tokensPerMinute;
    if (layer?.concurrency !== undefined) limits.concurrency = layer.concurrency;
  }
  return limits;
}

/** With fewer sockets than its lanes may use at once, attempts that the limits admit would wait for a socket. */
function resolveConnections(options: CheckedOptions, upstream: Upstream): number | undefined {
  if (upstream.connections === undefined) return undefined;
  const buckets = upstream.keys === 'none' || upstream.limitsScope === 'account' ? 1 : upstream.keys.length;
  const concurrencies = modelsOf(upstream).map(([, model]) => resolveLimits(options, upstream, model).concurrency ?? 0);
  const usable = concurrencies.reduce((sum, concurrency) => sum + concurrency * buckets, 0);
  return Math.max(upstream.connections, usable);
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
