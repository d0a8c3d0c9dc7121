/** Sends the probes of a pool, each in its time, with one timer for all of them. */
import { LONGEST_TIMER, now } from '../clock.js';
import type { HealthSettings } from '../config/settings.js';
import type { Deployment, Pool, Upstream } from '../pool/pool.js';
import { probeByChat, type MayTake } from './chat-probe.js';
import { Check, type ProbeResult, type Subject } from './check.js';
import { probeList, type ListReader } from './list-probe.js';
import { probeByFunction } from './own-probe.js';
import { nextProbeIn } from './probe-interval.js';

export interface ProbingSeams {
  readonly random: () => number;
  readonly mayTake: MayTake;
  readonly listReader?: ListReader | undefined;
  /** One is over, and has been recorded. */
  readonly onResult: (check: Check) => void;
}

export interface Probing {
  /** Of the upstream itself, if it is probed. */
  ofUpstream(upstream: Upstream): Check | undefined;
  /** Of the deployment alone, if it is. */
  ofDeployment(deployment: Deployment): Check | undefined;
  /** Of either. */
  checkOf(who: Upstream | Deployment): Check | undefined;
  /** The deployments of an upstream. */
  ofOne(upstream: Upstream): readonly Deployment[];
  /** When a call last succeeded on any of them. */
  succeededAt(upstream: Upstream): number;
  /** The pool has changed: who is new is probed too, who is gone no more. */
  refresh(): void;
  /** Ends at once what is under way, and sends nothing more. */
  close(): void;
}

/** Those that are due so soon, in milliseconds, are sent with the one that is due now. */
const TOGETHER = 50;

/** Nothing is sent at once: the first round is spread over an interval, so that short processes send none. */
export function createProbing(pool: Pool, seams: ProbingSeams): Probing {
  return new PoolProbing(pool, seams);
}

