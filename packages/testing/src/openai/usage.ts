/** The token counts of answers that no model has written. */

import { isFields } from './fields.js';
import type { Fields } from './fields.js';

/** Token counts in OpenAI's words. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Ten prompt tokens, and one for each word of the answer. */
export function usageFor(text: string): Usage {
  const words = text.split(/\s+/).filter(Boolean).length;
  return { prompt_tokens: 10, completion_tokens: words, total_tokens: 10 + words };
}

/** Whether a request wants the usage at the end of its stream. */
export function asksForUsage(request: Fields): boolean {
  const { stream_options: options } = request;
  return isFields(options) && options['include_usage'] === true;
}
