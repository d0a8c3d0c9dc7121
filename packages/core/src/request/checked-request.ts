/** A request that passed the checks: what the engine needs to know of it, and its body, serialised once. */
import type { Capability } from '../config/settings.js';
import type { Prompt } from '../tokens/prompt.js';
import { withShortCallIds } from './call-ids.js';
import type { ChatMessage, ChatRequestFields } from './chat-types.js';
import type { RefusableParameter } from './refusable.js';
import { joined, missedWithout, says, type SerialisedRequest, withoutRefused } from './serialised-request.js';

/** How the body of an attempt differs from what the application wrote. */
export interface BodyShape {
  /** Sent as `stream` and `stream_options`; missing for an unstreamed attempt. */
  readonly stream?: StreamFields;
  /** Goes on from an answer that was cut. */
  readonly continuation?: Continuation;
}

/** The fields of a streamed attempt; those of the caller are left out of the body. */
export interface StreamFields {
  readonly stream: boolean;
  readonly stream_options?: { readonly include_usage: boolean };
}

/** What is added to a request so that another model goes on from an answer that was cut. */
export interface Continuation {
  /** Put behind the request's own messages. */
  readonly messages: readonly ChatMessage[];
  /**
   * Output tokens that the caller has already been sent and that are not to be generated again; taken off the request's
   * limit, which stays at least 1.
   */
  readonly spentTokens: number;
}

/** Known fields have been checked for their types; those that only some services know may be anything. */
export type OpenAIRequest = Readonly<Omit<ChatRequestFields, 'model' | 'stream' | 'stream_options'>> & {
  readonly [field: string]: unknown;
};

/** What is known of a checked request. */
export interface RequestFacts {
  /** A model or a chain; `undefined` for the default. */
  readonly model: string | undefined;
  /** The output tokens that the request allows; `undefined` for as many as the model likes. */
  readonly maxOutputTokens: number | undefined;
  /** The caller parses the answer, so that prose would break it. */
  readonly wantsJson: boolean;
  readonly hasTools: boolean;
  /** How many answers were asked for. */
  readonly choices: number;
  /** What a model reads of it, for an estimate of its tokens. */
  readonly prompt: Prompt;
  readonly user: string | undefined;
  /** The answer is to come as a stream; for callers whose request decides it, such as the clients of an endpoint. */
  readonly wantsStream: boolean;
  /** A stream is to end with its usage. */
  readonly wantsUsage: boolean;
  /** Plain text is asked for and nothing else, so that another model can go on with it where one was cut. */
  readonly continuable: boolean;
  /** It names words at which the answer is to end, and those may be its first. */
  readonly stops: boolean;
  /** What it needs of a model beside text, each once; empty for most requests. */
  readonly needs: readonly Capability[];
  /** Ids of its tool calls are longer than OpenAI takes. */
  readonly hasLongCallIds: boolean;
}

/** A limit that a request sets. */
export interface OutputLimit {
  readonly field: 'max_tokens' | 'max_completion_tokens';
  readonly asked: number;
}

/** Made by `checkRequest`. Holds nothing of the caller's, so that nothing they change later is sent. */
export class CheckedRequest implements Omit<RequestFacts, 'hasLongCallIds'> {
  readonly model: string | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly wantsJson: boolean;
  readonly hasTools: boolean;
  readonly choices: number;
  readonly prompt: Prompt;
  readonly user: string | undefined;
  readonly wantsStream: boolean;
  readonly wantsUsage: boolean;
  readonly continuable: boolean;
  readonly stops: boolean;
  readonly needs: readonly Capability[];
  readonly #facts: RequestFacts;
  readonly #parts: SerialisedRequest;
  /** The fields beside the model and the stream's, as nearly every attempt sends them, and the closing brace. */
  readonly #rest: string;
  #fields: OpenAIRequest | undefined;
  /** The same with lower limits, by limit. */
  #lowered: Map<number, CheckedRequest> | undefined;
  /** The same without what somebody refuses, by what that is. */
  #without: Map<string, CheckedRequest> | undefined;
  #shortened: CheckedRequest | undefined;

  constructor(facts: RequestFacts, parts: SerialisedRequest) {
    this.model = facts.model;
    this.maxOutputTokens = facts.maxOutputTokens;
    this.wantsJson = facts.wantsJson;
    this.hasTools = facts.hasTools;
    this.choices = facts.choices;
    this.prompt = facts.prompt;
    this.user = facts.user;
    this.wantsStream = facts.wantsStream;
    this.wantsUsage = facts.wantsUsage;
    this.continuable = facts.continuable;
    this.stops = facts.stops;
    this.needs = facts.needs;
    this.#facts = facts;
    this.#parts = parts;
    this.#rest = joined(parts, parts.messages, 0);
  }

