/** One status page, read again and again for all upstreams that name it. It is told of, and never acted on. */
import { now } from '../clock.js';
import type { StatusPageSettings } from '../config/settings.js';
import type { Events } from '../events.js';
import { failedInquiry } from '../polling/failed-inquiry.js';
import { startPoll, type Poll } from '../polling/poll.js';
import { inquire, type InquiryEnd } from '../transport/inquire.js';
import type { CreateTransport, Transport, WireHeaders } from '../transport/transport.js';
import { createPageTransport, MAX_PAGE_BYTES } from './page-transport.js';
import { PageView } from './page-view.js';
import type { Indicator } from './summary.js';

export interface StatusPageSnapshot {
  readonly url: string;
  /** What the page says; missing before it was read for the first time. */
  readonly indicator: Indicator | undefined;
  /** In the page's words. */
  readonly description: string | undefined;
  /** Names of unresolved incidents. */
  readonly incidents: readonly string[];
  /** Milliseconds since it was read, or has told that nothing is new. */
  readonly age: number | undefined;
  /** How often it could not be read. */
  readonly failures: number;
  /** Why it could not be read the last time, where that failed. */
  readonly failing: string | undefined;
}

export interface StatusPageParts {
  readonly createTransport: CreateTransport;
  readonly events: Events;
  readonly random: () => number;
}

const TIMEOUT = 10_000;
/** A page that fails is asked less and less, down to this. */
const LONGEST_WAIT = 30 * 60_000;

export class StatusPage {
  readonly #url: string;
  readonly #events: Events;
  readonly #transport: Transport;
  readonly #poll: Poll;
  readonly #views = new Map<string, PageView>();
  readonly #intervals = new Map<string, number>();
  #etag: string | undefined;
  #failures = 0;
  #failuresInARow = 0;
  #failing: string | undefined;

  constructor(url: string, first: { upstream: string; settings: StatusPageSettings }, parts: StatusPageParts) {
    this.#url = url;
    this.#events = parts.events;
    this.#transport = createPageTransport(url, parts.createTransport);
    this.follow(first.upstream, first.settings);
    const interval = (): number => this.#interval();
    this.#poll = startPoll({ interval, ask: (signal) => this.#ask(signal), random: parts.random });
  }

  get isFollowed(): boolean {
    return this.#intervals.size > 0;
  }

  follow(upstream: string, { components, interval }: StatusPageSettings): void {
    const key = JSON.stringify(components?.toSorted() ?? null);
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new PageView(components);
      this.#views.set(key, view);
      // Whoever has seen nothing yet needs the page, changed or not.
      this.#etag = undefined;
    }
    view.upstreams.add(upstream);
    this.#intervals.set(upstream, interval);
  }

  unfollow(upstream: string): void {
    this.#intervals.delete(upstream);
    for (const [key, { upstreams }] of this.#views) {
      upstreams.delete(upstream);
      if (upstreams.size === 0) this.#views.delete(key);
    }
  }

  snapshot(upstream: string, at: number): StatusPageSnapshot | undefined {
    const view = [...this.#views.values()].find(({ upstreams }) => upstreams.has(upstream));
    if (view === undefined) return undefined;
    const { news, readAt, failures, problem } = view;
    return {
      url: this.#url,
      indicator: news?.indicator,
      description: news?.description,
      incidents: news?.incidents ?? [],
      age: readAt === undefined ? undefined : at - readAt,
      failures: this.#failures + failures,
      failing: this.#failing ?? problem,
    };
  }

  close(): Promise<void> {
    this.#poll.end();
    return this.#transport.close();
  }

  /** Of whoever wants to know it soonest. */
  #interval(): number {
    return this.isFollowed ? Math.min(...this.#intervals.values()) : LONGEST_WAIT;
  }

  /** Never rejects. */
  async #ask(signal: AbortSignal): Promise<number | undefined> {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'ai-failover' };
    if (this.#etag !== undefined) headers['if-none-match'] = this.#etag;
    const way = { method: 'GET', url: this.#url, timeout: TIMEOUT, maxBytes: MAX_PAGE_BYTES } as const;
    const inquiry = inquire(this.#transport, { ...way, headers });
    const end = (): void => inquiry.end();
    signal.addEventListener('abort', end, { once: true });
    const answer = await inquiry.over;
    signal.removeEventListener('abort', end);
    return signal.aborted ? undefined : this.#learn(answer, 'if-none-match' in headers);
  }

  #learn(answer: InquiryEnd, conditional: boolean): number | undefined {
    if (answer.ok) {
      this.#read(answer.body);
      this.#failing = undefined;
      // A page that nobody can read is none, and is left alone; a name that one of several has wrong is that one's alone.
      const isUnread = [...this.#views.values()].every(({ problem }) => problem !== undefined);
      this.#etag = isUnread ? undefined : etagOf(answer.headers);
      return isUnread ? this.#backOff() : this.#succeed();
    }
    const { failure } = answer;
    if (failure.kind === 'status' && failure.status === 304 && conditional) {
      for (const view of this.#views.values()) view.confirm(now());
      return this.#succeed();
    }
    const { problem, hint = 0 } = failedInquiry(failure);
    this.#failing = problem;
    this.#failures += 1;
    this.#etag = undefined;
    return Math.max(this.#backOff(), hint);
  }

  #read(body: string): void {
    for (const view of this.#views.values()) {
      view.read(body, now(), ({ indicator: to, description, incidents }, before) => {
        const about = { url: this.#url, upstreams: [...view.upstreams] };
        this.#events.emit('status-page-changed', { ...about, from: before?.indicator, to, description, incidents });
      });
    }
  }

  #succeed(): undefined {
    this.#failing = undefined;
    this.#failuresInARow = 0;
  }

  /** How long to leave it alone. */
  #backOff(): number {
    this.#failuresInARow += 1;
    const interval = this.#interval();
    return Math.max(interval, Math.min(interval * 2 ** Math.min(this.#failuresInARow, 10), LONGEST_WAIT));
  }
}

/** Sent back as it came, so only if it can stand in a header and is no novel. */
function etagOf(headers: WireHeaders): string | undefined {
  const etag = headers['etag'];
  return typeof etag === 'string' && /^[\x21-\x7e]{1,256}$/u.test(etag) ? etag : undefined;
}
