/** The HTTP request of an attempt. What does not change from call to call was composed with the pool. */
import type { Lane } from '../pool/pool.js';
import type { BodyShape, CheckedRequest } from '../request/checked-request.js';
import type { WireRequest } from '../transport/transport.js';

/** A promise only where the upstream has a `sign`. */
export function wireRequest(
  { deployment }: Lane,
  checked: CheckedRequest,
  shape: BodyShape | undefined,
  { headers, fresh, timeouts }: Pick<WireRequest, 'headers' | 'fresh' | 'timeouts'>,
): WireRequest | Promise<WireRequest> {
  const { upstream, settings } = deployment;
  const url = shape?.stream === undefined ? deployment.url : deployment.streamUrl;
  const body = upstream.dialect.encode(checked, settings, shape);
  const { sign } = upstream.settings;
  if (sign === undefined) return { method: 'POST', url, headers, body, fresh, timeouts };
  return signed({ method: 'POST', url, headers, body, fresh, timeouts }, sign);
}

async function signed(
  wire: WireRequest & { readonly method: 'POST' },
  sign: NonNullable<Lane['deployment']['upstream']['settings']['sign']>,
): Promise<WireRequest> {
  const { method, url, headers, body } = wire;
  const added = await sign({ method, url, headers: { ...headers }, body });
  const all: Record<string, string> = { ...headers };
  for (const [name, value] of Object.entries(added)) {
    if (!HEADER_NAME.test(name) || typeof value !== 'string' || NOT_IN_A_VALUE.test(value)) {
      throw new TypeError(`sign returned the header ${JSON.stringify(name.slice(0, 60))}, which cannot be sent`);
    }
    all[name.toLowerCase()] = value;
  }
  return { ...wire, headers: all };
}

/** RFC 9110; a value with a line break would be another header. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
