/** The status pages of a pool: upstreams that name the same page share it. */
import { isDeepStrictEqual } from 'node:util';
import type { StatusPageSettings, UpstreamSettings } from '../config/settings.js';
import { StatusPage, type StatusPageParts, type StatusPageSnapshot } from './status-page.js';

export interface StatusPages {
  /** Looks at the pages that these name from now on, and at no others. */
  follow(upstreams: readonly UpstreamSettings[]): void;
  /** `undefined` for an upstream without a page. */
  snapshot(upstream: string, at: number): StatusPageSnapshot | undefined;
  /** Leaves no timer and no connection. */
  close(): Promise<void>;
}

export function createStatusPages(parts: StatusPageParts): StatusPages {
  const pages = new Map<string, StatusPage>();
  /** By the names of upstreams. */
  const followed = new Map<string, StatusPageSettings>();
  const closing = new Set<Promise<void>>();

  function follow(upstream: string, settings: StatusPageSettings): void {
    followed.set(upstream, settings);
    const { url } = settings;
    const page = pages.get(url);
    if (page === undefined) pages.set(url, new StatusPage(url, { upstream, settings }, parts));
    else page.follow(upstream, settings);
  }

  function unfollow(upstream: string, { url }: StatusPageSettings): void {
    followed.delete(upstream);
    const page = pages.get(url);
    page?.unfollow(upstream);
    if (page !== undefined && !page.isFollowed) drop(url, page);
  }

  function drop(url: string, page: StatusPage): void {
    pages.delete(url);
    const closed = page.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }

  return {
    follow(upstreams) {
      const wanted = new Map(upstreams.map(({ name, statusPage }) => [name, statusPage]));
      for (const [name, settings] of followed) {
        if (!isDeepStrictEqual(wanted.get(name), settings)) unfollow(name, settings);
      }
      for (const [name, settings] of wanted) if (settings !== undefined && !followed.has(name)) follow(name, settings);
    },
    snapshot(upstream, at) {
      const settings = followed.get(upstream);
      return settings && pages.get(settings.url)?.snapshot(upstream, at);
    },
    async close() {
      for (const [url, page] of pages) drop(url, page);
      await Promise.all(closing);
    },
  };
}
