/** What a reply says beside its content, in OpenAI's words. */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { ChatFinishReason, ChatUsage } from '../../request/chat-types.js';

/**
 * Why the answer ended: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
 *
 * A refusal is what OpenAI calls a content filter: a classifier has stopped the answer, whatever of it was written. OpenAI's clients then
 * do not take it for whole, and find the reason, where one is given, in `refusal`.
 */
export function finishReasonOf(stopReason: string, callsTools: boolean): ChatFinishReason {
  switch (stopReason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content_filter';
    case 'tool_use':
      return 'tool_calls';
    default:
      // `end_turn`, `stop_sequence`, `pause_turn`. Some imitations of the API end like this with a call.
      return callsTools ? 'tool_calls' : 'stop';
  }
}

/** Why it was refused, in Anthropic's words: `stop_details` of a message, or of its last delta. */
export function refusalIn({ stop_reason: reason, stop_details: details }: Fields): string | undefined {
  if (reason !== 'refusal' || !isRecord(details)) return undefined;
  const { explanation } = details;
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined;
}

const COUNTS = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'output_tokens'] as const;

type Count = (typeof COUNTS)[number] | 'thinking_tokens';

interface WireUsage extends ChatUsage {
  /** `cache_write_tokens` is not OpenAI's, but OpenRouter's: they are priced apart. */
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number };
}

/** The counts of a message. In a stream they come at its begin and, cumulative, at its end: the larger ones hold. */
export class UsageCounts {
  readonly #counts = new Map<Count, number>();

  add(usage: unknown): void {
    if (!isRecord(usage)) return;
    for (const name of COUNTS) this.#note(name, usage[name]);
    const { output_tokens_details: details } = usage;
    if (isRecord(details)) this.#note('thinking_tokens', details['thinking_tokens']);
  }

  /** `undefined` where nothing is known. Anthropic counts what was read from a cache, or written to it, apart from the other input. */
  whole(): ChatUsage | undefined {
    const counts = this.#counts;
    if (counts.size === 0) return undefined;
    const cacheRead = this.#count('cache_read_input_tokens');
    const cacheWrite = this.#count('cache_creation_input_tokens');
    const output = this.#count('output_tokens');
    const prompt = this.#count('input_tokens') + cacheRead + cacheWrite;
    const thinking = counts.get('thinking_tokens');
    const usage: WireUsage = {
      prompt_tokens: prompt,
      completion_tokens: output,
      total_tokens: prompt + output,
      prompt_tokens_details: {
        cached_tokens: cacheRead,
        ...(cacheWrite > 0 ? { cache_write_tokens: cacheWrite } : {}),
      },
    };
    if (thinking !== undefined) usage.completion_tokens_details = { reasoning_tokens: thinking };
    return usage;
  }

  #count(name: Count): number {
    return this.#counts.get(name) ?? 0;
  }

  #note(name: Count, value: unknown): void {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return;
    this.#counts.set(name, Math.max(this.#count(name), value));
  }
}
