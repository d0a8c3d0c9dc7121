/** The chains in one form: steps of models with weights. */
import { DEFAULT_BALANCE, DEFAULT_CHAIN } from './defaults.js';
import type { BalanceOption } from './options.js';
import type { CheckedOptions } from './schema.js';
import type { ChainSettings, DeploymentSettings, WeightedModel } from './settings.js';

type Chain = NonNullable<NonNullable<CheckedOptions['chains']>[string]>;
type Steps = Extract<Chain, readonly unknown[]>;

/** All chains by name; without one called `default`, that is all models in the order in which the pool names them. */
export function resolveChains(
  { chains, balance = DEFAULT_BALANCE }: Pick<CheckedOptions, 'chains' | 'balance'>,
  deployments: readonly DeploymentSettings[],
): ReadonlyMap<string, ChainSettings> {
  const resolved = new Map<string, ChainSettings>();
  for (const [name, chain] of Object.entries(chains ?? {})) {
    if (chain !== undefined) resolved.set(name, resolveChain(name, chain, balance));
  }
  if (!resolved.has(DEFAULT_CHAIN)) {
    const models = [...new Set(deployments.map(({ model }) => model))];
    resolved.set(DEFAULT_CHAIN, { name: DEFAULT_CHAIN, steps: resolveSteps(models), require: undefined, balance });
  }
  return resolved;
}

/** The names in its steps. */
export function modelsOfChain(chain: Chain): readonly string[] {
  return resolveChain('', chain, DEFAULT_BALANCE).steps.flatMap((step) => step.map(({ model }) => model));
}

function resolveChain(name: string, chain: Chain, balance: BalanceOption): ChainSettings {
  if (Array.isArray(chain)) return { name, steps: resolveSteps(chain), require: undefined, balance };
  const { tags = [], regions } = chain.require ?? {};
  const demands = { ...(tags.length > 0 ? { tags } : {}), ...(regions === undefined ? {} : { regions }) };
  return {
    name,
    steps: resolveSteps(chain.steps),
    require: Object.keys(demands).length > 0 ? demands : undefined,
    balance: chain.balance ?? balance,
  };
}

function resolveSteps(steps: Steps): readonly (readonly WeightedModel[])[] {
  return steps.map((step) => {
    if (typeof step === 'string') return [{ model: step, weight: 1 }];
    return Object.entries(step).flatMap(([model, weight]) =>
      weight === undefined || weight === 0 ? [] : [{ model, weight }],
    );
  });
}
