/** How pool and chains fit together: names that must differ, names that must exist, demands that must be met. */
import { DEFAULT_CHAIN } from './defaults.js';
import { type Fault, report } from './fault.js';
import { findRepeated } from './key-faults.js';
import { nearestNames } from './nearest-name.js';
import type { Path } from './plain-copy.js';
import { type OutlinedChain, type OutlinedUpstream, type PoolOutline, outlinePool } from './pool-outline.js';

type Context = Parameters<typeof report>[0];

/** Reports every fault; fields that are wrong on their own have been reported before and are passed over. */
export function reportPoolFaults(options: unknown, context: Context): void {
  const pool = outlinePool(options);
  reportRepeatedNames(options, context);
  reportMissingDefault(pool, context);
  // With unreadable models any name might be right, and with such as are still to be discovered.
  if (pool.upstreams.length === 0 || pool.upstreams.some(({ models }) => models === undefined)) return;
  const models = new Set(pool.upstreams.flatMap((upstream) => upstream.models ?? []));
  reportUnknownModels(pool, models, context);
  for (const chain of pool.chains) {
    if (chain.steps.some(({ model }) => models.has(model))) reportUnmetDemands(chain, pool.upstreams, context);
  }
}

export function reportRepeatedNames(options: unknown, context: Context): void {
  const { upstreams } = outlinePool(options);
  for (const { index, first } of findRepeated(upstreams.map(({ name }) => name))) {
    report(context, { expected: `a name of its own; upstreams[${first}] has the same` }, ['upstreams', index, 'name']);
  }
}

function reportUnknownModels(pool: PoolOutline, models: ReadonlySet<string>, context: Context): void {
  const chains = new Set(pool.chains.map(({ name }) => name));
  const check = (model: string, path: Path): void => {
    if (models.has(model) || model.trim() === '') return;
    if (chains.has(model)) report(context, { expected: 'a model; a chain cannot stand here' }, path);
    else report(context, unknownName('a model that an upstream serves', model, models), path);
  };
  for (const { steps } of pool.chains) for (const { model, path } of steps) check(model, path);
  if (pool.lastResort !== undefined) check(pool.lastResort, ['lastResort']);
}

/** Not all that a service lists is made for chats, so no chain is made of it. */
function reportMissingDefault({ upstreams, chains }: PoolOutline, context: Context): void {
  if (!upstreams.some(({ discovers }) => discovers) || chains.some(({ name }) => name === DEFAULT_CHAIN)) return;
  const expected = `a chain \`${DEFAULT_CHAIN}\`, because which of the discovered models should be asked, and in which order, is not known`;
  report(context, { expected }, ['chains']);
}

/** A demand that nobody can meet would only be noticed when the first call fails. */
function reportUnmetDemands(chain: OutlinedChain, upstreams: readonly OutlinedUpstream[], context: Context): void {
  const models = new Set(chain.steps.filter(({ weight }) => weight > 0).map(({ model }) => model));
  const serving = upstreams.filter((upstream) => upstream.models?.some((model) => models.has(model)));
  if (serving.length === 0 || serving.some((upstream) => meets(upstream, chain))) return;

  const tags = new Set(upstreams.flatMap((upstream) => upstream.tags));
  const regions = new Set(upstreams.flatMap(({ region }) => region ?? []));
  const demands = [
    ...chain.tags.map((name, index) => ({
      what: 'a tag that an upstream carries',
      name,
      key: 'tags',
      index,
      known: tags,
    })),
    ...(chain.regions ?? []).map((name, index) => ({
      what: 'a region of an upstream',
      name,
      key: 'regions',
      index,
      known: regions,
    })),
  ].filter(({ name, known }) => !known.has(name));
  for (const { what, name, key, index, known } of demands) {
    report(context, unknownName(what, name, known), [...chain.path, 'require', key, index]);
  }
  if (demands.length > 0) return;
  const expected = 'demands that at least one upstream of one of its models meets; none does';
  report(context, { expected }, [...chain.path, 'require']);
}

function meets(upstream: OutlinedUpstream, { tags, regions }: OutlinedChain): boolean {
  if (regions !== undefined && (upstream.region === undefined || !regions.includes(upstream.region))) return false;
  return tags.every((tag) => upstream.tags.includes(tag));
}

function unknownName(what: string, name: string, known: ReadonlySet<string>): Fault {
  const [suggestion] = nearestNames(name, known, 1);
  if (suggestion !== undefined) return { expected: what, suggestion };
  return known.size === 0 ? { expected: `${what}; there is none` } : { expected: what, known: [...known] };
}
