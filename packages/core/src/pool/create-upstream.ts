/** Makes an upstream of its settings. */
import { isDeepStrictEqual } from 'node:util';
import { createCircuitBreaker } from '../breaker/circuit-breaker.js';
import type { CircuitBreaker, CircuitChange } from '../breaker/circuit.js';
import { now } from '../clock.js';
import type { UpstreamSettings } from '../config/settings.js';
import { dialectFor } from '../provider/dialects.js';
import { UpstreamQuota } from '../quota/upstream-quota.js';
import { AccountLimit } from './account-limit.js';
import { Cooldown } from './cooldown.js';
import { createKeys, isSameKey, type Key } from './key.js';
import type { Pool, PoolSeams, Upstream } from './pool.js';

/** The one of before where nothing has changed; else a new one, with what is still true of the one before. */
export function composeUpstream(
  settings: UpstreamSettings,
  connect: number,
  { before, ...seams }: PoolSeams & { readonly before: Pick<Pool, 'upstreams'> },
): Upstream {
  const named = before.upstreams.find((one) => one.settings.name === settings.name);
  const known = named !== undefined && isSameService(named.settings, settings) ? named : undefined;
  if (known?.longestConnect === connect && isDeepStrictEqual(known.settings, settings)) return known;
  return createUpstream(settings, connect, { ...seams, known });
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
  const onChange = (change: CircuitChange): void => seams.onCircuitChange(change, settings.name, undefined);
  return createCircuitBreaker(settings.breaker, { now, random: seams.random, onChange });
}

/** What was known of a service says nothing about another one under its name. */
export function isSameService(one: UpstreamSettings, other: UpstreamSettings): boolean {
  return one.provider === other.provider && one.baseUrl === other.baseUrl && one.apiVersion === other.apiVersion;
}
