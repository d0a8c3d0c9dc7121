/** What the user writes about single models, and how their names are found. */
import type { HealthOptions } from './health-options.js';
import type { RefusableFeature } from '../request/refusable.js';
import type { BreakerOptions, DeploymentRetryOptions, LimitOptions, TimeoutOptions } from './options.js';

/** One model as one upstream serves it. */
export interface ModelOptions {
  /** The upstream's own name for the model. @default the name used in chains */
  id?: string;
  /** Smaller is asked first. @default the upstream's */
  priority?: number;
  /** Share of the traffic inside a priority tier. @default the upstream's */
  weight?: number;
  /** Thinks for a long time before its first word; its timeouts are longer. @default false, unless the model is known to */
  reasoning?: boolean;
  /**
   * Goes on from an assistant message that stands last; used to continue a cut answer.
   * @default false, unless the model is known to
   */
  prefill?: boolean;
  /** Tokens of prompt and output together; what is far too long is not sent. @default what is known of the model */
  contextWindow?: number;
  /** Output tokens at most; a request that allows more is sent with this. @default what is known of the model */
  maxOutputTokens?: number;
  /** What it can do beside text. @default what is known of the model; the rest is assumed */
  capabilities?: CapabilityOptions;
  /**
   * What it does not take, so that it is not sent: a limit goes under its other name (`max_tokens`, `max_completion_tokens`), other
   * parameters are left out and told in the trail. What else it refuses is found out by its first refusal, and the same request is
   * sent again without. @default the upstream's, else what is known of the model
   */
  refuses?: readonly RefusableFeature[];
  /** What it costs there, for `balance: 'cheapest'`. @default what the model map says */
  price?: PriceOptions;
  timeouts?: TimeoutOptions;
  retry?: DeploymentRetryOptions;
  breaker?: BreakerOptions;
  limits?: LimitOptions;
  health?: HealthOptions | false;
}

/** What tokens cost, in dollars per million. */
export interface PriceOptions {
  /** Of the prompt. */
  input: number;
  /** Of the answer, reasoning included. */
  output: number;
  /** Of the part of a prompt that the upstream has kept from an earlier one. @default as `input` */
  cachedInput?: number;
}

/** What a model can do; a request that needs what is `false` is not sent to it. */
export interface CapabilityOptions {
  /** Calls tools. */
  tools?: boolean;
  /** Calls several tools at once; needed where a request says `parallel_tool_calls: true`. */
  parallelTools?: boolean;
  /** Sees images. */
  vision?: boolean;
  /** Hears audio. */
  audio?: boolean;
  /** Answers in audio. */
  speech?: boolean;
  /** Sees videos. */
  video?: boolean;
  /** Reads files, such as PDF. */
  files?: boolean;
  /** Holds its answer to a JSON schema. */
  jsonSchema?: boolean;
  /** Answers in JSON of any form (`json_object`). */
  jsonMode?: boolean;
  /** Gives several answers at once (`n`). */
  n?: boolean;
  /** Stops at the sequences of `stop`. */
  stop?: boolean;
}

/** The keys of every list: what TypeScript finds when it looks for model names in a list as if it were a table. */
type ListKey = keyof unknown[] | `${number}`;

/** The keys of every string: what it finds in `'discover'` likewise. */
type WordKey = Exclude<keyof string, keyof unknown[]>;
/** One of them that is no name of a model, unlike `small`: where it stands, the word stands somewhere. */
type AnyWord = 'codePointAt';

/**
 * All models that an upstream lists. A plain `'discover'` would be recognised before TypeScript looks for names in it, and then
 * nothing would tell `ModelName` of it.
 */
export type Discover<Listed extends string> = [Listed] extends [never] ? 'discover' : 'discover';

/** Models with options, by name. Where keys of lists and strings got in among the names, they pass here; `ModelName` drops them. */
export type ModelTable<Configured extends PropertyKey = string> = {
  readonly [Name in Configured]?: string extends Configured
    ? ModelOptions
    : Name extends number | symbol
      ? never
      : Name extends ListKey
        ? unknown
        : Name extends WordKey
          ? AnyWord extends Configured
            ? unknown
            : ModelOptions
          : ModelOptions;
};

/** The names of all models of a pool: those from lists and those from tables; any name where some are discovered. */
export type ModelName<Listed extends string, Configured extends PropertyKey> = AnyWord extends Configured
  ? string
  : Listed | Exclude<Extract<Configured, string>, ListKey>;