  /**
   * The JSON to send to an upstream that calls the model `modelId`. The prompt was serialised once; a failover to another
   * model joins two strings, however large the prompt, and a continuation a few more.
   */
  bodyFor(modelId: string, shape?: BodyShape): string {
    const start = `{"model":${JSON.stringify(modelId)},`;
    if (shape === undefined) return start + this.#rest;
    const { stream, continuation } = shape;
    const rest = continuation === undefined ? this.#rest : this.#goingOn(continuation);
    return stream === undefined ? start + rest : `${start}${JSON.stringify(stream).slice(1, -1)},${rest}`;
  }

  /** It has fields for single providers, which `bodyFor` leaves out. */
  get hasProviderOptions(): boolean {
    return this.#parts.providerOptions !== undefined;
  }

  /** The request in OpenAI's form without its model, for dialects that say it in another. Not to be changed. */
  fields(continuation?: Continuation): OpenAIRequest {
    const { providerOptions } = this.#parts;
    const start = providerOptions === undefined ? '{' : `{"providerOptions":${providerOptions},`;
    // What was serialised by us is well-formed, and has been checked.
    if (continuation !== undefined) return JSON.parse(start + this.#goingOn(continuation)) as OpenAIRequest;
    return (this.#fields ??= JSON.parse(start + this.#rest) as OpenAIRequest);
  }

  /** Itself, or, where it allows more output tokens than `most`, the same with that limit; the same one each time. */
  within(most: number | undefined): CheckedRequest {
    if (most === undefined || this.limitsAbove(most).length === 0) return this;
    let lowered = this.#lowered?.get(most);
    if (lowered === undefined) {
      const { maxTokens, maxCompletionTokens } = this.#parts;
      const parts = {
        ...this.#parts,
        maxTokens: maxTokens && Math.min(maxTokens, most),
        maxCompletionTokens: maxCompletionTokens && Math.min(maxCompletionTokens, most),
      };
      const maxOutputTokens = this.maxOutputTokens && Math.min(this.maxOutputTokens, most);
      lowered = new CheckedRequest({ ...this.#facts, maxOutputTokens }, parts);
      this.#lowered ??= new Map();
      this.#lowered.set(most, lowered);
    }
    return lowered;
  }

  /** Those of its limits that are larger than `most`. */
  limitsAbove(most: number): readonly OutputLimit[] {
    const { maxTokens = 0, maxCompletionTokens = 0 } = this.#parts;
    if (maxTokens <= most && maxCompletionTokens <= most) return NONE;
    const above: OutputLimit[] = [];
    if (maxTokens > most) above.push({ field: 'max_tokens', asked: maxTokens });
    if (maxCompletionTokens > most) above.push({ field: 'max_completion_tokens', asked: maxCompletionTokens });
    return above;
  }

  /**
   * Itself, or, where it says something of what is refused, the same without; the same one each time. A limit is said under
   * its other name.
   */
  without(refused: readonly RefusableParameter[]): CheckedRequest {
    if (refused.length === 0) return this;
    const names = refused.join();
    let fitted = this.#without?.get(names);
    if (fitted === undefined) {
      const parts = withoutRefused(this.#parts, refused);
      fitted = parts === this.#parts ? this : new CheckedRequest(this.#facts, parts);
      this.#without ??= new Map();
      this.#without.set(names, fitted);
    }
    return fitted;
  }

  /** Itself, or, where ids of tool calls are too long for OpenAI, the same with shorter ones; the same one each time. */
  withShortCallIds(): CheckedRequest {
    if (!this.#facts.hasLongCallIds) return this;
    if (this.#shortened === undefined) {
      const parts = { ...this.#parts, messages: withShortCallIds(this.#parts.messages) };
      this.#shortened = new CheckedRequest({ ...this.#facts, hasLongCallIds: false }, parts);
    }
    return this.#shortened;
  }

  says(parameter: RefusableParameter): boolean {
    return says(this.#parts, parameter);
  }

  /** Of what is refused, what the answer would be another with. */
  missedWithout(refused: readonly RefusableParameter[]): readonly RefusableParameter[] {
    return refused.length === 0 ? [] : missedWithout(this.#parts, refused);
  }

  #goingOn({ messages, spentTokens }: Continuation): string {
    const own = this.#parts.messages;
    if (messages.length === 0) return joined(this.#parts, own, spentTokens);
    return joined(this.#parts, `${own.slice(0, -1)},${JSON.stringify(messages).slice(1)}`, spentTokens);
  }
}

const NONE: readonly OutputLimit[] = [];
