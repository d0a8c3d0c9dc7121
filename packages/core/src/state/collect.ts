/** Takes from the living pool what is worth keeping. Changes nothing. */
import type { CircuitBreaker } from '../breaker/circuit.js';
import type { PoolHealth } from '../health/pool-health.js';
import type { DiscoveredLists } from '../pool/discovered-lists.js';
import type { Key } from '../pool/key.js';
import type { Deployment, Pool, Upstream } from '../pool/pool.js';
import { keyIds, serviceId } from './fingerprint.js';
import type { KeptDeployment, KeptKey, KeptOpening, KeptUpstream } from './snapshot.js';

/** What is known of a pool. */
export interface Known {
  readonly pool: Pick<Pool, 'upstreams' | 'deployments'>;
  readonly health: Pick<PoolHealth, 'checkOf'>;
  /** What upstreams that discover their models were found to serve. */
  readonly lists: Pick<DiscoveredLists, 'of'>;
}

/** The same for the same knowledge, whenever it is asked for: what has not changed need not be saved. */
export function collect(known: Known, salt: string, at: number): readonly KeptUpstream[] {
  const deployments = new Map<Upstream, Deployment[]>(known.pool.upstreams.map((upstream) => [upstream, []]));
  for (const deployment of known.pool.deployments) deployments.get(deployment.upstream)?.push(deployment);
  const moment: Moment = { known, salt, at };
  return [...deployments].map(([upstream, own]) => collectUpstream(upstream, own, moment));
}

interface Moment {
  readonly known: Known;
  readonly salt: string;
  readonly at: number;
}

function collectUpstream(upstream: Upstream, deployments: readonly Deployment[], moment: Moment): KeptUpstream {
  const { known, salt, at } = moment;
  const { settings, keys, cooldown, breaker, quota } = upstream;
  const ids = keyIds(keys, salt);
  // A rest of its quota could not be ended early by the next process, which asks for the quota anyway.
  const rest = quota?.rest.holds(at) === true ? undefined : cooldown.kept(at);
  const facts = {
    rest,
    opening: openingOf(breaker),
    models: settings.discovers ? known.lists.of(settings.name) : undefined,
    probes: known.health.checkOf(upstream)?.kept(),
  };
  return {
    name: settings.name,
    service: serviceId(settings, salt),
    ...facts,
    keys: [...ids].map(([{ cooldown: own }, key]): KeptKey => ({ key, rest: own.kept(at) })),
    deployments: deployments.map((deployment) => collectDeployment(deployment, ids, moment)),
  };
}

type Ids = ReadonlyMap<Key, string>;

function collectDeployment(deployment: Deployment, ids: Ids, { known, at }: Moment): KeptDeployment {
  const { settings, cooldown, breaker, statistics, quirks, lanes } = deployment;
  const refuses = quirks.found();
  const facts = {
    rest: cooldown.kept(at),
    opening: openingOf(breaker),
    counts: statistics.kept(),
    refuses: refuses.length === 0 ? undefined : refuses,
    probes: known.health.checkOf(deployment)?.kept(),
  };
  return {
    model: settings.model,
    modelId: settings.modelId,
    ...facts,
    lanes: lanes.map(({ key, cooldown: rest, statistics: counts }) => ({
      key: ids.get(key) ?? '',
      rest: rest.kept(at),
      counts: counts.kept(),
    })),
  };
}

/** What was forced open by hand was meant for this process; it has no time at which it admits anybody. */
function openingOf(breaker: CircuitBreaker): KeptOpening | undefined {
  if (breaker.state === 'closed') return undefined;
  const { openings } = breaker.snapshot();
  if (breaker.state === 'half-open') return { openings };
  const until = breaker.admitsAt;
  return until === undefined ? undefined : { until, openings };
}
