/** An upstream that goes on with an answer that another one has begun. */
import { continuationOf, PREFILL_REFUSED } from '../openai/continuation.js';
import { fieldsOf } from './openai-answer.js';
import { errorActions } from './openai-error.js';
import { replyActions } from './openai-stream.js';
import type { StreamOptions } from './openai-stream.js';
import { Reply } from './reply.js';

/** How it takes a request to go on. */
export interface ContinueOptions extends StreamOptions {
  /**
   * What it does with a conversation that ends with the beginning of the answer: goes on from there, or answers with a 400 that
   * says that it knows no prefill.
   *
   * @default 'accept'
   */
  readonly prefill?: 'accept' | 'refuse';
}

/**
 * Answers like a model that wants to say this text, streamed or not, and reads how much of it has been said.
 *
 * - The conversation ends with an assistant's message (a prefill): the rest.
 * - Its last message is a user's that asks to "repeat", after an assistant's: the last 60 characters at most of what that one
 *   says, leading white space left out, and the rest.
 * - Any other: the whole text.
 *
 * What has been said may be more than the text's own beginning: its longest end that the text contains counts. One without
 * such an end is a mistake of the test, and an error.
 *
 * @example
 * const north = await createFaultyUpstream({ script: continueAnswer(text).closeAfter({ events: 41 }) });
 * const south = await createFaultyUpstream({ script: continueAnswer(text, { prefill: 'refuse' }) });
 */
export function continueAnswer(fullText: string, options: ContinueOptions = {}): Reply {
  return new Reply((request) => {
    const { kind, text } = continuationOf(fullText, fieldsOf(request)['messages']);
    if (kind === 'prefill' && options.prefill === 'refuse') return errorActions(400, { message: PREFILL_REFUSED });
    return replyActions(text, options, request);
  });
}
