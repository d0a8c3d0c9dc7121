/** What services in OpenAI's form report inside a 200: in a whole reply, or in an event of a stream. */
import type { Failure } from '../judgement/failure.js';
import type { WireHeaders } from '../transport/transport.js';
import { errorInside, writeJson } from './json-reply.js';
import { type Fields, isFields } from './openai-chunk.js';

/**
 * An error that is not wrapped in `error`: `{object: 'error', message, type, code}` (vLLM of old), `{code, message}`,
 * `{success: false, message}` (new-api), `{base_resp}` (MiniMax), `{error_code, error_msg}` (Baidu).
 *
 * @param parsed where no choices are listed
 */
export function isBareError(parsed: Fields): boolean {
  const { message, code, type, success, base_resp: response, error_code: errorCode } = parsed;
  if (success === false) return true;
  if (typeof message === 'string') return Boolean(code ?? type);
  return Boolean(errorCode) || (isFields(response) && Boolean(response['status_code']));
}

/** OpenRouter's choices whose provider has failed. */
export function hasFailed(choice: unknown): choice is Fields {
  return isFields(choice) && (choice['finish_reason'] === 'error' || Boolean(choice['error']));
}

/** What a failed choice says of it. */
export function failureOf({ error }: Fields, headers: WireHeaders): Failure {
  const written = error ? writeJson({ error }) : undefined;
  if (written === undefined) return { kind: 'protocol', problem: 'the answer ended with an error that is not named' };
  return errorInside(headers, written);
}
