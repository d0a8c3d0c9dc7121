/** What the keys of an upstream are like at this moment, without what they are. */
import type { Deployment, Pool, Upstream } from './pool/pool.js';
import type { Key } from './pool/key.js';
import { restStatus, type RestStatus } from './rest-status.js';

export interface KeyStatus {
  /** Position in the upstream's list, from 1. */
  readonly number: number;
  /** As the options call it. */
  readonly name: string | undefined;
  /** Of the key itself, whatever its lanes do. */
  readonly rest: RestStatus | undefined;
  /** What is left of the tightest limit of its lanes, 0 to 1; 1 where nothing is limited. */
  readonly left: number;
  /** Of all its lanes together. */
  readonly attempts: number;
  readonly inFlight: number;
  readonly successes: number;
  readonly failures: number;
}

export function keyStatuses(upstream: Upstream, { deployments }: Pool, at: number): readonly KeyStatus[] {
  const own = deployments.filter((one) => one.upstream === upstream);
  return upstream.keys.map((key) => keyStatus(key, own, at));
}

function keyStatus(key: Key, deployments: readonly Deployment[], at: number): KeyStatus {
  const status = {
    number: key.number,
    name: key.settings.name,
    rest: restStatus(key.cooldown, at),
    left: 1,
    attempts: 0,
    inFlight: 0,
    successes: 0,
    failures: 0,
  };
  for (const { lanes } of deployments) {
    for (const { limiter, statistics } of lanes.filter((lane) => lane.key.number === key.number)) {
      const { attempts, inFlight, successes, failures } = statistics.snapshot();
      status.left = Math.min(status.left, limiter?.share() ?? 1);
      status.attempts += attempts;
      status.inFlight += inFlight;
      status.successes += successes;
      status.failures += failures;
    }
  }
  return status;
}
