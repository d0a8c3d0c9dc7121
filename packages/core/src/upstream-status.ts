/** What an upstream is like at this moment, beside its deployments: its quota, and what its status page says. */
import type { Upstream } from './pool/pool.js';
import type { QuotaSnapshot } from './quota/upstream-quota.js';
import type { StatusPages } from './status-page/status-pages.js';
import type { StatusPageSnapshot } from './status-page/status-page.js';

export interface UpstreamStatus {
  readonly name: string;
  /** Missing where the options name none. */
  readonly quota: QuotaSnapshot | undefined;
  /** Missing where the options name none. What it says is never acted on. */
  readonly statusPage: StatusPageSnapshot | undefined;
}

export type StatusOfUpstream = (upstream: Upstream, at: number) => UpstreamStatus;

export function createUpstreamStatus(pages: Pick<StatusPages, 'snapshot'>): StatusOfUpstream {
  return ({ settings: { name }, quota }, at) => ({
    name,
    quota: quota?.snapshot(at),
    statusPage: pages.snapshot(name, at),
  });
}
