/** Takes our keys out of text that an upstream wrote, should it quote them. */
import type { Upstream } from './pool/pool.js';

export function redactKeys(text: string, upstreams: readonly Pick<Upstream, 'keys'>[]): string {
  let redacted = text;
  for (const { keys } of upstreams) {
    for (const { credential } of keys) {
      for (const secret of credential.secrets) redacted = redacted.replaceAll(secret, '[key]');
    }
  }
  return redacted;
}
