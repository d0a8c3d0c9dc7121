/** What a model can do and take: the nearest of its own options, the model map, and what is built in. */
import { given } from '../given.js';
import type { RefusableFeature } from '../request/refusable.js';
import { tokenizerOf } from '../tokens/tokenizer.js';
import { DEFAULT_PREFILL, DEFAULT_REASONING, DEFAULT_REFUSES } from './defaults.js';
import { knownModel } from './known-models.js';
import type { ModelMap } from './model-map.js';
import type { ProviderName } from './options.js';
import type { Capabilities, DeploymentSettings, Price } from './settings.js';

export type ResolvedModel = Pick<
  DeploymentSettings,
  | 'reasoning'
  | 'prefill'
  | 'prefillSaid'
  | 'contextWindow'
  | 'maxInputTokens'
  | 'maxOutputTokens'
  | 'tokenizer'
  | 'capabilities'
  | 'refuses'
  | 'price'
>;

/** Those of `ModelOptions` that say something about it, as the schema has left them. */
interface OwnOptions {
  readonly reasoning?: boolean | undefined;
  readonly prefill?: boolean | undefined;
  readonly contextWindow?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly capabilities?: Capabilities | undefined;
  readonly refuses?: readonly RefusableFeature[] | undefined;
  readonly price?: OwnPrice | undefined;
}

interface OwnPrice extends Pick<Price, 'input' | 'output'> {
  readonly cachedInput?: number | undefined;
}

export interface ModelNames {
  readonly provider: ProviderName;
  /** The upstream's name for it, which says more of what it is than the one used in chains. */
  readonly modelId: string;
  readonly model: string;
}

export function resolveModel(
  options: OwnOptions,
  { provider, modelId, model }: ModelNames,
  map: ModelMap | undefined,
): ResolvedModel {
  const listed = map?.find(modelId, provider) ?? map?.find(model, provider) ?? {};
  const builtIn = knownModel(modelId) ?? knownModel(model) ?? {};
  // Window and limit of the prompt belong together.
  const sized = [listed, builtIn].find(({ contextWindow }) => contextWindow !== undefined);
  const isOwnForm = PREFILLS.has(provider);
  const prefillSaid = options.prefill ?? (isOwnForm ? listed.prefill : undefined);
  return {
    // The map says who can think. Who does so unasked, and so is slow to begin, is known better here.
    reasoning: options.reasoning ?? builtIn.reasoning ?? listed.reasoning ?? DEFAULT_REASONING,
    prefill: prefillSaid ?? (isOwnForm ? builtIn.prefill : undefined) ?? DEFAULT_PREFILL,
    prefillSaid,
    contextWindow: options.contextWindow ?? sized?.contextWindow,
    maxInputTokens: options.contextWindow === undefined ? sized?.maxInputTokens : undefined,
    maxOutputTokens: options.maxOutputTokens ?? listed.maxOutputTokens ?? builtIn.maxOutputTokens,
    tokenizer: tokenizerOf([modelId, model], provider),
    capabilities: { ...builtIn.capabilities, ...listed.capabilities, ...given(options.capabilities ?? {}) },
    refuses: [...new Set(options.refuses ?? builtIn.refuses ?? DEFAULT_REFUSES)],
    price: options.price === undefined ? listed.price : wholePrice(options.price),
  };
}

/**
 * In whose form a model goes on from an assistant message that stands last without being told to. Others need a field for
 * it, or begin anew, and two beginnings would be joined.
 */
const PREFILLS: ReadonlySet<ProviderName> = new Set<ProviderName>(['anthropic']);

/** Who says nothing else has kept parts of prompts for their full price. */
function wholePrice({ input, output, cachedInput = input }: OwnPrice): Price {
  return { input, output, cachedInput };
}
