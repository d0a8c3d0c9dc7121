/** Options of a call that were given in several places: for all routes of a mount, for one route, for the call. */
import type { CallOptions } from '../call/call-options.js';
import type { Requirements } from '../config/options.js';
import { given } from '../given.js';

/** Options of a call on behalf of an HTTP request. */
export interface RequestCallOptions<Chain extends string = string> extends CallOptions<Chain> {
  /** Go on after the client has left. @default false */
  detached?: boolean | undefined;
}

/**
 * The nearer wins, field by field in `timeouts`, `retry` and `metadata`; what is `undefined` says nothing. Demands add up: one
 * that a mount makes of its upstreams must not vanish because a call makes another.
 */
export function mergeCallOptions<Chain extends string>(
  outer: RequestCallOptions<Chain>,
  nearer: RequestCallOptions<Chain>,
): RequestCallOptions<Chain> {
  const { timeouts, retry, metadata, require, ...others } = nearer;
  const merged: RequestCallOptions<Chain> = { ...outer, ...given(others) };
  if (timeouts !== undefined) merged.timeouts = { ...outer.timeouts, ...given(timeouts) };
  if (retry !== undefined) merged.retry = { ...outer.retry, ...given(retry) };
  if (metadata !== undefined) merged.metadata = { ...outer.metadata, ...metadata };
  if (require !== undefined) merged.require = bothDemands(outer.require ?? {}, require);
  return merged;
}

/** Each tag of both; a region that suits both. */
function bothDemands(outer: Requirements, nearer: Requirements): Requirements {
  const tags = [...(outer.tags ?? []), ...(nearer.tags ?? [])];
  const regions =
    outer.regions === undefined || nearer.regions === undefined
      ? (nearer.regions ?? outer.regions)
      : nearer.regions.filter((region) => outer.regions?.includes(region));
  return { ...(tags.length > 0 && { tags: [...new Set(tags)] }), ...(regions !== undefined && { regions }) };
}
