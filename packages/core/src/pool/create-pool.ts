/** Makes the pool of the settings, and makes another of it when they change. */
import { isDeepStrictEqual } from 'node:util';
import type { Settings, UpstreamSettings } from '../config/settings.js';
import { createDeployment, sameService } from './create-deployment.js';
import { composeUpstream } from './create-upstream.js';
import { createLimiterPlaces, type PlaceFor } from './limiter-places.js';
import type { Deployment, Pool, PoolSeams } from './pool.js';

/** Who is in the pool at one time. */
type Members = Pick<Pool, 'upstreams' | 'deployments' | 'byModel'>;

const NOBODY: Members = { upstreams: [], deployments: [], byModel: new Map() };

export function createPool(settings: Settings, seams: PoolSeams): Pool {
  const limiters = createLimiterPlaces(seams);
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
