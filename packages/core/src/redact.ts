/** Takes our keys out of text that an upstream wrote, should it quote them. */
import type { Upstream } from './pool/pool.js';

export function redactKeys(text: string, upstreams: readonly Pick<Upstream, 'keys'>[]): string {
  const secrets = upstreams.flatMap(({ keys }) => keys.flatMap(({ credential }) => credential.secrets));
  let redacted = text;
  // The longest first, because one may begin with another, whose end would be left.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) redacted = redacted.replaceAll(secret, '[key]');
  return redacted;
}
