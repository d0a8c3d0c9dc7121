/**
 * What the generations of Gemini models take, where they differ. Read from a model's name, because a wrong field is refused with a 400:
 *
 * - thinking: https://ai.google.dev/gemini-api/docs/generate-content/thinking
 * - sampling, prefilled answers, several answers: https://ai.google.dev/gemini-api/docs/generate-content/latest-model
 * - penalties: https://github.com/google-gemini/cookbook/issues/1290; logprobs: https://github.com/vercel/ai/issues/5418
 * - tools: https://ai.google.dev/gemini-api/docs/generate-content/function-calling
 * - files by URL: https://ai.google.dev/gemini-api/docs/generate-content/file-input-methods
 */
import type { DeploymentSettings } from '../../config/settings.js';

export interface ModelTraits {
  /** Not to be steered; within a budget of tokens; or by a level. */
  readonly thinking: 'none' | 'budget' | 'level';
  /** The smallest budget but 0, where it is steered by one. */
  readonly leastBudget: number;
  /** A budget of 0 is taken. */
  readonly canStopThinking: boolean;
  /** The level below `LOW`. */
  readonly hasMinimal: boolean;
  /** `temperature`, `topP` and `topK`. */
  readonly sampling: boolean;
  readonly penalties: boolean;
  readonly logprobs: boolean;
  /** Answers at most. */
  readonly candidates: number;
  /** Goes on from an assistant message that stands last. */
  readonly prefill: boolean;
  /** `systemInstruction`. */
  readonly instructions: boolean;
  /** The first call of each answer needs a signature. */
  readonly signsCalls: boolean;
  /** May call a tool or answer in JSON, as it sees fit. */
  readonly jsonWithTools: boolean;
  /** The result of a tool may hold images and documents. */
  readonly mediaInResults: boolean;
  /** Fetches files by their URL. */
  readonly fetches: boolean;
}

/** Where several names are known of a model, whichever says that it is one of Google's. */
export function traitsOf({ modelId, model }: Pick<DeploymentSettings, 'modelId' | 'model'>): ModelTraits {
  const name = [modelId, model].find((candidate) => /gemini|gemma/i.test(candidate))?.toLowerCase();
  if (name === undefined) return OTHERS;
  return /gemini/.test(name) ? traitsOfGemini(name) : { ...OTHERS, instructions: versionOf(name) >= 4_00 };
}

/** Tuned models and those of other makers: what the API takes, but for what most models refuse. */
const OTHERS: ModelTraits = {
  thinking: 'none',
  leastBudget: 0,
  canStopThinking: false,
  hasMinimal: false,
  sampling: true,
  penalties: true,
  logprobs: true,
  candidates: 8,
  prefill: true,
  instructions: true,
  signsCalls: false,
  jsonWithTools: true,
  mediaInResults: false,
  fetches: true,
};

/** Newer than what is known here; also of names that tell no version, such as `gemini-flash-latest`. */
const NEWEST = 9_00;

function traitsOfGemini(name: string): ModelTraits {
  const version = versionOf(name);
  const isLite = /lite/.test(name);
  const isThird = version >= 3_00;
  // What newer models have lost, the smaller ones lost first.
  const isFree = version < (isLite ? 3_05 : 3_06);
  return {
    thinking: /image/.test(name) || version < 2_05 ? 'none' : isThird ? 'level' : 'budget',
    leastBudget: isLite ? 512 : 128,
    canStopThinking: /flash/.test(name),
    hasMinimal: /flash/.test(name) && version <= 3_06,
    sampling: isFree,
    penalties: version < 2_05,
    logprobs: version < 2_05,
    candidates: isThird ? 1 : 8,
    prefill: isFree,
    instructions: true,
    signsCalls: isThird,
    jsonWithTools: isThird,
    mediaInResults: isThird,
    fetches: version >= 2_05,
  };
}

/** `gemini-2.5-flash-lite` 205, `gemini-3-pro-preview` 300, `gemini-1.5-pro-002` 105, `gemma-3-27b-it` 300. */
function versionOf(name: string): number {
  const [, major, minor = '0'] = /(?:gemini|gemma)-(?:[a-z]+-)*?(\d{1,2})(?:\.(\d{1,2}))?(?![\d.])/.exec(name) ?? [];
  return major === undefined ? NEWEST : Number(major) * 100 + Number(minor);
}
