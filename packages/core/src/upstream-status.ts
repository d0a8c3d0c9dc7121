/** What an upstream is like at this moment, beside its deployments: its keys, its quota, and what its status page says. */
import type { KeyStatus } from './key-status.js';
import type { RestStatus } from './rest-status.js';
import type { Upstream } from './pool/pool.js';
import type { QuotaSnapshot } from './quota/upstream-quota.js';
import type { StatusPages } from './status-page/status-pages.js';
import type { StatusPageSnapshot } from './status-page/status-page.js';

export interface UpstreamStatus {
  readonly name: string;
  /** Of the whole upstream: by hand, because its account is limited, or because its quota is used up. */
  readonly rest: RestStatus | undefined;
  readonly keys: readonly KeyStatus[];
  /** Missing where the options name none. */
  readonly quota: QuotaSnapshot | undefined;
  /** Missing where the options name none. What it says is never acted on. */
  readonly statusPage: StatusPageSnapshot | undefined;
}

/** What is asked for beside calls. */
export type StatusOfUpstream = (upstream: Upstream, at: number) => Omit<UpstreamStatus, 'rest' | 'keys'>;

export function createUpstreamStatus(pages: Pick<StatusPages, 'snapshot'>): StatusOfUpstream {
  return ({ settings: { name }, quota }, at) => ({
    name,
    quota: quota?.snapshot(at),
    statusPage: pages.snapshot(name, at),
  });
}
