/** The reply of last resort: what a user gets when nothing else is left. */
import type { ChatCompletion, ChatRequest } from '../request/chat-types.js';

/** What a `CannedReply` function is told. */
export interface CannedReplyContext {
  readonly request: ChatRequest;
  /** The caller's locales, best first, from `accept-language` or the call's options. */
  readonly locales: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Text; text per locale (`{ en: '…', 'pt-BR': '…' }`, the first entry being the default); or a function that returns text
 * or a whole completion, or `undefined` for none.
 */
export type CannedReply =
  | string
  | Readonly<Record<string, string>>
  | ((
      context: CannedReplyContext,
    ) => string | Partial<ChatCompletion> | undefined | Promise<string | Partial<ChatCompletion> | undefined>);
