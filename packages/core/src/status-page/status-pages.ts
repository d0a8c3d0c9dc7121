/** The status pages of a pool: upstreams that name the same page share it. */
import type { UpstreamSettings } from '../config/settings.js';
import { StatusPage, type StatusPageParts, type StatusPageSnapshot } from './status-page.js';

export interface StatusPages {
  /** Looks at the upstream's page, if it names one; returns the way to stop. */
  follow(upstream: UpstreamSettings): () => void;
  snapshot(upstream: string, at: number): StatusPageSnapshot | undefined;
  /** Leaves no timer and no connection. */
  close(): Promise<void>;
}

export function createStatusPages(parts: StatusPageParts): StatusPages {
  const pages = new Map<string, StatusPage>();
  const closing = new Set<Promise<void>>();

  function drop(url: string, page: StatusPage): void {
    pages.delete(url);
    const closed = page.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }

  return {
    follow({ name: upstream, statusPage: settings }) {
      if (settings === undefined) return () => {};
      const { url } = settings;
      const known = pages.get(url);
      known?.follow(upstream, settings);
      const page = known ?? new StatusPage(url, { upstream, settings }, parts);
      pages.set(url, page);
      return () => {
        page.unfollow(upstream);
        if (!page.isFollowed && pages.get(url) === page) drop(url, page);
      };
    },
    snapshot(upstream, at) {
      for (const page of pages.values()) {
        const snapshot = page.snapshot(upstream, at);
        if (snapshot !== undefined) return snapshot;
      }
      return undefined;
    },
    async close() {
      for (const [url, page] of pages) drop(url, page);
      await Promise.all(closing);
    },
  };
}
