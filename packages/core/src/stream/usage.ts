/** One usage for an answer that several upstreams have made. */
import type { ChatUsage } from '../request/chat-types.js';

/** Of so many tokens. */
export function usageOf(prompt: number, completion: number): ChatUsage {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** The counts of both; details that only one of them has stay as they are. */
export function sumOfUsage(one: ChatUsage, other: ChatUsage): ChatUsage {
  return {
    prompt_tokens: one.prompt_tokens + other.prompt_tokens,
    completion_tokens: one.completion_tokens + other.completion_tokens,
    total_tokens: one.total_tokens + other.total_tokens,
    ...details('prompt_tokens_details', one, other),
    ...details('completion_tokens_details', one, other),
  };
}

function details(
  field: 'prompt_tokens_details' | 'completion_tokens_details',
  one: ChatUsage,
  other: ChatUsage,
): Partial<ChatUsage> {
  const sum: Record<string, number> = {};
  for (const usage of [one, other]) {
    for (const [name, count] of Object.entries(usage[field] ?? {})) {
      if (typeof count === 'number') sum[name] = (Object.hasOwn(sum, name) ? (sum[name] ?? 0) : 0) + count;
    }
  }
  return Object.keys(sum).length === 0 ? {} : { [field]: sum };
}
