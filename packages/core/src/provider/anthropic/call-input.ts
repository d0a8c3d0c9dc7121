/** The input of a tool call as the text of its arguments. */
import { isRecord } from '../../request/bad-request.js';
import { parseJson, writeJson } from '../json-reply.js';

/** Some imitations give the JSON itself, as a string. `undefined` where it is nested too deeply to be written. */
export function argumentsOf(input: unknown): string | undefined {
  if (typeof input === 'string') {
    if (input.trim() === '') return '{}';
    if (isRecord(parseJson(input))) return input;
  }
  return writeJson(input ?? {});
}
