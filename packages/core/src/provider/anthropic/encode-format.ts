/** `response_format`: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from '../conversation/remarks.js';
import type { ModelTraits } from './model-traits.js';
import { outputSchema } from './output-schema.js';

export interface WireFormat {
  /** Of `output_config`. */
  readonly format?: Fields;
  /** For the end of `system`. */
  readonly instruction?: string;
}

/** The API has no way to demand JSON of any form. */
const ANY_JSON =
  'Answer with one valid JSON object and nothing else: no words before or after it, and no code block around it.';

/** The schema's name and `strict` are left out without a word: the name is for people, and a schema is always enforced. */
export function encodeFormat(
  { response_format: given }: OpenAIRequest,
  { schemas }: ModelTraits,
  remarks: Remarks,
): WireFormat {
  if (!isRecord(given) || given['type'] === 'text') return {};
  if (given['type'] === 'json_object') return anyJson(remarks);
  if (given['type'] !== 'json_schema') {
    remarks.object('cannot answer in this format');
    return {};
  }
  const { json_schema: wanted } = given;
  if (!isRecord(wanted) || !isRecord(wanted['schema'])) return anyJson(remarks);
  if (!schemas) remarks.object('cannot hold its answer to a JSON schema');
  const schema = outputSchema(wanted['schema'], remarks);
  const { description } = wanted;
  const described = typeof description === 'string' && description !== '' ? { description, ...schema } : schema;
  return { format: { type: 'json_schema', schema: described } };
}

function anyJson(remarks: Remarks): WireFormat {
  remarks.change('JSON is asked for in words, not enforced');
  return { instruction: ANY_JSON };
}
