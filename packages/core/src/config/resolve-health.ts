/** How an upstream or a model is probed: the nearest of what the places say. */
import { DEFAULT_HEALTH, DEFAULT_PROBE } from './defaults.js';
import type { CheckedHealth } from './health-schema.js';
import { nearest } from './nearest.js';
import type { HealthSettings } from './settings.js';

/** `layers` from the farthest to the nearest; undefined where the nearest that says anything says `false`. */
export function resolveHealth(layers: readonly (CheckedHealth | undefined)[]): HealthSettings | undefined {
  if (layers.findLast((layer) => layer !== undefined) === false) return undefined;
  const groups = layers.map((layer) => (layer === false ? undefined : layer));
  const numbers = nearest(
    DEFAULT_HEALTH,
    groups.map((group) => ({ ...group, probe: undefined })),
  );
  return { ...numbers, probe: groups.findLast((group) => group?.probe !== undefined)?.probe ?? DEFAULT_PROBE };
}
