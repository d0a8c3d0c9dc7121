/** A request that passed the checks: what the engine needs to know of it, and its body, serialised once. */

/** The fields of a streamed attempt; those of the caller are left out of the body. */
export interface StreamFields {
  readonly stream: boolean;
  readonly stream_options?: { readonly include_usage: boolean };
}

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
  /** Size of the prompt, tools included, for an estimate of its tokens. */
  readonly promptCharacters: number;
  readonly user: string | undefined;
}

/** Made by `checkRequest`. Holds nothing of the caller's, so that nothing they change later is sent. */
export class CheckedRequest implements RequestFacts {
  readonly model: string | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly wantsJson: boolean;
  readonly hasTools: boolean;
  readonly choices: number;
  readonly promptCharacters: number;
  readonly user: string | undefined;
  readonly #rest: string;

  /** @param rest the serialised fields beside the model and the stream's, ending with the closing brace */
  constructor(facts: RequestFacts, rest: string) {
    this.model = facts.model;
    this.maxOutputTokens = facts.maxOutputTokens;
    this.wantsJson = facts.wantsJson;
    this.hasTools = facts.hasTools;
    this.choices = facts.choices;
    this.promptCharacters = facts.promptCharacters;
    this.user = facts.user;
    this.#rest = rest;
  }

  /**
   * The JSON to send to an upstream that calls the model `modelId`. The prompt was serialised once; a failover to another
   * model joins two strings, however large the prompt.
   */
  bodyFor(modelId: string, streaming?: StreamFields): string {
    const start = `{"model":${JSON.stringify(modelId)},`;
    if (streaming === undefined) return start + this.#rest;
    return `${start}${JSON.stringify(streaming).slice(1, -1)},${this.#rest}`;
  }
}
