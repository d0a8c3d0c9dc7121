/** The way to a status page: connections of its own, with no key and no header of any upstream. */
import { DEFAULT_BREAKER, DEFAULT_LIMITS_SCOPE, DEFAULT_TIMEOUTS } from '../config/defaults.js';
import type { UpstreamSettings } from '../config/settings.js';
import type { CreateTransport, Transport } from '../transport/transport.js';

/** A page lists dozens of components and the latest words about each incident: tens of kilobytes. */
export const MAX_PAGE_BYTES = 1024 * 1024;

export function createPageTransport(url: string, createTransport: CreateTransport): Transport {
  const { origin, host } = new URL(url);
  const settings: UpstreamSettings = {
    name: host,
    provider: 'openai',
    apiVersion: undefined,
    baseUrl: origin,
    keys: [{ secret: undefined, name: undefined }],
    region: undefined,
    tags: [],
    limitsScope: DEFAULT_LIMITS_SCOPE,
    learnLimits: false,
    breaker: DEFAULT_BREAKER,
    timeouts: DEFAULT_TIMEOUTS,
    headers: {},
    dispatcher: undefined,
    sign: undefined,
    connections: 1,
    maxResponseBytes: MAX_PAGE_BYTES,
    discovers: false,
    strictModels: false,
    quota: undefined,
    statusPage: undefined,
  };
  return createTransport(settings);
}
