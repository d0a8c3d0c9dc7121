/** What is asked of upstreams beside their calls, again and again: their quota and their status page. */
import { now } from './clock.js';
import type { Upstream } from './pool/pool.js';
import { endQuotaRest, watchQuota, type QuotaWatchParts } from './quota/watch-quota.js';
import type { StatusPageParts } from './status-page/status-page.js';
import { createStatusPages } from './status-page/status-pages.js';
import { createUpstreamStatus, type StatusOfUpstream } from './upstream-status.js';

export interface UpstreamWatch {
  /** Watches these from now on, as their options ask for, and no others. */
  follow(upstreams: readonly Upstream[]): void;
  readonly statusOf: StatusOfUpstream;
  /** Leaves no timer and no connection. */
  close(): Promise<void>;
}

export function createUpstreamWatch(parts: QuotaWatchParts & StatusPageParts): UpstreamWatch {
  const pages = createStatusPages(parts);
  const quotas = new Map<Upstream, { end(): void }>();

  function follow(upstreams: readonly Upstream[]): void {
    pages.follow(upstreams.map(({ settings }) => settings));
    for (const [upstream, poll] of quotas) {
      if (upstreams.includes(upstream)) continue;
      poll.end();
      quotas.delete(upstream);
      // Nobody would end the rest early any more; what is known of the quota may have gone over to another, and the rest with it.
      if (!upstreams.some(({ quota }) => quota === upstream.quota)) endQuotaRest(upstream, parts, now());
    }
    for (const upstream of upstreams) {
      const poll = quotas.has(upstream) ? undefined : watchQuota(upstream, parts);
      if (poll !== undefined) quotas.set(upstream, poll);
    }
  }

  return {
    follow,
    statusOf: createUpstreamStatus(pages),
    async close() {
      for (const poll of quotas.values()) poll.end();
      quotas.clear();
      await pages.close();
    },
  };
}
