/** Lets trials through before an open time is over, when probes say that what had failed is back. Closes no circuit and opens none. */
import { now } from '../clock.js';
import type { CircuitBreaker } from '../breaker/circuit.js';
import type { FailoverEvents } from '../events.js';
import { restsUntil, type Deployment, type Pool } from '../pool/pool.js';
import type { Check } from './check.js';
import { Outage, type ProbeReach } from './outage.js';

type CircuitEvent = 'circuit-opened' | 'circuit-half-opened' | 'circuit-closed';

interface Opened {
  readonly outage: Outage;
  /** It was connecting that failed. */
  readonly byConnect: boolean;
}

export class EarlyTrials {
  readonly #pool: Pool;
  readonly #opened = new Map<CircuitBreaker, Opened>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  circuitChanged(about: FailoverEvents[CircuitEvent], name: CircuitEvent): void {
    const deployment = this.#pool.deployments.find(({ id }) => id === about.deployment);
    const upstream = this.#pool.upstreams.find(({ settings }) => settings.name === about.upstream);
    const breaker = about.deployment === undefined ? upstream?.breaker : deployment?.breaker;
    if (breaker === undefined) return;
    if (name === 'circuit-closed') this.#opened.delete(breaker);
    if (name !== 'circuit-opened') return;
    const known = this.#opened.get(breaker);
    if (known !== undefined) {
      known.outage.openedAgain(now());
      return;
    }
    const byConnect = deployment === undefined || deployment.health.lastFailure === 'connect';
    this.#opened.set(breaker, { outage: new Outage(now()), byConnect });
  }

  /** The pool has changed: whose circuit is gone is forgotten. */
  refresh(): void {
    const left = new Set([...this.#pool.upstreams, ...this.#pool.deployments].map(({ breaker }) => breaker));
    for (const breaker of this.#opened.keys()) if (!left.has(breaker)) this.#opened.delete(breaker);
  }

  /** A probe is over. */
  probed({ subject, state }: Check, at: number): void {
    const { upstream, deployment, settings } = subject;
    if (state.successes === 0 && state.failures === 0) return;
    const heard = { ok: state.successes > 0, at, rise: settings.rise };
    // Connecting is asked by every probe.
    this.#hear(upstream.breaker, heard, { same: true, openFor: 0, rests: upstream.cooldown.until > at });
    const all = this.#pool.deployments.filter((one) => one.upstream === upstream);
    for (const one of deployment === undefined ? all : [deployment]) {
      const { health, breaker } = one.settings;
      const same = deployment !== undefined || this.#opened.get(one.breaker)?.byConnect === true;
      if (health === undefined) continue;
      this.#hear(one.breaker, heard, { same, openFor: breaker.openFor, rests: allRest(one, at) });
    }
  }

  #hear(breaker: CircuitBreaker, { ok, at, rise }: Heard, { same, openFor, rests }: Reached): void {
    const opened = this.#opened.get(breaker);
    if (opened === undefined) return;
    if (!ok) opened.outage.probeFailed();
    else if (opened.outage.probeSucceeded(at, { same, openFor, rise }) && !rests) breaker.allowTrial();
  }
}

interface Heard {
  readonly ok: boolean;
  readonly at: number;
  readonly rise: number;
}

interface Reached extends Omit<ProbeReach, 'rise'> {
  /** A hint or a quota is kept, whatever probes say. */
  readonly rests: boolean;
}

function allRest({ lanes }: Deployment, at: number): boolean {
  return lanes.every((lane) => restsUntil(lane) > at);
}
