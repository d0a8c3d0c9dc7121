/** `temperature`, `top_p` and `top_k`: https://platform.claude.com/docs/en/api/messages */
import { isUnset } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from '../conversation/remarks.js';
import type { ModelTraits } from './model-traits.js';

export interface WireSampling {
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

/** OpenAI's temperatures go to 2, and 1 is the default of both. */
const HIGHEST_TEMPERATURE = 1;
/** Beside thinking nothing lower is taken. */
const LEAST_TOP_P_OF_THOUGHT = 0.95;

/** What may not be set is left out; what was the default anyway, without a word. */
export function encodeSampling(
  { temperature, top_p: topP, top_k: topK }: OpenAIRequest,
  { sampling }: ModelTraits,
  thinking: boolean,
  remarks: Remarks,
): WireSampling {
  const wire: WireSampling = {};
  const fixed = sampling === 'none' || thinking;
  if (!isUnset(temperature)) {
    if (!fixed) wire.temperature = clamped(temperature, remarks);
    else if (temperature !== HIGHEST_TEMPERATURE) remarks.change('temperature is left out');
  }
  if (!isUnset(topP)) {
    const isFree = sampling === 'both' || (sampling === 'one' && wire.temperature === undefined);
    if (isFree && (!thinking || topP >= LEAST_TOP_P_OF_THOUGHT)) wire.top_p = topP;
    else if (topP !== 1) remarks.change('top_p is left out');
  }
  if (typeof topK === 'number') {
    if (fixed) remarks.change('top_k is left out');
    else wire.top_k = topK;
  }
  return wire;
}

function clamped(temperature: number, remarks: Remarks): number {
  if (temperature <= HIGHEST_TEMPERATURE) return temperature;
  remarks.change(`temperature ${temperature} becomes ${HIGHEST_TEMPERATURE}`);
  return HIGHEST_TEMPERATURE;
}
