/** Gives a new pool what another process has known of it, as far as that still means something. */
import type { CircuitBreaker } from '../breaker/circuit.js';
import type { UpstreamSettings } from '../config/settings.js';
import type { Check, KeptCheck } from '../health/check.js';
import { MAX_HINT } from '../judgement/retry-after.js';
import type { Cooldown, KeptRest } from '../pool/cooldown.js';
import type { Key } from '../pool/key.js';
import type { Deployment, Upstream } from '../pool/pool.js';
import type { FoundQuirk } from '../pool/quirks.js';
import type { Known } from './collect.js';
import { keyIds, serviceId } from './fingerprint.js';
import type { KeptDeployment, KeptOpening, KeptUpstream, Snapshot } from './snapshot.js';

/** Milliseconds for which the opinion of probes may still be true. */
const OPINION_HOLDS = 600_000;
/** Milliseconds for which a circuit that admits trials again is still on trial: longer ago, nobody has called. */
const TRIAL_HOLDS = 60_000;
/** Services learn, too: what one has refused is tried again after a week. */
const REFUSAL_HOLDS = 7 * 86_400_000;
/** Of discovered models. Each may become a deployment. */
const MOST_MODELS = 1_000;

/** When it is now. */
export interface Present {
  /** On the engine's clock. */
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly today: number;
}

/** What an upstream that discovers its models was found to serve. */
export function modelsIn({ upstreams, salt }: Snapshot, settings: UpstreamSettings): readonly string[] | undefined {
  const models = settings.discovers ? keptOf(settings, upstreams, salt)?.models : undefined;
  return models === undefined || models.length > MOST_MODELS ? undefined : models;
}

export function restore(snapshot: Snapshot, { pool, health }: Omit<Known, 'lists'>, { at, today }: Present): void {
  const age = Math.max(0, today - snapshot.savedAt);
  const past: Past = { at, today, age, toPresent: (time) => time - snapshot.clock - age + at };
  for (const upstream of pool.upstreams) {
    const kept = keptOf(upstream.settings, snapshot.upstreams, snapshot.salt);
    if (kept === undefined) continue;
    const ids = keyIds(upstream.keys, snapshot.salt);
    restoreUpstream(upstream, kept, { ...past, ids });
    restoreProbes(health.checkOf(upstream), kept.probes, past);
    for (const deployment of pool.deployments) {
      if (deployment.upstream !== upstream) continue;
      const { model, modelId } = deployment.settings;
      const own = kept.deployments.find((one) => one.model === model && one.modelId === modelId);
      if (own === undefined) continue;
      restoreDeployment(deployment, own, { ...past, ids });
      restoreProbes(health.checkOf(deployment), own.probes, past);
    }
  }
}

interface Past extends Present {
  /** Milliseconds since it was saved. */
  readonly age: number;
  /** From the clock of the engine that saved it to ours. */
  readonly toPresent: (time: number) => number;
}

interface PastOfKeys extends Past {
  readonly ids: ReadonlyMap<Key, string>;
}

function keptOf(
  settings: UpstreamSettings,
  upstreams: readonly KeptUpstream[],
  salt: string,
): KeptUpstream | undefined {
  const service = serviceId(settings, salt);
  return upstreams.find((one) => one.name === settings.name && one.service === service);
}

function restoreUpstream({ keys, cooldown, breaker, settings }: Upstream, kept: KeptUpstream, past: PastOfKeys): void {
  restoreRest(cooldown, kept.rest, past);
  restoreOpening(breaker, kept.opening, { ...past, longest: settings.breaker.maxOpenFor });
  for (const key of keys) {
    const id = past.ids.get(key);
    restoreRest(key.cooldown, kept.keys.find((one) => one.key === id)?.rest, past);
  }
}

function restoreDeployment(deployment: Deployment, kept: KeptDeployment, past: PastOfKeys): void {
  const { cooldown, breaker, settings, statistics, lanes } = deployment;
  restoreRest(cooldown, kept.rest, past);
  restoreOpening(breaker, kept.opening, { ...past, longest: settings.breaker.maxOpenFor });
  restoreRefusals(deployment, kept.refuses ?? [], past);
  if (kept.counts !== undefined) statistics.restore(kept.counts);
  for (const lane of lanes) {
    const id = past.ids.get(lane.key);
    const own = kept.lanes.find(({ key }) => key === id);
    if (own === undefined) continue;
    restoreRest(lane.cooldown, own.rest, past);
    if (own.counts !== undefined) lane.statistics.restore(own.counts);
  }
}

function restoreRest(cooldown: Cooldown, kept: KeptRest | undefined, { at, toPresent }: Past): void {
  if (kept === undefined) return;
  const until = toPresent(kept.until);
  // No upstream may ask for a longer one.
  if (until - at <= MAX_HINT) cooldown.restore({ ...kept, until }, at);
}

interface PastOpening extends Past {
  /** Milliseconds for which this circuit may be open. */
  readonly longest: number;
}

function restoreOpening(
  breaker: CircuitBreaker,
  kept: KeptOpening | undefined,
  { at, age, toPresent, longest }: PastOpening,
): void {
  if (kept === undefined) return;
  const left = kept.until === undefined ? -age : toPresent(kept.until) - at;
  if (left > longest || left <= -TRIAL_HOLDS) return;
  // Whoever was on trial, or would be by now, still is.
  breaker.restoreOpen(Math.max(1, left), kept.openings);
}

function restoreRefusals({ quirks }: Deployment, found: readonly FoundQuirk[], { today }: Past): void {
  for (const { feature, at } of found) {
    if (today - at < REFUSAL_HOLDS && quirks.couldDoWithout(feature)) quirks.note(feature, at);
  }
}

function restoreProbes(check: Check | undefined, kept: KeptCheck | undefined, { age, toPresent }: Past): void {
  if (kept === undefined) return;
  const { failedAt } = kept;
  const now = failedAt === undefined ? kept : { ...kept, failedAt: toPresent(failedAt) };
  check?.restore(now, age <= OPINION_HOLDS);
}
