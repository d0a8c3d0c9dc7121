/**
 * `reasoning_effort` as thinking, and the output tokens that this takes.
 *
 * - Models that think adaptively have an effort of their own: `minimal` and `low` are `low`, `xhigh` is `max` where there is no `xhigh`.
 *   https://platform.claude.com/docs/en/build-with-claude/effort
 * - The others think within a budget, which counts against `max_tokens` and has to be smaller; at least a fifth is left for the answer.
 *   https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Conversation } from '../conversation/conversation.js';
import type { Remarks } from '../conversation/remarks.js';
import type { ModelTraits } from './model-traits.js';
import { FORMAT } from './thinking-blocks.js';

export interface WireThinking {
  readonly thinking: Fields | undefined;
  /** Of `output_config`. */
  readonly effort: string | undefined;
  readonly max_tokens: number;
}

/** What the request and its conversation say about thinking. */
export interface ThinkingFacts {
  readonly request: OpenAIRequest;
  readonly conversation: Conversation;
  readonly traits: ModelTraits;
  /** A tool has to be called. */
  readonly forced: boolean;
  /** What the model can write at most, if that is known. */
  readonly most: number | undefined;
  /** `thinking` in Anthropic's own form, which takes the place of ours. */
  readonly own: unknown;
}

/** The API demands a limit. For an answer when the request sets none; what is thought comes on top. */
const DEFAULT_MAX_TOKENS = 4_096;

/** Tokens to think, by OpenAI's efforts. */
const BUDGETS: ReadonlyMap<string, number> = new Map([
  ['minimal', 1_024],
  ['low', 2_048],
  ['medium', 8_192],
  ['high', 16_384],
  ['xhigh', 24_576],
  ['max', 24_576],
]);

const LEAST_BUDGET = 1_024;
/** Of `max_tokens` at most. */
const LARGEST_SHARE = 0.8;

export function encodeThinking(facts: ThinkingFacts, remarks: Remarks): WireThinking {
  const { request, traits, own, most = Infinity } = facts;
  const limit = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  if (isRecord(own))
    return { thinking: own, effort: undefined, max_tokens: limit ?? withoutLimit(budgetIn(own), most) };
  const effort = request.reasoning_effort ?? undefined;
  const budget = effort === undefined ? undefined : BUDGETS.get(effort);
  const max_tokens = limit ?? withoutLimit(budget ?? (traits.thinksUnasked ? BUDGETS.get('medium') : 0), most);
  const unasked = { thinking: undefined, effort: undefined, max_tokens };
  if (effort === undefined) return unasked;
  if (effort === 'none') return { ...unasked, thinking: withoutThinking(traits, remarks) };
  if (budget === undefined || traits.thinking === 'none') {
    remarks.change('reasoning_effort is left out');
    return unasked;
  }
  const obstacle = obstacleTo(facts, max_tokens);
  if (obstacle !== undefined) remarks.change(`the model does not think, because ${obstacle}`);
  if (traits.thinking === 'adaptive') {
    const thinking = obstacle === undefined ? { type: 'adaptive', display: 'summarized' } : undefined;
    return { thinking, effort: effortFor(effort, traits), max_tokens };
  }
  if (obstacle !== undefined) return { ...unasked, max_tokens: limit ?? withoutLimit(0, most) };
  const budget_tokens = Math.min(budget, Math.floor((limit ?? most) * LARGEST_SHARE));
  return { ...unasked, thinking: { type: 'enabled', budget_tokens } };
}

/** Whether the model thinks in this request, asked or unasked. */
export function isThinking({ thinking }: Pick<WireThinking, 'thinking'>, { thinksUnasked }: ModelTraits): boolean {
  return thinking === undefined ? thinksUnasked : thinking['type'] !== 'disabled';
}

function withoutLimit(budget: number | undefined, most: number): number {
  return Math.min(DEFAULT_MAX_TOKENS + (budget ?? 0), most);
}

function budgetIn({ budget_tokens: budget }: Fields): number {
  return typeof budget === 'number' && budget > 0 ? budget : 0;
}

function withoutThinking(traits: ModelTraits, remarks: Remarks): Fields | undefined {
  if (!traits.thinksUnasked) return undefined;
  if (traits.canStopThinking) return { type: 'disabled' };
  remarks.change('the model thinks nevertheless');
  return undefined;
}

function effortFor(effort: string, traits: ModelTraits): string {
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' && !traits.hasXhigh ? 'max' : effort;
}

/** Why the API would refuse to think. */
function obstacleTo({ conversation, traits, forced }: ThinkingFacts, maxTokens: number): string | undefined {
  if (forced) return 'it has to call a tool';
  const { turns } = conversation;
  const last = turns.at(-1);
  if (last?.role === 'assistant') return 'its answer has been begun for it';
  if (traits.thinking === 'adaptive') return undefined;
  if (Math.floor(maxTokens * LARGEST_SHARE) < LEAST_BUDGET) return 'its answer is too short';
  // "a final assistant message must start with a thinking block (preceding the lastmost set of tool_use and tool_result blocks)"
  if (last === undefined || last.results.length === 0) return undefined;
  const calling = turns.at(-2);
  const thoughts = calling?.role === 'assistant' ? calling.messages[0]?.thoughts : undefined;
  return thoughts?.some(({ format }) => format === FORMAT) ? undefined : 'it did not think before its last tool call';
}
