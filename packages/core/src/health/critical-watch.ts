/** Raises the alarm when too many models of the pool are out, and says when that is over. */
import type { Events } from '../events.js';
import { isUnlisted } from '../gate.js';
import { restsUntil, type Deployment, type Pool } from '../pool/pool.js';
import { isCritical, modelsOut, type Serving } from './models-out.js';

/** Plain data for the status. */
export interface CriticalStatus {
  /** Those out. */
  readonly models: readonly string[];
  /** How many there are in all. */
  readonly of: number;
  /** Milliseconds since the alarm. */
  readonly for: number;
}

export class CriticalWatch {
  readonly #pool: Pool;
  readonly #events: Events;
  readonly #ratio: number | false;
  #since: number | undefined;
  #out: readonly string[] = [];

  constructor(pool: Pool, events: Events, ratio: number | false) {
    this.#pool = pool;
    this.#events = events;
    this.#ratio = ratio;
  }

  status(at: number): CriticalStatus | undefined {
    if (this.#since === undefined) return undefined;
    return { models: this.#out, of: this.#pool.byModel.size, for: at - this.#since };
  }

  /** Looks again; whether it is critical. `isUp`: probes vouch for the deployment. */
  review(at: number, isUp: (deployment: Deployment) => boolean): boolean {
    const { byModel } = this.#pool;
    const models = [...byModel].map(([model, all]) => [model, all.map((one) => serving(one, isUp(one), at))] as const);
    this.#out = modelsOut(models);
    const critical = isCritical(this.#out.length, byModel.size, this.#ratio);
    if (critical === (this.#since !== undefined)) return critical;
    const of = byModel.size;
    if (critical) {
      this.#since = at;
      const message = `${this.#out.length} of ${of} models have nobody to serve them: ${named(this.#out)}.`;
      this.#events.emit('pool-critical', { models: this.#out, of, message });
    } else {
      const duration = at - (this.#since ?? at);
      this.#since = undefined;
      this.#events.emit('pool-recovered', { models: this.#out, of, duration });
    }
    return critical;
  }
}

const MOST_NAMED = 10;

function named(models: readonly string[]): string {
  const more = models.length > MOST_NAMED ? ` and ${models.length - MOST_NAMED} more` : '';
  return models.slice(0, MOST_NAMED).join(', ') + more;
}

function serving(deployment: Deployment, up: boolean, at: number): Serving {
  const { breaker, upstream, byHand, health, lanes } = deployment;
  const rested = Math.min(...lanes.map((lane) => restsUntil(lane)));
  return {
    circuit: breaker.state,
    upstreamCircuit: upstream.breaker.state,
    shutOut: byHand.draining || isUnlisted(deployment),
    restsFor: Math.max(0, rested - at),
    down: health.avoided,
    up,
  };
}
