/** Watches the quota of an upstream: events when it runs low, and a rest when nothing is left. */
import { now } from '../clock.js';
import type { Events } from '../events.js';
import type { Upstream } from '../pool/pool.js';
import { startPoll, type Poll } from '../polling/poll.js';
import { askUsage } from './ask-usage.js';
import { quotaMessage } from './quota-message.js';
import type { QuotaMove, UpstreamQuota } from './upstream-quota.js';
import type { Usage } from './usage.js';

export interface QuotaWatchParts {
  readonly events: Events;
  readonly random: () => number;
  /** The upstream rests no more. */
  readonly onFree: (upstream: Upstream) => void;
}

/** `undefined` for an upstream whose quota nobody wants to know. */
export function watchQuota(upstream: Upstream, parts: QuotaWatchParts): Poll | undefined {
  const { quota, settings } = upstream;
  if (quota === undefined || settings.quota === undefined) return undefined;
  const { interval } = settings.quota;
  const watch = new QuotaWatch(upstream, quota, parts);
  return startPoll({ interval: () => interval, ask: (signal) => watch.ask(signal), random: parts.random });
}

class QuotaWatch {
  readonly #upstream: Upstream;
  readonly #quota: UpstreamQuota;
  readonly #parts: QuotaWatchParts;
  /** A function that throws is reported once, not every minute. */
  #hasThrown = false;

  constructor(upstream: Upstream, quota: UpstreamQuota, parts: QuotaWatchParts) {
    this.#upstream = upstream;
    this.#quota = quota;
    this.#parts = parts;
  }

  /** Never rejects. */
  async ask(signal: AbortSignal): Promise<number | undefined> {
    const { settings } = this.#upstream;
    if (settings.quota === undefined) return undefined;
    const answer = await askUsage(this.#upstream, settings.quota, signal);
    if (signal.aborted) return undefined;
    if (answer.ok) this.#learn(answer.usage);
    else this.#fail(answer.problem, answer.thrown);
    return answer.hint;
  }

  #learn(usage: Usage): void {
    this.#hasThrown = false;
    const at = now();
    const resetsIn = usage.resetsAt === undefined ? undefined : Math.max(1, usage.resetsAt - Date.now());
    const move = this.#quota.learn(usage, at, resetsIn);
    this.#tell(move, at);
    if (move.to !== 'exhausted') this.#endRest(at);
    else {
      this.#keepResting(at, resetsIn);
      if (move.from !== 'exhausted') this.#alarm(at);
    }
  }

  #fail(problem: string, thrown: unknown): void {
    this.#quota.fail(problem);
    if (this.#quota.isStale(now())) this.#endRest(now());
    if (thrown === undefined || this.#hasThrown) return;
    this.#hasThrown = true;
    this.#parts.events.emit('hook-failed', { hook: `quota of ${this.#upstream.settings.name}`, error: thrown });
  }

  #tell({ from, to }: QuotaMove, at: number): void {
    if ((from === 'ample') === (to === 'ample')) return;
    const { remaining, limit, ratio, resetsAt } = this.#quota.snapshot(at);
    const facts = { upstream: this.#upstream.settings.name, remaining, limit, ratio, resetsAt };
    if (to === 'ample') this.#parts.events.emit('quota-recovered', facts);
    else this.#parts.events.emit('quota-low', { ...facts, message: quotaMessage(facts) });
  }

  /** Without a known reset until an answer says otherwise, or is too old to. */
  #keepResting(at: number, resetsIn: number | undefined): void {
    const duration = this.#quota.rest.keep(at, resetsIn ?? this.#quota.currentFor);
    if (duration === undefined) return;
    const where = { scope: 'upstream', upstream: this.#upstream.settings.name, deployment: undefined } as const;
    const why = { reason: 'quota', duration, hinted: resetsIn !== undefined } as const;
    this.#parts.events.emit('cooldown-started', { ...where, key: undefined, ...why });
  }

  #alarm(at: number): void {
    const upstream = this.#upstream.settings.name;
    const restsFor = Math.max(0, this.#upstream.cooldown.until - at);
    const message = `The quota of ${upstream} is used up.`;
    this.#parts.events.emit('quota-exhausted', { upstream, deployment: undefined, key: undefined, restsFor, message });
  }

  #endRest(at: number): void {
    endQuotaRest(this.#upstream, this.#parts, at);
  }
}

/** The rest that a quota had earned, if it lasts. */
export function endQuotaRest(upstream: Upstream, { events, onFree }: QuotaWatchParts, at: number): void {
  if (upstream.quota?.rest.end(at) !== true) return;
  events.emit('cooldown-ended', { scope: 'upstream', upstream: upstream.settings.name, deployment: undefined });
  onFree(upstream);
}
