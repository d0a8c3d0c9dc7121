/** Takes our keys out of text that an upstream wrote, should it quote them. */
import type { UpstreamSettings } from './config/settings.js';

export function redactKeys(text: string, upstreams: readonly UpstreamSettings[]): string {
  let redacted = text;
  for (const { keys } of upstreams) {
    for (const key of keys) if (key !== undefined) redacted = redacted.replaceAll(key, '[key]');
  }
  return redacted;
}
