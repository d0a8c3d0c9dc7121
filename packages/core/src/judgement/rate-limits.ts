/** What response headers say is left of a limit, so that we steer away before the upstream says 429. */
import type { WireHeaders } from '../transport/transport.js';
import { readReset } from './retry-after.js';

/** What an upstream may count. Anthropic counts the tokens of prompts and of answers by themselves. */
export type LimitKind = 'requests' | 'tokens' | 'input-tokens' | 'output-tokens';

export interface RateLimitReading {
  readonly kind: LimitKind;
  /** The most there can be; missing where it is not told. */
  readonly limit: number | undefined;
  readonly remaining: number;
  /** Milliseconds until there is as much as there can be, counted from when the upstream said so. */
  readonly resetIn: number | undefined;
}

interface Names {
  readonly kind: LimitKind;
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

/**
 * OpenAI, Azure and their kin: `x-ratelimit-remaining-requests` with a duration
 * (https://platform.openai.com/docs/guides/rate-limits); Anthropic: `anthropic-ratelimit-requests-remaining` with an RFC 3339
 * time (https://docs.anthropic.com/en/api/rate-limits).
 */
const HEADERS: readonly Names[] = [
  ...(['requests', 'tokens'] as const).map((kind) => ({
    kind,
    limit: `x-ratelimit-limit-${kind}`,
    remaining: `x-ratelimit-remaining-${kind}`,
    reset: `x-ratelimit-reset-${kind}`,
  })),
  ...(['requests', 'tokens', 'input-tokens', 'output-tokens'] as const).map((kind) => ({
    kind,
    limit: `anthropic-ratelimit-${kind}-limit`,
    remaining: `anthropic-ratelimit-${kind}-remaining`,
    reset: `anthropic-ratelimit-${kind}-reset`,
  })),
];

/** Whether there is anything to read: most answers have nothing, and names that are written out cost them next to nothing. */
export function tellsRateLimits(headers: WireHeaders): boolean {
  return (
    headers['x-ratelimit-remaining-requests'] !== undefined ||
    headers['x-ratelimit-remaining-tokens'] !== undefined ||
    headers['anthropic-ratelimit-requests-remaining'] !== undefined ||
    headers['anthropic-ratelimit-tokens-remaining'] !== undefined ||
    headers['anthropic-ratelimit-input-tokens-remaining'] !== undefined ||
    headers['anthropic-ratelimit-output-tokens-remaining'] !== undefined
  );
}

/** Azure sends -1 for "not told"; only whole numbers from 0 are readings. */
export function readRateLimits(headers: WireHeaders, nowEpochMs: number): readonly RateLimitReading[] {
  const readings: RateLimitReading[] = [];
  for (const names of HEADERS) {
    const value = headers[names.remaining];
    if (value === undefined) continue;
    const remaining = count(value);
    if (remaining === undefined) continue;
    const resetText = first(headers[names.reset]);
    const resetIn = resetText === undefined ? undefined : readReset(resetText, nowEpochMs);
    readings.push({ kind: names.kind, limit: count(headers[names.limit]), remaining, resetIn });
  }
  return readings;
}

function count(header: string | string[] | undefined): number | undefined {
  const text = first(header);
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function first(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.trim();
}
