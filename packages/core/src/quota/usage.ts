/** Reads what is left of a quota out of an answer, or out of what a function has returned. Pure. */
import type { QuotaPlaces } from '../config/settings.js';
import { readReset } from '../judgement/retry-after.js';
import { parseJson } from '../provider/json-reply.js';
import { valueAt, type JsonPointer } from './json-pointer.js';

/** In the upstream's own unit: money, tokens, requests. */
export interface Usage {
  /** 0 or less when nothing is left; `undefined` where there is no limit. */
  readonly remaining: number | undefined;
  /** `undefined` where it is not told, or there is none. */
  readonly limit: number | undefined;
  /** Milliseconds since 1970, in the future. */
  readonly resetsAt: number | undefined;
}

export type UsageRead =
  | { readonly ok: true; readonly usage: Usage }
  /** `problem` is in our own words. */
  | { readonly ok: false; readonly problem: string };

/** Signs and decimals, as services write amounts of money; no exponent, no unit. */
const AMOUNT = /^[+-]?\d{1,20}(?:\.\d{1,20})?$/u;

/** Two of used, limit and remaining are enough; `null` for limit or remaining says that there is no limit. */
export function readUsage(body: string, places: QuotaPlaces, epochNow: number): UsageRead {
  const document = parseJson(body);
  if (document === undefined) return { ok: false, problem: 'the answer is not valid JSON' };
  const problems: string[] = [];
  const amountAt = (pointer: JsonPointer | undefined): number | null | undefined => {
    if (pointer === undefined) return undefined;
    const amount = amountOf(valueAt(document, pointer));
    if (amount === undefined) problems.push(`there is no number at ${shown(pointer)}`);
    return amount;
  };
  const limit = typeof places.limit === 'number' ? places.limit : amountAt(places.limit);
  const used = amountAt(places.used);
  const remaining = amountAt(places.remaining);
  const [problem] = problems;
  if (problem !== undefined) return { ok: false, problem };
  if (limit === null || remaining === null) return { ok: true, usage: UNLIMITED };
  if (used === null || (used ?? 0) < 0) return { ok: false, problem: 'what is used is no amount' };
  const resetsAt = places.resetsAt && readResetsAt(valueAt(document, places.resetsAt), epochNow);
  return checked(remaining ?? difference(limit, used), limit ?? sum(remaining, used), resetsAt);
}

/** What a function has returned: `{ remaining, limit?, resetsAt? }`. May throw where the value's getters do. */
export function checkUsage(value: unknown, epochNow: number): UsageRead {
  if (typeof value !== 'object' || value === null || !('remaining' in value)) {
    return { ok: false, problem: 'the function returned no { remaining }' };
  }
  const { remaining } = value;
  if (remaining === Infinity || remaining === null) return { ok: true, usage: UNLIMITED };
  const limit = 'limit' in value ? (value.limit ?? undefined) : undefined;
  if (typeof remaining !== 'number' || (limit !== undefined && typeof limit !== 'number')) {
    return { ok: false, problem: 'what the function returned as remaining or limit is no number' };
  }
  const resetsAt = 'resetsAt' in value ? readResetsAt(value.resetsAt, epochNow) : undefined;
  return checked(remaining, limit, resetsAt);
}

const UNLIMITED: Usage = { remaining: undefined, limit: undefined, resetsAt: undefined };

function checked(remaining: number | undefined, limit: number | undefined, resetsAt: number | undefined): UsageRead {
  if (remaining === undefined || !Number.isFinite(remaining))
    return { ok: false, problem: 'what is left is no amount' };
  if (limit !== undefined && !(Number.isFinite(limit) && limit >= 0)) {
    return { ok: false, problem: 'the limit is no amount' };
  }
  return { ok: true, usage: { remaining, limit, resetsAt } };
}

/** `null` as it stands; `undefined` for what is no number. */
function amountOf(value: unknown): number | null | undefined {
  if (value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && AMOUNT.test(value.trim()) ? Number(value) : undefined;
}

/**
 * A `Date`, an RFC 3339 time, seconds or milliseconds since 1970, or a duration from now. A time that is over tells nothing, and
 * neither does what cannot be read: the amounts are worth having without it.
 */
function readResetsAt(value: unknown, epochNow: number): number | undefined {
  const time = value instanceof Date ? value.getTime() : value;
  if (typeof time !== 'string' && typeof time !== 'number') return undefined;
  const wait = readReset(String(time), epochNow);
  return wait !== undefined && wait > 0 && Number.isFinite(wait) ? epochNow + wait : undefined;
}

function difference(limit: number | undefined, used: number | undefined): number | undefined {
  return limit === undefined || used === undefined ? undefined : limit - used;
}

function sum(remaining: number | undefined, used: number | undefined): number | undefined {
  return remaining === undefined || used === undefined ? undefined : Math.max(0, remaining + used);
}

function shown(pointer: JsonPointer): string {
  const text = pointer.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return text === '' ? 'the root' : text;
}
