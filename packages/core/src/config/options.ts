/**
 * What the user writes: the options of `createFailover` and of every adapter.
 * All durations are milliseconds. The defaults stand in `defaults.ts` and nowhere else.
 */
import type { Dispatcher } from 'undici';
import type { CannedReply } from '../call/canned-reply.js';
import type { Failure, FailureClass } from '../judgement/failure.js';
import type { RefusableFeature } from '../request/refusable.js';
import type { KeyEntry } from './key-options.js';
import type { Discover, ModelName, ModelTable } from './model-options.js';
import type { StateOptions } from './state-options.js';
import type { QuotaOptions, ReadQuota, StatusPageOptions } from './watch-options.js';
import type { HealthOptions } from './health-options.js';

/** Limits of each phase of an attempt. The nearest wins: model, upstream, whole. */
export interface TimeoutOptions {
  /** From starting a new connection until it is usable, TLS included. @default 3_000 */
  connect?: number;
  /** Waiting for a free connection when `connections` is set. @default 5_000 */
  pool?: number;
  /** Until the upstream has taken the whole request body. @default 10_000 */
  write?: number;
  /** Streamed attempts: from sending until the first content. @default 60_000, 300_000 for `reasoning` models */
  firstContent?: number;
  /** Streamed attempts: between two chunks; any byte resets it. @default 20_000 */
  betweenChunks?: number;
  /** Unstreamed attempts: the fixed part of their limit. @default 30_000, 300_000 for `reasoning` models */
  unary?: number;
  /** Unstreamed attempts: added to `unary` for each output token that the request allows. @default 25 */
  unaryPerOutputToken?: number;
}

/** How the same deployment is asked again. The nearest wins: model, upstream, whole. */
export interface DeploymentRetryOptions {
  /** Back-off is drawn from [0, min(`maxDelay`, `baseDelay` · 2ⁿ)]. @default 250 */
  baseDelay?: number;
  /** `baseDelay` after 429 and 529. @default 1_000 */
  overloadedBaseDelay?: number;
  /** Ceiling of the back-off. @default 8_000 */
  maxDelay?: number;
  /** The longest wait named by an upstream that a call sits out. @default 10_000 */
  maxHintWait?: number;
}

/** How often a call tries. */
export interface RetryOptions extends DeploymentRetryOptions {
  /** Attempts per call; a chain of more models may make as many as it has models plus one. @default 5 */
  maxAttempts?: number;
  /** Attempts per model of a call. @default 3 */
  maxAttemptsPerModel?: number;
  /** Retries and races under way at once, as a share of the calls in flight (0 to 1). @default 0.2 */
  budgetRatio?: number;
  /** Retries and races that are always allowed at once. @default 3 */
  budgetMinimum?: number;
}

/** When a circuit opens and how it comes back. The nearest wins: model, upstream, whole. */
export interface BreakerOptions {
  /** Failures in a row that open it. @default 5 */
  consecutiveFailures?: number;
  /** Share of failed attempts in `window` that opens it (0 to 1). @default 0.5 */
  failureRatio?: number;
  /** Completed attempts in `window` below which `failureRatio` says nothing. @default 20 */
  minimumAttempts?: number;
  /** How far back the ratios look. @default 60_000 */
  window?: number;
  /** First open time; doubles with each opening in a row. @default 10_000 */
  openFor?: number;
  /** Ceiling of the open time. @default 300_000 */
  maxOpenFor?: number;
  /** Trial attempts at once while half-open. @default 1 */
  trialCalls?: number;
  /** Successful trials that close it. @default 2 */
  successesToClose?: number;
  /** After closing, its share of the traffic grows from a tenth to all of it over this time. @default 30_000 */
  ramp?: number;
  /** Share of slow attempts in `window` that makes the deployment degraded (0 to 1). @default 0.5 */
  slowRatio?: number;
  /** Completed attempts in `window` below which `slowRatio` says nothing. @default 10 */
  minimumSlow?: number;
}

/** Limits per key. A missing one is no limit. The nearest wins: model or key (the smaller), upstream, whole. */
export interface LimitOptions {
  requestsPerMinute?: number;
  /** Prompt and output tokens together. */
  tokensPerMinute?: number;
  /** Attempts in flight at once. */
  concurrency?: number;
}

