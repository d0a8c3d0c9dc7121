/** What `providerOptions` may not say: what an attempt is, nobody else decides. */
import { badRequest, isRecord, isUnset, kindOf } from './bad-request.js';
import { fieldName } from './plain-json.js';

/** In the words of every provider. The last is no field, but an attack on somebody's parser. */
const OURS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'contents',
  'system',
  'systemInstruction',
  'system_instruction',
  'n',
  'stream',
  'stream_options',
  '__proto__',
]);

/** Of Gemini's `generationConfig`. */
const OURS_IN_CONFIG: ReadonlySet<string> = new Set(['candidateCount', 'candidate_count', '__proto__']);

const SPOKEN_TO: ReadonlySet<string> = new Set(['openai', 'azure', 'anthropic', 'gemini']);

/** The shape of those for others is checked as well, but not their names: a request may be written for more than one service. */
export function checkProviderOptions(options: unknown): void {
  if (isUnset(options)) return;
  if (!isRecord(options)) {
    throw badRequest('providerOptions', `must be an object of fields by provider, not ${kindOf(options)}`);
  }
  for (const provider of Object.keys(options)) {
    const own = options[provider];
    if (isUnset(own)) continue;
    const path = pathOf('providerOptions', provider);
    if (!isRecord(own)) throw badRequest(path, `must be an object of fields, not ${kindOf(own)}`);
    if (!SPOKEN_TO.has(provider)) continue;
    refuseOurs(path, own, OURS);
    for (const name of ['generationConfig', 'generation_config']) {
      const config = own[name];
      if (isRecord(config)) refuseOurs(`${path}.${name}`, config, OURS_IN_CONFIG);
    }
  }
}

function refuseOurs(path: string, fields: object, ours: ReadonlySet<string>): void {
  const name = Object.keys(fields).find((field) => ours.has(field));
  if (name !== undefined)
    throw badRequest(`${path}.${name}`, 'cannot be set for one provider: it is part of the request itself');
}

function pathOf(parent: string, name: string): string {
  return [parent, fieldName(name)].filter((part) => part !== undefined).join('.');
}
