/** What a provider's wire format is, as pure functions: no I/O, no judgement, no state but that of one stream. */
import type { DeploymentSettings, UpstreamSettings } from '../config/settings.js';
import type { Failure } from '../judgement/failure.js';
import type { BodyShape, CheckedRequest } from '../request/checked-request.js';
import type { ChatChunk, ChatCompletion } from '../request/chat-types.js';
import type { WireHeaders } from '../transport/transport.js';

export interface Dialect {
  /** The absolute URL of a chat completion, whole or streamed. */
  url(upstream: UpstreamSettings, deployment: DeploymentSettings, streamed: boolean): string;
  /** The absolute URL of the list of models. */
  modelsUrl(upstream: UpstreamSettings): string;
  /**
   * The upstream's own names of the models that it lists. Undefined where the list cannot be read, or is not all of it. Missing
   * where the list does not say what may be asked for.
   */
  listedModels?(body: unknown): readonly string[] | undefined;
  /** Including the key. */
  headers(upstream: UpstreamSettings, secret: string | undefined): Record<string, string>;
  encode(request: CheckedRequest, deployment: DeploymentSettings, shape?: BodyShape): string;
  /** Why this dialect cannot say the request at all, in words for a trail; undefined where it can. Missing for OpenAI's own. */
  objection?(request: CheckedRequest, deployment: DeploymentSettings): string | undefined;
  /** Parameters that `encode` leaves out or says differently, each in words for a trail; empty for most requests. */
  changes?(request: CheckedRequest, deployment: DeploymentSettings): readonly string[];
  /** The whole of an unstreamed 2xx reply. `mayBeEmpty`: to end without a word, in an orderly way, is no failure. */
  decode(headers: WireHeaders, body: Buffer, mayBeEmpty?: boolean): Decoded;
  /** A 2xx reply with server-sent events; one decoder for each. */
  decodeStream(headers: WireHeaders): StreamDecoder;
}

export type Decoded =
  /** `asItCame`: the body is OpenAI's own form and may be passed on unchanged. */
  | { readonly ok: true; readonly completion: ChatCompletion; readonly asItCame?: boolean }
  | { readonly ok: false; readonly failure: Failure };

export interface StreamDecoder {
  /** What one server-sent event says. `type` is its `event` field, empty where it has none. */
  read(data: string, type: string): StreamItem;
}

export type StreamItem =
  /** `asItCame`: the event is OpenAI's own form and may be passed on unchanged. */
  | { readonly kind: 'chunk'; readonly chunk: ChatChunk; readonly asItCame: boolean }
  /** The terminal marker. */
  | { readonly kind: 'done' }
  /** The upstream reports an error inside the stream. */
  | { readonly kind: 'error'; readonly failure: Failure }
  | { readonly kind: 'malformed' }
  /** A ping, or news that no caller needs. */
  | { readonly kind: 'nothing' };
