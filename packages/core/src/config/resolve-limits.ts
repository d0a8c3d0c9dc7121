/** Which limits apply to each lane of a deployment. */
import type { Limits } from './settings.js';

type Layer = { readonly [Name in keyof Limits]?: number | undefined } | undefined;

const NAMES = ['requestsPerMinute', 'tokensPerMinute', 'concurrency'] as const;

/** `layers` from the farthest to the nearest; a missing limit is none. */
export function nearestLimits(layers: readonly Layer[]): Limits {
  const limits: { -readonly [Name in keyof Limits]: Limits[Name] } = {};
  for (const layer of layers) {
    for (const name of NAMES) {
      const value = layer?.[name];
      if (value !== undefined) limits[name] = value;
    }
  }
  return limits;
}

/**
 * For each key: what it says itself or what the model says, whichever is smaller, because neither is nearer and both are true;
 * else the nearest of the layers.
 */
export function limitsOfKeys(keys: readonly Layer[], model: Layer, layers: readonly Layer[]): readonly Limits[] {
  return keys.map((key) => nearestLimits([...layers, smaller(model, key)]));
}

function smaller(one: Layer, other: Layer): Layer {
  if (one === undefined || other === undefined) return one ?? other;
  return Object.fromEntries(
    NAMES.map((name) => {
      const least = Math.min(one[name] ?? Infinity, other[name] ?? Infinity);
      return [name, least === Infinity ? undefined : least];
    }),
  );
}
