/** Asks an upstream something beside its calls, on its own connections and with a key of its own. */
import { now } from '../clock.js';
import { inquire, type Inquiry, type InquiryUnderWay } from '../transport/inquire.js';
import type { Key, Upstream } from './pool.js';

export type UpstreamInquiry = Omit<Inquiry, 'headers'>;

/** Whoever asks chooses the key; without a choice it is one that does not rest. */
export function askUpstream(upstream: Upstream, inquiry: UpstreamInquiry, key = freeKey(upstream)): InquiryUnderWay {
  const { 'content-type': _, ...headers } = upstream.dialect.headers(upstream.settings, key?.secret);
  return inquire(upstream.transport, { ...inquiry, headers });
}

/** The first key that does not rest, else the first. */
export function freeKey({ keys }: Upstream): Key | undefined {
  const at = now();
  return keys.find(({ cooldown }) => cooldown.until <= at) ?? keys[0];
}
