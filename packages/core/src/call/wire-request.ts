/** The HTTP request of an attempt. What does not change from call to call was composed with the pool. */
import type { Lane } from '../pool/pool.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { WireRequest } from '../transport/transport.js';

/** A promise only where the upstream's `sign` returns one. */
export function wireRequest(lane: Lane, checked: CheckedRequest, fresh: boolean): WireRequest | Promise<WireRequest> {
  const { deployment, headers } = lane;
  const { url, upstream, settings } = deployment;
  const body = upstream.dialect.encode(checked, settings);
  const { sign } = upstream.settings;
  if (sign === undefined) return { method: 'POST', url, headers, body, fresh };
  return signed({ method: 'POST', url, headers, body, fresh }, sign);
}

async function signed(
  wire: WireRequest,
  sign: NonNullable<Lane['deployment']['upstream']['settings']['sign']>,
): Promise<WireRequest> {
  const { method, url, headers, body } = wire;
  const added = await sign({ method, url, headers: { ...headers }, body });
  return { ...wire, headers: { ...headers, ...added } };
}
