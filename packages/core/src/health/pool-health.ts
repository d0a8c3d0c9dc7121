/** The health of a pool: what calls and probes say, put together, told, and given to the plan. */
import { now } from '../clock.js';
import type { Settings } from '../config/settings.js';
import type { Events } from '../events.js';
import type { Deployment, Pool, Upstream } from '../pool/pool.js';
import type { Check, ProbeStatus } from './check.js';
import { CriticalWatch, type CriticalStatus } from './critical-watch.js';
import { EarlyTrials } from './early-trials.js';
import { factsOf, factsOfUpstream, opinionOf } from './facts.js';
import { downByProbes, healthOf, isFailing, NOT_ASKED, type Health, type ProbeOpinion } from './health-status.js';
import { createProbing, type Probing, type ProbingSeams } from './probing.js';

/** Plain data for the status. */
export interface HealthReport extends Health {
  /** Milliseconds for which the status has been what it is. */
  readonly since: number;
}

/** How one is, and what it is probed by, if it is. */
export interface ReportedHealth {
  readonly health: HealthReport;
  readonly probes: ProbeStatus | undefined;
}

export interface PoolHealthSeams extends Pick<ProbingSeams, 'random' | 'mayTake' | 'listReader'> {
  readonly pool: Pool;
  readonly events: Events;
  readonly settings: Pick<Settings, 'criticalRatio'>;
}

export interface PoolHealth {
  /** The models that nobody can serve, while they are too many. */
  readonly critical: CriticalStatus | undefined;
  ofUpstream(upstream: Upstream): ReportedHealth;
  ofDeployment(deployment: Deployment): ReportedHealth;
  /** By what one is probed, if it is. */
  checkOf(who: Upstream | Deployment): Check | undefined;
  /** The pool has changed. */
  refresh(): void;
  /** Something has changed that no event tells: somebody was drained, or is listed no more. */
  look(): void;
  /** Leaves no timer and no probe. */
  close(): void;
}

/** Milliseconds between two looks at what only time changes, while anything is not well. */
const TICK = 2_000;
/** Calls may bring news by the thousand. */
const LEAST_BETWEEN_REVIEWS = 250;
/** What only time changes in how calls went. */
const WINDOW = 60_000;
/** Of its usual traffic, what a deployment gets that answers badly. */
const SHARE_OF_DEGRADED = 0.5;
/** Leaves the order among those who are all avoided, and no more. */
const SHARE_OF_AVOIDED = 0.01;

export function createPoolHealth(seams: PoolHealthSeams): PoolHealth {
  return new WatchedPool(seams);
}

interface Known {
  health: Health;
  since: number;
}

class WatchedPool implements PoolHealth {
  readonly #pool: Pool;
  readonly #events: Events;
  readonly #probing: Probing;
  readonly #critical: CriticalWatch;
  readonly #trials: EarlyTrials;
  readonly #upstreams = new Map<Upstream, Known>();
  readonly #unlisten: (() => void)[];
  #timer: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  /** Those of which there is news. */
  readonly #news = new Set<Upstream>();
  #reviewedAt = -Infinity;
  #reviewing = false;
  #closed = false;

  constructor({ pool, events, settings, random, mayTake, listReader }: PoolHealthSeams) {
    this.#pool = pool;
    this.#events = events;
    this.#critical = new CriticalWatch(pool, events, settings.criticalRatio);
    this.#trials = new EarlyTrials(pool);
    this.#probing = createProbing(pool, { random, mayTake, listReader, onResult: (check) => this.#heard(check) });
    this.#unlisten = this.#listen();
    this.refresh();
  }

  get critical(): CriticalStatus | undefined {
    return this.#critical.status(now());
  }

