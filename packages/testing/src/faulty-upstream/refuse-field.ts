/** Upstreams that know less of the protocol than others. */
import { fieldsOf } from './openai-answer.js';
import { fail } from './openai-error.js';
import type { FailOptions } from './openai-error.js';
import { reply } from './openai-stream.js';
import type { Reply } from './reply.js';
import type { Responder } from './script.js';

/**
 * Answers requests that have a field with a 400 that names it, as upstreams do that do not know it. `false` and `null` pass: they
 * ask for nothing.
 *
 * @param otherwise what it does with requests without the field. A healthy upstream by default.
 * @param options of the error, where its words matter.
 * @example
 * upstream.script(refuseField('stream_options'));
 * upstream.script(refuseField('stream', answer('Only in one piece')));
 */
export function refuseField(field: string, otherwise: Reply = reply(), options: FailOptions = {}): Responder {
  const message = `Unknown parameter: '${field}'.`;
  const refusal = fail(400, { code: 'unknown_parameter', param: field, message, ...options });
  return (request) => {
    const value = fieldsOf(request)[field] ?? false;
    return value === false ? otherwise : refusal;
  };
}
