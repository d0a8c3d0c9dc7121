/** The options after checking: complete, resolved to the nearest override, and ours alone. */
import type { Dispatcher } from 'undici';
import type { CannedReply } from '../call/canned-reply.js';
import type { Tokenizer } from '../tokens/tokenizer.js';
import type { JsonPointer } from '../quota/json-pointer.js';
import type { RefusableFeature } from '../request/refusable.js';
import type { KeyFunction } from './key-options.js';
import type { HealthOptions } from './health-options.js';
import type { CapabilityOptions } from './model-options.js';
import type {
  BalanceOption,
  BreakerOptions,
  ClassifyHook,
  DeploymentRetryOptions,
  FailoverOptions,
  LimitOptions,
  ProviderName,
  Requirements,
  RetryOptions,
  TimeoutOptions,
  UpstreamOptions,
} from './options.js';
import type { StateOptions } from './state-options.js';
import type { QuotaOptions, ReadQuota } from './watch-options.js';

export type Timeouts = Readonly<Required<TimeoutOptions>>;
export type DeploymentRetry = Readonly<Required<DeploymentRetryOptions>>;
export type BreakerSettings = Readonly<Required<BreakerOptions>>;
export type Limits = Readonly<LimitOptions>;
export type HealthNumbers = Readonly<Required<Omit<HealthOptions, 'probe'>>>;
export type HealthSettings = HealthNumbers & { readonly probe: NonNullable<HealthOptions['probe']> };
export type StateSettings = Readonly<Required<StateOptions>>;
export type CallRetry = Readonly<Required<Omit<RetryOptions, keyof DeploymentRetryOptions>>>;

/** Dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
}

/** What a model may be able to do beside text. */
export type Capability = keyof CapabilityOptions;
/** What is missing is not known, and assumed. */
export type Capabilities = { readonly [Name in Capability]?: boolean | undefined };

export type OnStreamFailure = NonNullable<FailoverOptions['onStreamFailure']>;

/** Where in an answer it stands how much of a quota is left; enough of them to know it. */
export interface QuotaPlaces {
  readonly used: JsonPointer | undefined;
  readonly limit: JsonPointer | number | undefined;
  readonly remaining: JsonPointer | undefined;
  readonly resetsAt: JsonPointer | undefined;
}

export interface QuotaSettings extends Readonly<Required<Pick<QuotaOptions, 'interval' | 'timeout' | 'warnBelow'>>> {
  readonly source:
    /** `url` is absolute, and of the upstream's origin. */
    | { readonly kind: 'path'; readonly url: string; readonly places: QuotaPlaces }
    | { readonly kind: 'function'; readonly read: ReadQuota };
}

export interface StatusPageSettings {
  /** Absolute, and in normal form. */
  readonly url: string;
  /** `undefined` for the page as a whole. */
  readonly components: readonly string[] | undefined;
  readonly interval: number;
}

export interface KeySettings {
  /** `undefined` for a server without keys. */
  readonly secret: string | KeyFunction | undefined;
  readonly name: string | undefined;
}

export interface UpstreamSettings {
  readonly name: string;
  readonly provider: ProviderName;
  /** Azure's, where its older routes are used. */
  readonly apiVersion: string | undefined;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** At least one entry. */
  readonly keys: readonly KeySettings[];
  readonly region: string | undefined;
  readonly tags: readonly string[];
  /** Its models are those that it lists. */
  readonly discovers: boolean;
  /** Models that it does not list are not asked for. */
  readonly strictModels: boolean;
  readonly limitsScope: 'key' | 'account';
  readonly learnLimits: boolean;
  readonly breaker: BreakerSettings;
  readonly timeouts: Timeouts;
  /** Undefined where it is switched off. */
  readonly health: HealthSettings | undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
  readonly sign: UpstreamOptions['sign'];
  /** Never fewer than the attempts that the limits of all lanes admit at once. */
  readonly connections: number | undefined;
  readonly maxResponseBytes: number;
  readonly quota: QuotaSettings | undefined;
  readonly statusPage: StatusPageSettings | undefined;
}

export interface DeploymentSettings {
  /** `model@upstream` */
  readonly id: string;
  /** The name used in chains. */
  readonly model: string;
  /** The upstream's name for it. */
  readonly modelId: string;
  readonly upstream: UpstreamSettings;
  readonly priority: number;
  readonly weight: number;
  readonly reasoning: boolean;
  /** Goes on from an assistant message that stands last. */
  readonly prefill: boolean;
  /** The same where somebody has said it: then it goes for requests of the caller's too, and not what their dialect knows of the model. */
  readonly prefillSaid: boolean | undefined;
  /** Tokens of prompt and output together. */
  readonly contextWindow: number | undefined;
  /** Tokens of the prompt alone, where they have a limit of their own. */
  readonly maxInputTokens: number | undefined;
  readonly maxOutputTokens: number | undefined;
  /** How its tokens are estimated. */
  readonly tokenizer: Tokenizer;
  readonly capabilities: Capabilities;
  /** Known not to be taken. More is found out. */
  readonly refuses: readonly RefusableFeature[];
  /** Undefined when nobody knows. */
  readonly price: Price | undefined;
  readonly timeouts: Timeouts;
  readonly retry: DeploymentRetry;
  readonly breaker: BreakerSettings;
  /** Where a key has none of its own. */
  readonly limits: Limits;
  /** Of each lane, in the order of the upstream's keys. */
  readonly laneLimits: readonly Limits[];
  /** Undefined where it is switched off. */
  readonly health: HealthSettings | undefined;
  /** Its probe is a function that stands on the model itself, and is asked for this model alone. */
  readonly ownProbe: boolean;
}

export interface WeightedModel {
  readonly model: string;
  readonly weight: number;
}

export interface ChainSettings {
  readonly name: string;
  /** Each step has at least one model; models with weight 0 are gone. A model may stand in several steps. */
  readonly steps: readonly (readonly WeightedModel[])[];
  readonly require: Requirements | undefined;
  readonly balance: BalanceOption;
}

export interface Settings {
  readonly upstreams: readonly UpstreamSettings[];
  /** In the order of the pool. */
  readonly deployments: readonly DeploymentSettings[];
  /** Always holds `default`. */
  readonly chains: ReadonlyMap<string, ChainSettings>;
  readonly lastResort: string | undefined;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly strictParameters: boolean;
  readonly modelsInterval: number;
  readonly cannedReply: CannedReply | undefined;
  readonly retry: CallRetry;
  readonly deadline: number;
  readonly streamDeadline: number;
  /** Milliseconds of silence, the same for all; `undefined` for what is learned of each deployment. */
  readonly raceAfter: number | false | undefined;
  readonly raceAcrossModels: boolean;
  readonly onStreamFailure: OnStreamFailure;
  readonly streamInside: boolean;
  readonly learnLimits: boolean;
  readonly queueWait: number;
  readonly maxQueue: number;
  readonly classify: ClassifyHook | undefined;
  readonly expose: boolean;
  /** More than this share of the models out is critical; `false` for never. */
  readonly criticalRatio: number | false;
  /** Undefined where nothing is kept beyond the process. */
  readonly state: StateSettings | undefined;
}
