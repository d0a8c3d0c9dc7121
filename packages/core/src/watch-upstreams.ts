/** What is asked of upstreams beside their calls, again and again: their quota and their status page. */
import type { Upstream } from './pool/pool.js';
import { watchQuota, type QuotaWatchParts } from './quota/watch-quota.js';
import type { StatusPageParts } from './status-page/status-page.js';
import { createStatusPages } from './status-page/status-pages.js';
import { createUpstreamStatus, type StatusOfUpstream } from './upstream-status.js';

export interface UpstreamWatch {
  /** Begins what the upstream's options ask for; returns the way to stop. */
  watch(upstream: Upstream): () => void;
  readonly statusOf: StatusOfUpstream;
  /** Leaves no timer and no connection. */
  close(): Promise<void>;
}

export function createUpstreamWatch(parts: QuotaWatchParts & StatusPageParts): UpstreamWatch {
  const pages = createStatusPages(parts);
  const ends = new Set<() => void>();
  return {
    watch(upstream) {
      const quota = watchQuota(upstream, parts);
      const unfollow = pages.follow(upstream.settings);
      const end = (): void => {
        quota?.end();
        unfollow();
        ends.delete(end);
      };
      ends.add(end);
      return end;
    },
    statusOf: createUpstreamStatus(pages),
    async close() {
      for (const end of ends) end();
      await pages.close();
    },
  };
}
