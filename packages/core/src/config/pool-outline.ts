/**
 * What can be read of a pool and its chains even when parts of the options are wrong, so that one run tells all faults:
 * a typo in a chain is found although a key is missing elsewhere.
 */
import type { Path } from './plain-copy.js';

export interface OutlinedUpstream {
  readonly name: string | undefined;
  /** `undefined` when they cannot be read, or are still to be discovered. */
  readonly models: readonly string[] | undefined;
  readonly discovers: boolean;
  readonly region: string | undefined;
  readonly tags: readonly string[];
}

export interface OutlinedStep {
  readonly path: Path;
  readonly model: string;
  readonly weight: number;
}

export interface OutlinedChain {
  readonly name: string;
  readonly path: Path;
  readonly steps: readonly OutlinedStep[];
  readonly tags: readonly string[];
  /** `undefined` when any will do. */
  readonly regions: readonly string[] | undefined;
}

export interface PoolOutline {
  readonly upstreams: readonly OutlinedUpstream[];
  readonly chains: readonly OutlinedChain[];
  readonly lastResort: string | undefined;
}

export function outlinePool(options: unknown): PoolOutline {
  const { upstreams, chains, lastResort } = fields(options);
  return {
    upstreams: list(upstreams).map(outlineUpstream),
    chains: Object.entries(fields(chains)).map(([name, chain]) => outlineChain(name, chain)),
    lastResort: text(lastResort),
  };
}

function outlineUpstream(upstream: unknown): OutlinedUpstream {
  const { name, models, region, tags } = fields(upstream);
  return {
    name: text(name),
    models: modelNames(models),
    discovers: models === 'discover',
    region: text(region),
    tags: texts(tags),
  };
}

function modelNames(models: unknown): readonly string[] | undefined {
  if (Array.isArray(models)) return texts(models);
  if (typeof models !== 'object' || models === null) return undefined;
  return Object.entries(models).flatMap(([name, options]) => (options === undefined ? [] : [name]));
}

function outlineChain(name: string, chain: unknown): OutlinedChain {
  const path = ['chains', name];
  if (Array.isArray(chain)) return { name, path, steps: outlineSteps(chain, path), tags: [], regions: undefined };
  const { steps, require } = fields(chain);
  const { tags, regions } = fields(require);
  return {
    name,
    path,
    steps: outlineSteps(list(steps), [...path, 'steps']),
    tags: texts(tags),
    regions: list(regions).length > 0 ? texts(list(regions)) : undefined,
  };
}

function outlineSteps(steps: readonly unknown[], path: Path): OutlinedStep[] {
  return steps.flatMap((step, index) => {
    const place = [...path, index];
    if (typeof step === 'string') return [{ path: place, model: step, weight: 1 }];
    return Object.entries(fields(step)).map(([model, weight]) => ({
      path: [...place, model],
      model,
      weight: typeof weight === 'number' ? weight : 0,
    }));
  });
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((entry) => typeof entry === 'string');
}
