/** A scripted upstream that goes on with an answer that another one has begun. */
import { continuationOf, PREFILL_REFUSED } from '../openai/continuation.js';
import { failWith } from './replies.js';
import type { ScriptedReply } from './scripted-reply.js';
import type { ScriptedRequest } from './scripted-request.js';
import { streamWith, type ScriptedStreamOptions } from './stream-replies.js';

export interface ContinueWithOptions extends ScriptedStreamOptions {
  /** What it does with a conversation that ends with the beginning of the answer; `refuse`: a 400. @default 'accept' */
  readonly prefill?: 'accept' | 'refuse';
}

/**
 * Streams like a model that wants to say this text, and reads how much of it has been said: the twin of the faulty upstream's
 * `continueAnswer()`.
 *
 * @throws Error when the conversation asks to go on with something that is not in the text: a mistake of the test.
 * @example
 * const failover = createTestFailover({
 *   reply: (request) => request.number === 1 ? streamWith(text, { cutAfter: 40 }) : continueWith(text, request),
 * });
 */
export function continueWith(
  fullText: string,
  request: Pick<ScriptedRequest, 'body'>,
  { prefill = 'accept', ...options }: ContinueWithOptions = {},
): ScriptedReply {
  const { kind, text } = continuationOf(fullText, request.body['messages']);
  if (kind === 'prefill' && prefill === 'refuse') return failWith(400, { message: PREFILL_REFUSED });
  return streamWith(text, options);
}