class PoolProbing implements Probing {
  readonly #pool: Pool;
  readonly #seams: ProbingSeams;
  readonly #checks = new Map<Upstream | Deployment, Check>();
  #deployments: ReadonlyMap<Upstream, readonly Deployment[]> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(pool: Pool, seams: ProbingSeams) {
    this.#pool = pool;
    this.#seams = seams;
    this.refresh();
  }

  ofUpstream(upstream: Upstream): Check | undefined {
    return this.#checks.get(upstream);
  }

  ofDeployment(deployment: Deployment): Check | undefined {
    return this.#checks.get(deployment);
  }

  checkOf(who: Upstream | Deployment): Check | undefined {
    return this.#checks.get(who);
  }

  ofOne(upstream: Upstream): readonly Deployment[] {
    return this.#deployments.get(upstream) ?? [];
  }

  succeededAt(upstream: Upstream): number {
    let latest = -Infinity;
    for (const { health } of this.ofOne(upstream)) latest = Math.max(latest, health.succeededAt);
    return latest;
  }

  refresh(): void {
    if (this.#closed) return;
    this.#deployments = byUpstream(this.#pool);
    const at = now();
    const subjects = subjectsOf(this.#pool);
    const gone: Check[] = [];
    for (const [who, check] of this.#checks) {
      if (subjects.has(who)) continue;
      check.end?.();
      this.#checks.delete(who);
      gone.push(check);
    }
    for (const [who, subject] of subjects) {
      if (this.#checks.has(who)) continue;
      const known = gone.find((check) => isSame(check.subject, subject));
      const check = new Check(subject, at, known);
      check.dueAt = at + this.#seams.random() * subject.settings.interval;
      this.#checks.set(who, check);
    }
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const check of this.#checks.values()) check.end?.();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    let nearest = Infinity;
    for (const { dueAt } of this.#checks.values()) if (dueAt < nearest) nearest = dueAt;
    if (nearest === Infinity) return;
    this.#timer = setTimeout(() => this.#wake(), Math.min(LONGEST_TIMER, Math.max(0, Math.ceil(nearest - now()))));
    this.#timer.unref();
  }

  #wake(): void {
    const at = now();
    for (const check of this.#checks.values()) if (check.dueAt <= at + TOGETHER) this.#take(check, at);
    this.#arm();
  }

  /** Its turn: sent, unless calls have just shown what it would, or it may not be sent. */
  #take(check: Check, at: number): void {
    const { settings, upstream } = check.subject;
    if (at - this.#calledAt(check.subject) < settings.interval) {
      check.spared += 1;
      this.#schedule(check, { called: true, hint: 0 });
    } else if (upstream.cooldown.until > at) {
      check.held += 1;
      // Looked at again soon: somebody may end the rest before its time.
      this.#schedule(check, { called: false, hint: 0 });
    } else {
      check.dueAt = Infinity;
      void this.#probe(check);
    }
  }

  /** Never rejects. */
  async #probe(check: Check): Promise<void> {
    check.sent += 1;
    let result: ProbeResult | 'held' | undefined;
    try {
      result = await this.#ask(check);
    } catch {
      // A fault of ours must not end the probing.
    }
    check.end = undefined;
    if (result === 'held') {
      check.sent -= 1;
      check.held += 1;
    }
    if (this.#closed || !this.#isCurrent(check)) return;
    if (result !== undefined && result !== 'held') check.record(result, now());
    this.#schedule(check, { called: false, hint: typeof result === 'object' ? (result.verdict?.hint ?? 0) : 0 });
    this.#arm();
    if (typeof result === 'object') this.#seams.onResult(check);
  }

  #ask(check: Check): Promise<ProbeResult | 'held' | undefined> {
    const { settings, deployment } = check.subject;
    const { probe } = settings;
    if (typeof probe === 'function') return probeByFunction(check, probe);
    if (probe === 'chat' && deployment !== undefined) return probeByChat(check, deployment, this.#seams.mayTake);
    return probeList(check, this.#seams.listReader);
  }

  #schedule(check: Check, { called, hint }: { readonly called: boolean; readonly hint: number }): void {
    const at = now();
    const { undecided, futile } = check;
    const random = this.#seams.random();
    const moment = { quietFor: at - this.#askedAt(), called, undecided, futile, hint, random };
    check.dueAt = at + nextProbeIn(check.subject.settings, moment);
  }

  #isCurrent(check: Check): boolean {
    const { deployment, upstream } = check.subject;
    return this.#checks.get(deployment ?? upstream) === check;
  }

  /** When anything of the pool was last asked. */
  #askedAt(): number {
    let latest = -Infinity;
    for (const { health } of this.#pool.deployments) latest = Math.max(latest, health.askedAt);
    return latest;
  }

  /** When a call last succeeded that shows what this probe would. */
  #calledAt({ upstream, deployment }: Subject): number {
    if (deployment === undefined) return this.succeededAt(upstream);
    const { health, running } = deployment;
    // A long answer that is coming says what a token would.
    return running.size > 0 && health.succeededAt >= health.failedAt ? now() : health.succeededAt;
  }
}

function byUpstream({ upstreams, deployments }: Pool): ReadonlyMap<Upstream, readonly Deployment[]> {
  const all = new Map<Upstream, Deployment[]>(upstreams.map((upstream) => [upstream, []]));
  for (const deployment of deployments) all.get(deployment.upstream)?.push(deployment);
  return all;
}

/** Who is probed: each upstream where a probe says something of all its models, and each model with a probe of its own. */
function subjectsOf({ deployments }: Pool): Map<Upstream | Deployment, Subject> {
  const subjects = new Map<Upstream | Deployment, Subject>();
  for (const deployment of deployments) {
    const { upstream, settings: own } = deployment;
    if (own.health === undefined) continue;
    if (own.health.probe === 'chat' || own.ownProbe) {
      subjects.set(deployment, { upstream, deployment, settings: own.health });
    } else if (!subjects.has(upstream)) {
      const settings = preferred(upstream.settings.health, own.health);
      subjects.set(upstream, { upstream, deployment: undefined, settings });
    }
  }
  return subjects;
}

/** Asked in the same way for the same service, though something else about it has changed. */
function isSame(one: Subject, other: Subject): boolean {
  const { name, provider, baseUrl } = one.upstream.settings;
  const { settings } = other.upstream;
  if (name !== settings.name || provider !== settings.provider || baseUrl !== settings.baseUrl) return false;
  return one.deployment?.id === other.deployment?.id && one.settings.probe === other.settings.probe;
}

/** The upstream's own, unless that is for single models. */
function preferred(ofUpstream: HealthSettings | undefined, ofModel: HealthSettings): HealthSettings {
  return ofUpstream === undefined || ofUpstream.probe === 'chat' ? ofModel : ofUpstream;
}
