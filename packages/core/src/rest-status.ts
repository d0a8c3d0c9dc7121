/** A rest as the status tells it. */
import type { Cooldown, RestReason } from './pool/cooldown.js';

export interface RestStatus {
  readonly reason: RestReason;
  /** Milliseconds until it is over. */
  readonly remaining: number;
}

export function restStatus({ until, reason }: Cooldown, at: number): RestStatus | undefined {
  return until > at && reason !== undefined ? { reason, remaining: until - at } : undefined;
}
