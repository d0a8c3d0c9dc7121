/** `response_format`: https://ai.google.dev/gemini-api/docs/generate-content/structured-output */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from '../conversation/remarks.js';
import type { EncodedTools } from './encode-tools.js';
import { jsonSchema } from './json-schema.js';
import { fieldsOf } from './loose-json.js';
import type { ModelTraits } from './model-traits.js';

export interface WireFormat {
  readonly responseMimeType?: 'application/json';
  readonly responseJsonSchema?: Fields;
}

const JSON_OF_ANY_FORM: WireFormat = { responseMimeType: 'application/json' };

/**
 * The schema's name and `strict` are left out without a word: the name is for people, and a schema is always enforced. What has to call
 * a tool answers with nothing else, and the API refuses a format beside it; older models refuse one beside any tool
 * (https://github.com/vercel/ai/issues/10023).
 */
export function encodeFormat(
  { response_format: given }: OpenAIRequest,
  calls: EncodedTools['calls'],
  { jsonWithTools }: ModelTraits,
  remarks: Remarks,
): WireFormat {
  if (!isRecord(given) || given['type'] === 'text') return {};
  if (given['type'] !== 'json_object' && given['type'] !== 'json_schema') {
    remarks.object('cannot answer in this format');
    return {};
  }
  if (calls === 'must') {
    remarks.change('response_format is left out, because a tool has to be called');
    return {};
  }
  if (calls === 'may' && !jsonWithTools) remarks.object('cannot both call tools and answer in JSON');
  const schema = 'json_schema' in given ? fieldsOf(given.json_schema)['schema'] : undefined;
  if (!isRecord(schema)) return JSON_OF_ANY_FORM;
  return { ...JSON_OF_ANY_FORM, responseJsonSchema: jsonSchema(schema, true, remarks) };
}
