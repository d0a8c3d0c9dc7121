/** What a person may do by hand, in an emergency or for maintenance. */
import { now } from './clock.js';
import { unknownName } from './config/unknown-name.js';
import { ConfigError } from './errors.js';
import type { Events } from './events.js';
import type { RestScope } from './judgement/failure.js';
import type { Cooldown } from './pool/cooldown.js';
import type { Deployment, Pool, Upstream } from './pool/pool.js';

export interface DeploymentControl {
  /** Opens its circuit, until `reset()`. */
  open(): void;
  /** Closes its circuit whatever happens, until `reset()`. */
  close(): void;
  /** Its circuit as new, deciding by itself again. */
  reset(): void;
  /** Gives it nothing new; what it has goes on. */
  drain(): void;
  /** Ends `drain()`. */
  undrain(): void;
  /** Ends its rests, and those of its lanes and keys, before their time, and forgets what was learned of its limits. */
  wake(): void;
}

export interface UpstreamControl {
  /** Sends nothing to any of its deployments for `duration` milliseconds. */
  rest(duration: number): void;
  /** Ends its rests, and those of all its deployments and keys, before their time. */
  wake(): void;
  /** It was repaired: everything of it rests no more, and all its circuits are as new. */
  reset(): void;
}

export interface Controls {
  /** @throws ConfigError for an unknown id */
  deployment(id: string): DeploymentControl;
  /** @throws ConfigError for an unknown name */
  upstream(name: string): UpstreamControl;
}

export interface ControlledParts {
  readonly pool: Pool;
  readonly events: Events;
  /** Calls that wait for this deployment ask again. */
  readonly wake: (deployment: Deployment) => void;
  /** Something has changed of which no event tells. */
  readonly look: () => void;
}

export function createControls({ pool, events, wake, look }: ControlledParts): Controls {
  function end(scope: RestScope, cooldown: Cooldown, upstream: Upstream, deployment?: Deployment): void {
    if (!cooldown.wake(now())) return;
    events.emit('cooldown-ended', { scope, upstream: upstream.settings.name, deployment: deployment?.id });
  }

  function wakeDeployment(deployment: Deployment): void {
    const { upstream } = deployment;
    end('deployment', deployment.cooldown, upstream, deployment);
    for (const { cooldown, limiter } of deployment.lanes) {
      end('lane', cooldown, upstream, deployment);
      limiter?.forgetLearned();
    }
    for (const { cooldown } of upstream.keys) end('key', cooldown, upstream);
    // Keys are shared, so others of this upstream may be free too.
    for (const other of pool.deployments) if (other.upstream === upstream) wake(other);
  }

  function wakeUpstream(upstream: Upstream): void {
    end('upstream', upstream.cooldown, upstream);
    for (const deployment of pool.deployments) if (deployment.upstream === upstream) wakeDeployment(deployment);
  }

  return {
    deployment(id) {
      // Looked up each time: the pool may have changed.
      const find = (): Deployment => known('deployment', id, pool.deployments, (one) => one.id);
      find();
      return {
        open: () => find().breaker.forceOpen(),
        close: () => {
          find().breaker.forceClosed();
          wake(find());
        },
        reset: () => {
          find().breaker.reset();
          wake(find());
        },
        drain: () => {
          find().byHand.draining = true;
          look();
        },
        undrain: () => {
          find().byHand.draining = false;
          look();
          wake(find());
        },
        wake: () => {
          const deployment = find();
          end('upstream', deployment.upstream.cooldown, deployment.upstream);
          wakeDeployment(deployment);
        },
      };
    },
    upstream(name) {
      const find = (): Upstream => known('upstream', name, pool.upstreams, (one) => one.settings.name);
      find();
      return {
        rest: (duration) => {
          if (!(duration > 0 && duration < Infinity)) {
            throw new ConfigError([{ path: 'duration', value: String(duration), expected: 'milliseconds above 0' }]);
          }
          const at = now();
          find().cooldown.offend({
            reason: 'by-hand',
            attemptStartedAt: at,
            at,
            hinted: true,
            duration: () => duration,
          });
          const facts = { upstream: name, deployment: undefined, key: undefined, duration };
          events.emit('cooldown-started', { scope: 'upstream', reason: 'by-hand', hinted: false, ...facts });
        },
        wake: () => wakeUpstream(find()),
        reset: () => {
          const upstream = find();
          upstream.breaker.reset();
          for (const { breaker } of pool.deployments.filter((one) => one.upstream === upstream)) breaker.reset();
          wakeUpstream(upstream);
        },
      };
    },
  };
}

function known<Item>(path: string, name: string, items: readonly Item[], nameOf: (item: Item) => string): Item {
  const found = items.find((item) => nameOf(item) === name);
  if (found !== undefined) return found;
  throw new ConfigError([unknownName(path, name, items.map(nameOf))]);
}