  ofUpstream(upstream: Upstream): ReportedHealth {
    const at = now();
    const known = this.#upstreams.get(upstream) ?? { health: NOT_ASKED, since: at };
    const current = upstream.settings.health === undefined ? this.#judgeUpstream(upstream, at) : known.health;
    return { health: report(current, known, at), probes: this.#probing.ofUpstream(upstream)?.status(at) };
  }

  ofDeployment(deployment: Deployment): ReportedHealth {
    const at = now();
    const known = deployment.health;
    const isProbed = deployment.settings.health !== undefined;
    const current = isProbed ? known.health : healthOf(factsOf(deployment, [], at));
    return { health: report(current, known, at), probes: this.#probing.ofDeployment(deployment)?.status(at) };
  }

  checkOf(who: Upstream | Deployment): Check | undefined {
    return this.#probing.checkOf(who);
  }

  refresh(): void {
    const at = now();
    const current = new Set(this.#pool.upstreams);
    const before = new Map([...this.#upstreams].map(([upstream, known]) => [upstream.settings.name, known]));
    for (const upstream of this.#upstreams.keys()) if (!current.has(upstream)) this.#upstreams.delete(upstream);
    for (const upstream of current) {
      const known = before.get(upstream.settings.name) ?? { health: NOT_ASKED, since: at };
      if (!this.#upstreams.has(upstream)) this.#upstreams.set(upstream, known);
    }
    for (const { health, settings, upstream } of this.#pool.deployments) {
      if (health.since === -Infinity) health.since = at;
      // Of the others nobody is told; they are looked at when somebody asks.
      if (settings.health !== undefined) health.onNews = () => this.#reviewSometime(upstream);
    }
    this.#probing.refresh();
    this.#trials.refresh();
    this.look();
  }

  look(): void {
    for (const upstream of this.#pool.upstreams) this.#reviewSoon(upstream);
  }

  close(): void {
    this.#closed = true;
    this.#probing.close();
    clearTimeout(this.#timer);
    clearInterval(this.#tick);
    for (const unlisten of this.#unlisten) unlisten();
    for (const { health } of this.#pool.deployments) health.onNews = () => {};
  }

  #listen(): (() => void)[] {
    const soon = (name: string): void => {
      const upstream = this.#pool.upstreams.find(({ settings }) => settings.name === name);
      if (upstream !== undefined) this.#reviewSoon(upstream);
    };
    const rests = (['cooldown-started', 'cooldown-ended'] as const).map((name) =>
      this.#events.on(name, (rest) => soon(rest.upstream)),
    );
    const circuits = (['circuit-opened', 'circuit-half-opened', 'circuit-closed'] as const).map((name) =>
      this.#events.on(name, (change) => {
        this.#trials.circuitChanged(change, name);
        soon(change.upstream);
      }),
    );
    return [...rests, ...circuits];
  }

  #heard(check: Check): void {
    this.#trials.probed(check, now());
    this.#reviewSoon(check.subject.upstream);
  }

  /** Once others have heard of what has just happened. */
  #reviewSoon(upstream: Upstream): void {
    if (this.#closed) return;
    this.#news.add(upstream);
    if (this.#reviewing) return;
    this.#reviewing = true;
    void Promise.resolve().then(() => this.#review());
  }

  /** Not for each of many calls. */
  #reviewSometime(upstream: Upstream): void {
    const wait = this.#reviewedAt + LEAST_BETWEEN_REVIEWS - now();
    if (wait <= 0) this.#reviewSoon(upstream);
    if (wait <= 0 || this.#closed) return;
    this.#news.add(upstream);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#review(), Math.ceil(wait));
    this.#timer.unref();
  }

  #review(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reviewing = false;
    if (this.#closed) return;
    const at = now();
    this.#reviewedAt = at;
    // Listeners may bring more while this is gone through.
    const news = [...this.#news];
    this.#news.clear();
    for (const upstream of news) {
      this.#reviewUpstream(upstream, at);
      for (const deployment of this.#probing.ofOne(upstream)) this.#reviewDeployment(deployment, at);
    }
    const critical = this.#critical.review(at, (deployment) => this.#isUp(deployment));
    this.#keepLooking(critical || !this.#pool.deployments.every((one) => isCalm(one, at)));
  }

  #reviewDeployment(deployment: Deployment, at: number): void {
    const { health: own, settings, upstream } = deployment;
    const facts = factsOf(deployment, this.#opinions(deployment), at);
    const from = own.health.status;
    own.health = healthOf(facts);
    const { status: to, reason } = own.health;
    const changed = to !== from;
    if (changed) own.since = at;
    if (settings.health === undefined) {
      own.avoided = false;
      own.share = 1;
      return;
    }
    own.avoided = downByProbes(facts.probes) !== undefined;
    const bad = facts.slow || isFailing(facts);
    own.share = own.avoided ? SHARE_OF_AVOIDED : bad ? SHARE_OF_DEGRADED : 1;
    if (!changed) return;
    const about = { upstream: upstream.settings.name, deployment: deployment.id };
    this.#events.emit('health-changed', { ...about, from, to, reason });
  }

  #reviewUpstream(upstream: Upstream, at: number): void {
    const known = this.#upstreams.get(upstream);
    if (known === undefined) return;
    const from = known.health.status;
    known.health = this.#judgeUpstream(upstream, at);
    const { status: to, reason } = known.health;
    if (to === from) return;
    known.since = at;
    if (upstream.settings.health === undefined) return;
    const about = { upstream: upstream.settings.name, deployment: undefined };
    this.#events.emit('health-changed', { ...about, from, to, reason });
  }

  #judgeUpstream(upstream: Upstream, at: number): Health {
    const calledAt = this.#probing.succeededAt(upstream);
    const check = this.#probing.ofUpstream(upstream);
    const opinions = check === undefined ? [] : [opinionOf(check, calledAt)];
    return healthOf(factsOfUpstream(upstream, opinions, calledAt, at));
  }

  #opinions(deployment: Deployment): readonly ProbeOpinion[] {
    const { upstream, health, settings } = deployment;
    if (settings.health === undefined) return [];
    const opinions: ProbeOpinion[] = [];
    const own = this.#probing.ofDeployment(deployment);
    const shared = this.#probing.ofUpstream(upstream);
    if (own !== undefined) opinions.push(opinionOf(own, health.succeededAt));
    if (shared !== undefined) opinions.push(opinionOf(shared, this.#probing.succeededAt(upstream)));
    return opinions;
  }

  /** Whether probes vouch for it. */
  #isUp(deployment: Deployment): boolean {
    const check = this.#probing.ofDeployment(deployment) ?? this.#probing.ofUpstream(deployment.upstream);
    return check?.state.opinion === 'up';
  }

  /** What has begun may end by time alone. */
  #keepLooking(wanted: boolean): void {
    if (wanted === (this.#tick !== undefined)) return;
    clearInterval(this.#tick);
    this.#tick = undefined;
    if (!wanted) return;
    this.#tick = setInterval(() => this.look(), TICK);
    this.#tick.unref();
  }
}

/** Who is not probed is looked at only when somebody asks, and may have changed a moment ago. */
function report(current: Health, known: Readonly<Known>, at: number): HealthReport {
  return { ...current, since: current.status === known.health.status ? at - known.since : 0 };
}

/** Nothing of it changes but by what will be told. */
function isCalm({ health, settings }: Deployment, at: number): boolean {
  if (settings.health === undefined) return true;
  const { status } = health.health;
  return (status === 'healthy' || status === 'unknown') && at - health.failedAt > WINDOW;
}
