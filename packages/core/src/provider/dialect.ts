/** What a provider's wire format is, as pure functions: no I/O, no judgement, no state. */
import type { DeploymentSettings, UpstreamSettings } from '../config/settings.js';
import type { Failure } from '../judgement/failure.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { WireHeaders } from '../transport/transport.js';

export interface Dialect {
  /** The absolute URL of a chat completion. */
  url(upstream: UpstreamSettings, deployment: DeploymentSettings): string;
  /** Including the key. */
  headers(upstream: UpstreamSettings, secret: string | undefined): Record<string, string>;
  encode(request: CheckedRequest, deployment: DeploymentSettings): string;
  /** The whole of an unstreamed 2xx reply. */
  decode(headers: WireHeaders, body: Buffer): Decoded;
}

export type Decoded =
  | { readonly ok: true; readonly completion: ChatCompletion }
  | { readonly ok: false; readonly failure: Failure };
