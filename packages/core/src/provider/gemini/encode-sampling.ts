/** How the answer is drawn, and how many: https://ai.google.dev/api/generate-content#GenerationConfig */
import { isUnset } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from '../conversation/remarks.js';
import type { ModelTraits } from './model-traits.js';

export interface WireSampling {
  temperature?: number;
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  seed?: number;
  candidateCount?: number;
  responseLogprobs?: true;
  logprobs?: number;
}

interface SamplingField {
  readonly name: string;
  readonly field: 'temperature' | 'topP' | 'topK' | 'presencePenalty' | 'frequencyPenalty';
  readonly trait: 'sampling' | 'penalties';
  /** OpenAI's default, which may be left out without a word. */
  readonly neutral?: number;
}

const FIELDS: readonly SamplingField[] = [
  { name: 'temperature', field: 'temperature', trait: 'sampling', neutral: 1 },
  { name: 'top_p', field: 'topP', trait: 'sampling', neutral: 1 },
  { name: 'top_k', field: 'topK', trait: 'sampling' },
  { name: 'presence_penalty', field: 'presencePenalty', trait: 'penalties', neutral: 0 },
  { name: 'frequency_penalty', field: 'frequencyPenalty', trait: 'penalties', neutral: 0 },
];

/** The fields of a request that are read here. */
export const SAMPLING: readonly string[] = [...FIELDS.map(({ name }) => name), 'seed', 'n', 'logprobs', 'top_logprobs'];

/** The ranges are OpenAI's. What the model does not take is left out. */
export function encodeSampling(request: OpenAIRequest, traits: ModelTraits, remarks: Remarks): WireSampling {
  const wire: WireSampling = {};
  for (const { name, field, trait, neutral } of FIELDS) {
    const value = request[name];
    if (typeof value !== 'number') continue;
    if (traits[trait]) wire[field] = value;
    else if (value !== neutral) remarks.change(`${name} is left out`);
  }
  return {
    ...wire,
    ...seedOf(request, remarks),
    ...countOf(request, traits, remarks),
    ...logprobsOf(request, traits, remarks),
  };
}

const MOST = 2 ** 31;

/** A whole number of 32 bits. */
function seedOf({ seed }: OpenAIRequest, remarks: Remarks): WireSampling {
  if (isUnset(seed)) return {};
  if (Number.isInteger(seed) && seed >= -MOST && seed < MOST) return { seed };
  remarks.change('seed is left out');
  return {};
}

function countOf({ n }: OpenAIRequest, { candidates }: ModelTraits, remarks: Remarks): WireSampling {
  if (isUnset(n) || n === 1) return {};
  if (n <= candidates) return { candidateCount: n };
  remarks.object(candidates === 1 ? 'cannot give several answers' : `cannot give more than ${candidates} answers`);
  return {};
}

const MOST_LOGPROBS = 20;

function logprobsOf(request: OpenAIRequest, traits: ModelTraits, remarks: Remarks): WireSampling {
  const { logprobs: wanted, top_logprobs: top } = request;
  if (wanted !== true) return {};
  if (!traits.logprobs) {
    remarks.change('logprobs is left out');
    return {};
  }
  const isCount = typeof top === 'number' && top > 0;
  return { responseLogprobs: true, ...(isCount ? { logprobs: Math.min(top, MOST_LOGPROBS) } : {}) };
}
