/** What response headers say is left of a limit, so that we steer away before the upstream says 429. */
import type { WireHeaders } from '../transport/transport.js';
import { readReset } from './retry-after.js';

export interface RateLimitReading {
  readonly kind: 'requests' | 'tokens';
  readonly remaining: number;
  /** Milliseconds. */
  readonly resetIn: number | undefined;
}

/**
 * OpenAI and its kin: `x-ratelimit-remaining-requests` with a duration (https://platform.openai.com/docs/guides/rate-limits);
 * Anthropic: `anthropic-ratelimit-requests-remaining` with an RFC 3339 time (https://docs.anthropic.com/en/api/rate-limits).
 */
const HEADERS = [
  { kind: 'requests', remaining: 'x-ratelimit-remaining-requests', reset: 'x-ratelimit-reset-requests' },
  { kind: 'tokens', remaining: 'x-ratelimit-remaining-tokens', reset: 'x-ratelimit-reset-tokens' },
  {
    kind: 'requests',
    remaining: 'anthropic-ratelimit-requests-remaining',
    reset: 'anthropic-ratelimit-requests-reset',
  },
  { kind: 'tokens', remaining: 'anthropic-ratelimit-tokens-remaining', reset: 'anthropic-ratelimit-tokens-reset' },
] as const;

/** Azure sends -1 for "not told"; only whole numbers from 0 are readings. */
export function readRateLimits(headers: WireHeaders, nowEpochMs: number): readonly RateLimitReading[] {
  const readings: RateLimitReading[] = [];
  for (const { kind, remaining, reset } of HEADERS) {
    const left = first(headers[remaining]);
    if (left === undefined || !/^\d{1,12}$/.test(left)) continue;
    const resetText = first(headers[reset]);
    const resetIn = resetText === undefined ? undefined : readReset(resetText, nowEpochMs);
    readings.push({ kind, remaining: Number(left), resetIn });
  }
  return readings;
}

function first(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.trim();
}
