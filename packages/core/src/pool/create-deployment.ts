/** Makes a deployment with its lanes, of its settings and of what was known of it. */
import { isDeepStrictEqual } from 'node:util';
import { createCircuitBreaker } from '../breaker/circuit-breaker.js';
import type { CircuitChange } from '../breaker/circuit.js';
import { now } from '../clock.js';
import type { DeploymentSettings } from '../config/settings.js';
import { DeploymentHealth } from '../health/deployment-health.js';
import { AnswerRate } from './answer-rate.js';
import { Cooldown } from './cooldown.js';
import { isSameService } from './create-upstream.js';
import { FadingFailures } from './fading-failures.js';
import { FirstContent } from './first-content.js';
import { isSameKey, type Key } from './key.js';
import { Latency } from './latency.js';
import { limitsOf, type PlaceFor } from './limiter-places.js';
import { OutputSize } from './output-size.js';
import type { Deployment, Lane, PoolSeams, Upstream } from './pool.js';
import { Quirks } from './quirks.js';
import { Statistics } from './statistics.js';

export interface DeploymentSeams extends PoolSeams {
  readonly placeFor: PlaceFor;
  /** The same one with its settings of before; what is known of it stays. */
  readonly known: Deployment | undefined;
}

export function createDeployment(settings: DeploymentSettings, upstream: Upstream, seams: DeploymentSeams): Deployment {
  const { id } = settings;
  const { known } = seams;
  const onChange = (change: CircuitChange): void => seams.onCircuitChange(change, upstream.settings.name, id);
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
        : createCircuitBreaker(settings.breaker, { now, random: seams.random, onChange }),
    statistics: known?.statistics ?? new Statistics(),
    outputSize: known?.outputSize ?? new OutputSize(),
    firstContent: known?.firstContent ?? new FirstContent(),
    quirks: known !== undefined && isSameModel(known.settings, settings) ? known.quirks : new Quirks(settings.refuses),
    latency: known?.latency ?? new Latency(now),
    failures: known?.failures ?? new FadingFailures(now),
    health: known?.health ?? new DeploymentHealth(),
    running: known?.running ?? new Set(),
    turn: 0,
    byHand: known?.byHand ?? { draining: false },
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
    answers: before?.answers ?? new AnswerRate(),
  };
}

/** What is known of it, if its upstream is still the same service. */
export function sameService(known: Deployment | undefined, { settings }: Upstream): Deployment | undefined {
  return known !== undefined && isSameService(known.upstream.settings, settings) ? known : undefined;
}

/** What it was found not to take holds for the model behind the name, and as long as nobody says otherwise. */
function isSameModel(known: DeploymentSettings, { modelId, refuses }: DeploymentSettings): boolean {
  return known.modelId === modelId && isDeepStrictEqual(known.refuses, refuses);
}
