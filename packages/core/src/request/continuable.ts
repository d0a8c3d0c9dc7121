/** Which answers another model can go on with after a cut: plain text, of which what was sent is all that there was. */
import { isRecord, isUnset } from './bad-request.js';
import type { Fields } from './bad-request.js';

/**
 * Whether the answer to a request with these checked fields is one plain text. Not with several choices, with tools, in a
 * format that half a text of another model would break, with a sound beside the text, or with figures about each token
 * of one model (`logprobs`, `prediction`).
 */
export function isContinuable(fields: Fields): boolean {
  const { n, tools, functions, response_format: format, logprobs, top_logprobs: topLogprobs } = fields;
  return (
    (isUnset(n) || n === 1) &&
    !isFilledArray(tools) &&
    !isFilledArray(functions) &&
    (isUnset(format) || (isRecord(format) && format['type'] === 'text')) &&
    (isUnset(logprobs) || logprobs === false) &&
    isUnset(topLogprobs) &&
    isUnset(fields['audio']) &&
    isOnlyText(fields['modalities']) &&
    isUnset(fields['prediction'])
  );
}

function isOnlyText(modalities: unknown): boolean {
  return isUnset(modalities) || (Array.isArray(modalities) && modalities.every((modality) => modality === 'text'));
}

/** Services treat an empty list of tools as none. */
export function isFilledArray(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