/** What `sign` is given: the request as it is about to be written. */
export interface RequestToSign {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The dialects that we speak. */
export type ProviderName = 'openai' | 'anthropic' | 'gemini' | 'azure';

/** One base URL of a provider, with its keys. `Model` are names in lists, `Configured` the names of tables. */
export interface UpstreamOptions<Model extends string = string, Configured extends PropertyKey = Model> {
  /** Unique; appears in events, status and the trail. */
  name: string;
  /** The wire dialect; `'openai'` also for all services that speak like it. */
  provider: ProviderName;
  /**
   * Up to and with the version, without `/chat/completions`; of Azure, the resource. @default each provider's own service:
   * 'https://api.openai.com/v1' for `openai`; Azure has none
   */
  baseUrl?: string;
  /** Azure only: uses its older routes with this `api-version`; without, those under `/openai/v1`. */
  apiVersion?: string;
  /**
   * The keys: each a string, a function for keys that change, or either with limits and a name of its own, as
   * `{ key, limits, name }`. The one with most left of its limits is used next, those that are equal in turn; `'none'` for a server that
   * wants no key.
   */
  keys: readonly KeyEntry[] | 'none';
  /** The models it serves: their names, names with options, or `'discover'` for all that it lists. */
  models: readonly Model[] | ModelTable<Configured> | Discover<Model>;
  /** Skips models that its list of models does not name, once the list is known. @default that of the whole */
  strictModels?: boolean;
  /** For `require: { regions }`. */
  region?: string;
  /** For `require: { tags }`. */
  tags?: readonly string[];
  /** Smaller is asked first. @default 1 */
  priority?: number;
  /** Share of the traffic inside a priority tier; 0 for none. @default 1 */
  weight?: number;
  /**
   * What none of its models takes, such as `['max_completion_tokens']` for servers that know only `max_tokens`: it is not sent to them.
   * @default what is known of each model
   */
  refuses?: readonly RefusableFeature[];
  /** Per key. */
  limits?: LimitOptions;
  /** `'account'`: all keys of this upstream share one set of limits. @default 'key' */
  limitsScope?: 'key' | 'account';
  /**
   * What rate-limit headers and 429s tell of the upstream's own limits lowers ours. `false` leaves it at what is configured.
   * @default true, or that of the whole
   */
  learnLimits?: boolean;
  timeouts?: TimeoutOptions;
  retry?: DeploymentRetryOptions;
  breaker?: BreakerOptions;
  health?: HealthOptions | false;
  /** Sent with each request, for gateways that want their own. */
  headers?: Readonly<Record<string, string>>;
  /** An undici dispatcher (proxy, private CA, MockAgent) instead of our pool. It stays yours to close. */
  dispatcher?: Dispatcher;
  /** Returns headers to add or replace, such as a signature over the body. */
  sign?: (request: RequestToSign) => Record<string, string> | Promise<Record<string, string>>;
  /** Sockets at most; raised to what the `limits.concurrency` of its lanes adds up to. @default no limit */
  connections?: number;
  /** A larger reply is refused. @default 16_777_216 */
  maxResponseBytes?: number;
  /** How much of its quota is left is asked for, warned of, and heeded. A function returns it. @default not asked */
  quota?: QuotaOptions | ReadQuota;
  /** Its status page is told of in the status and by an event, and never acted on. @default none */
  statusPage?: string | StatusPageOptions;
}

/** A step of a chain: a model, or models that share the step by weight. */
export type ChainStep<Model extends string = string> = Model | { readonly [Name in Model]?: number };

/** Which upstreams may be used at all. Never overridden, not even in an outage. */
export interface Requirements {
  /** Each of these tags must be on the upstream. */
  tags?: readonly string[];
  /** The upstream's region must be one of these. */
  regions?: readonly string[];
}

/** Whose call it is, for a function that says which calls are to stay together. */
export interface StickyCall {
  /** The call's `user`, else that of its request. */
  readonly user: string | undefined;
  /** The call's own. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** Calls for which it returns the same go to the same upstream; one for which it returns `undefined` goes by weight. */
export type StickyKey = (call: StickyCall) => string | undefined;

/**
 * How the deployments of a priority tier share the traffic; all of them respect `weight` except `'round-robin'`.
 * `'weighted'`: evenly spread turns. `'round-robin'`: one after the other. `'least-in-flight'`: who has the fewest attempts
 * under way. `'latency'`: of two that are drawn, the one that has answered sooner lately. `'cheapest'`: by the `price` of the
 * request, equal ones by weight. `'sticky'`: the calls of one `user` stay with one upstream; `{ sticky: (call) => … }` for
 * another key than the user.
 */
export type BalanceOption =
  | 'weighted'
  | 'round-robin'
  | 'least-in-flight'
  | 'latency'
  | 'cheapest'
  | 'sticky'
  | { sticky: StickyKey };

/** The models to try, in order. */
export type ChainOptions<Model extends string = string> =
  | readonly ChainStep<Model>[]
  | {
      readonly steps: readonly ChainStep<Model>[];
      readonly require?: Requirements;
      readonly balance?: BalanceOption;
    };

/** Looks at each failure after the built-in judgement and may return another class; `undefined` keeps it. */
export type ClassifyHook = (failure: Failure, builtIn: FailureClass) => FailureClass | undefined;

/**
 * The options of `createFailover`. For names that complete in the editor and typos that do not compile, a function that
 * takes them infers all three parameters, and its models are `ModelName<Model, Configured>`. `Configured` is a parameter
 * of its own because TypeScript prefers names found in lists and would drop those found in tables:
 *
 * @example
 * function createFailover<
 *   const Model extends string = never,
 *   const Chain extends string = never,
 *   const Configured extends PropertyKey = never,
 * >(options: FailoverOptions<Model, Chain, Configured>): Failover<ModelName<Model, Configured> | Chain>
 */
export interface FailoverOptions<
  Model extends string = string,
  Chain extends string = string,
  Configured extends PropertyKey = Model,
> {
  /** The pool. */
  upstreams: readonly UpstreamOptions<Model, Configured>[];
  /** Chains by name. @default one chain `default` of all models in the order in which the pool names them */
  chains?: { readonly [Name in Chain]: ChainOptions<NoInfer<ModelName<Model, Configured>>> };
  /** A model that is asked when a chain is exhausted. */
  lastResort?: NoInfer<ModelName<Model, Configured>>;
  /**
   * How the deployments of a priority tier share the traffic: by turns of their weight (`'weighted'`), one after the other
   * (`'round-robin'`), by what they have under way (`'least-in-flight'`), by how soon they have answered lately (`'latency'`),
   * by the `price` of the request (`'cheapest'`), or each user with one upstream (`'sticky'`, or `{ sticky: (call) => key }`
   * for another key than the user). A chain in its form `{ steps, balance }` may have its own. @default 'weighted'
   */
  balance?: BalanceOption;
  /** Request fields for calls that leave them out, such as `temperature` and `max_tokens`. */
  defaults?: Readonly<Record<string, unknown>>;
  /**
   * What models can do, in the format of LiteLLM's public map: the path of a JSON file, read once at start, or what stands
   * in it. What a model's own options say goes before it; it goes before what is built in.
   */
  modelMap?: string | Readonly<Record<string, unknown>>;
  /**
   * Skips candidates to which a request cannot be said as it is. Else what a provider does not know is left out or said
   * differently, and the event `request-adapted` and the trail tell of it. @default false
   */
  strictParameters?: boolean;
  /**
   * Skips models that their upstream does not list. Else such a model is told by `model-not-listed` and in the status, and asked
   * all the same: not every list is whole. @default false
   */
  strictModels?: boolean;
  /** Milliseconds after which an upstream's list of models is asked for again, where it matters. @default 600_000 */
  modelsInterval?: number;
  /** What a user gets when nothing else is left: text, text per locale, or a function. */
  cannedReply?: CannedReply;
  timeouts?: TimeoutOptions;
  retry?: RetryOptions;
  breaker?: BreakerOptions;
  /** `false` for no probes at all. */
  health?: HealthOptions | false;
  /**
   * The event `pool-critical` tells when more than this share of the models (0 to 1) has nobody to serve it; of a pool with at
   * least two models. `false` for never. @default 0.5
   */
  criticalRatio?: number | false;
  /** Per key, for each upstream that does not name its own. */
  limits?: LimitOptions;
  /**
   * What rate-limit headers and 429s tell of an upstream's own limits lowers ours, for each upstream that does not say otherwise.
   * @default true
   */
  learnLimits?: boolean;
  /** The whole `chat` call. @default 300_000 */
  deadline?: number;
  /** The whole of a streamed call. @default 600_000 */
  streamDeadline?: number;
  /**
   * A streamed attempt that has been silent for so long is raced by another candidate; `false` switches it off.
   * @default learned per deployment: 1.5 × the 95th percentile of its time to first content, 3 to 45 s; 10 s while too
   * little is known, 45 s for `reasoning` models
   */
  raceAfter?: number | false;
  /** `false` keeps a race to deployments of the same model. @default true */
  raceAcrossModels?: boolean;
  /** After a break in content: another candidate goes on (plain text only), or an error ends it. @default 'continue' */
  onStreamFailure?: 'continue' | 'error';
  /** `chat` streams underneath: a stall is seen early, a cut answer asked for again unseen. @default false */
  streamInside?: boolean;
  /** How long a call waits when nothing can serve it now but soon will. @default 2_000 */
  queueWait?: number;
  /** Calls that may wait at once; further ones degrade at once. @default 10_000 */
  maxQueue?: number;
  /** A second opinion on each failure. */
  classify?: ClassifyHook;
  /**
   * Put deployment, model, attempts and trail into the headers of responses that we write; into the first chunk of a
   * stream whose status line had to go early. @default false
   */
  expose?: boolean;
  /** What was learned of the pool outlives a restart, in a file. @default kept in memory alone */
  state?: StateOptions;
}
