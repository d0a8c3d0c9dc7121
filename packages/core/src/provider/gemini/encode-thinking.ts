/**
 * `reasoning_effort` as Google's own layer for OpenAI's clients reads it: https://ai.google.dev/gemini-api/docs/openai#thinking
 *
 * - Gemini 3 and later think by levels: `MINIMAL` where the model has it, `LOW`, `MEDIUM`, `HIGH`; `xhigh` is `HIGH`.
 * - Gemini 2.5 thinks within a budget: 1,024, 8,192 or 24,576 tokens. It counts against the limit of the answer, of which a fifth is left.
 *
 * Who asks for an effort is shown a summary of the thoughts. Without one the model thinks as it does by default.
 */
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from '../conversation/remarks.js';
import type { ModelTraits } from './model-traits.js';

export interface WireThinking {
  readonly includeThoughts?: true;
  readonly thinkingBudget?: number;
  readonly thinkingLevel?: 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH';
}

const EFFORTS: ReadonlyMap<unknown, { readonly budget: number; readonly level: 'LOW' | 'MEDIUM' | 'HIGH' }> = new Map([
  ['minimal', { budget: 1_024, level: 'LOW' }],
  ['low', { budget: 1_024, level: 'LOW' }],
  ['medium', { budget: 8_192, level: 'MEDIUM' }],
  ['high', { budget: 24_576, level: 'HIGH' }],
  ['xhigh', { budget: 24_576, level: 'HIGH' }],
  ['max', { budget: 24_576, level: 'HIGH' }],
]);

/** Of the answer's limit at most. */
const LARGEST_SHARE = 0.8;

/** @param limit tokens of the answer, thoughts included */
export function encodeThinking(
  { reasoning_effort: effort }: OpenAIRequest,
  limit: number | undefined,
  traits: ModelTraits,
  remarks: Remarks,
): WireThinking | undefined {
  if (effort === undefined || effort === null) return undefined;
  if (effort === 'none') return withoutThinking(traits, remarks);
  const wanted = EFFORTS.get(effort);
  if (wanted === undefined || traits.thinking === 'none') {
    remarks.change('reasoning_effort is left out');
    return undefined;
  }
  if (traits.thinking === 'level') {
    const isLeast = effort === 'minimal' && traits.hasMinimal;
    return { includeThoughts: true, thinkingLevel: isLeast ? 'MINIMAL' : wanted.level };
  }
  const most = Math.floor((limit ?? Infinity) * LARGEST_SHARE);
  return { includeThoughts: true, thinkingBudget: Math.max(Math.min(wanted.budget, most), traits.leastBudget) };
}

/** Most models cannot do without; they think as little as they can. */
function withoutThinking(traits: ModelTraits, remarks: Remarks): WireThinking | undefined {
  if (traits.thinking === 'none') return undefined;
  if (traits.thinking === 'budget' && traits.canStopThinking) return { thinkingBudget: 0 };
  remarks.change('the model thinks nevertheless');
  if (traits.thinking === 'budget') return { thinkingBudget: traits.leastBudget };
  return { thinkingLevel: traits.hasMinimal ? 'MINIMAL' : 'LOW' };
}
