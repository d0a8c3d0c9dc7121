/** What is asked of an upstream beside its calls, complete. */
import type { z } from 'zod';
import { parsePointer, type JsonPointer } from '../quota/json-pointer.js';
import { DEFAULT_QUOTA, DEFAULT_STATUS_PAGE_INTERVAL } from './defaults.js';
import { nearest } from './nearest.js';
import type { ProviderName } from './options.js';
import type { QuotaSettings, StatusPageSettings } from './settings.js';
import { quotaUrl, type quotaSchema, type statusPageSchema } from './watch-schema.js';

interface Place {
  readonly provider: ProviderName;
  readonly baseUrl?: string | undefined;
}

export function resolveQuota(
  quota: z.output<typeof quotaSchema> | undefined,
  { provider, baseUrl }: Place,
): QuotaSettings | undefined {
  if (quota === undefined) return undefined;
  if (typeof quota === 'function') return { ...DEFAULT_QUOTA, source: { kind: 'function', read: quota } };
  const { path, used, limit, remaining, resetsAt, read, ...numbers } = quota;
  const settings = nearest(DEFAULT_QUOTA, [numbers]);
  if (read !== undefined) return { ...settings, source: { kind: 'function', read } };
  const url = quotaUrl(path ?? '', provider, baseUrl)?.href ?? '';
  const places = {
    used: pointerOf(used),
    limit: typeof limit === 'number' ? limit : pointerOf(limit),
    remaining: pointerOf(remaining),
    resetsAt: pointerOf(resetsAt),
  };
  return { ...settings, source: { kind: 'path', url, places } };
}

export function resolveStatusPage(page: z.output<typeof statusPageSchema> | undefined): StatusPageSettings | undefined {
  if (page === undefined) return undefined;
  const { url, components, interval } = typeof page === 'string' ? { url: page } : page;
  return {
    url: new URL(url).href,
    components: components && [...components],
    interval: interval ?? DEFAULT_STATUS_PAGE_INTERVAL,
  };
}

function pointerOf(text: string | undefined): JsonPointer | undefined {
  return text === undefined ? undefined : parsePointer(text);
}
