/** What one call was asked, checked and routed. */
import type { Route } from '../plan/route.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { ChatRequest } from '../request/chat-types.js';
import type { CallOptions } from './call-options.js';

export interface CallInput {
  readonly id: string;
  readonly route: Route;
  readonly checked: CheckedRequest;
  /** As the application passed it, for a canned reply's function. */
  readonly request: ChatRequest;
  readonly options: CallOptions;
}
