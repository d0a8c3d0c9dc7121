/**
 * Checks every field of a request beside the messages that is worth refusing here: what OpenAI documents a range or a
 * shape for, and what we read ourselves. Limits that differ between services are the widest in use, and what is not
 * listed here passes through.
 */
import { badRequest, isRecord, isUnset, kindOf, shown } from './bad-request.js';
import type { Fields } from './bad-request.js';
import { checkProviderOptions } from './provider-options.js';

/** Above what any model can write; catches a timestamp or a price in the wrong field. */
const MOST_OUTPUT_TOKENS = 10_000_000;

/** OpenAI takes 4, DeepSeek 16; an upstream that takes fewer says so itself. */
const MOST_STOPS = 16;

/**
 * Throws a `CallError` of kind `bad-request` for the first fault. Also fit for the `defaults` of the options: its
 * `param` and message name the field.
 */
export function checkParameters(fields: Fields): void {
  checkModel(fields['model']);
  checkNumber('temperature', fields['temperature'], 0, 2);
  checkNumber('top_p', fields['top_p'], 0, 1);
  checkInteger('max_tokens', fields['max_tokens'], MOST_OUTPUT_TOKENS);
  checkInteger('max_completion_tokens', fields['max_completion_tokens'], MOST_OUTPUT_TOKENS);
  checkNumber('presence_penalty', fields['presence_penalty'], -2, 2);
  checkNumber('frequency_penalty', fields['frequency_penalty'], -2, 2);
  checkInteger('n', fields['n'], 128);
  checkStop(fields['stop']);
  checkResponseFormat(fields['response_format']);
  checkTools(fields['tools']);
  checkFunctions(fields['functions']);
  const { stream, user } = fields;
  if (!isUnset(stream) && typeof stream !== 'boolean') {
    throw badRequest('stream', `must be true or false, not ${kindOf(stream)}`);
  }
  checkStreamOptions(fields['stream_options']);
  if (!isUnset(user) && typeof user !== 'string') throw badRequest('user', `must be a string, not ${kindOf(user)}`);
  checkProviderOptions(fields['providerOptions']);
}

function checkModel(model: unknown): void {
  if (isUnset(model)) return;
  if (typeof model !== 'string') {
    throw badRequest('model', `must be the name of a model or a chain, not ${kindOf(model)}`);
  }
  if (model.trim() === '') throw badRequest('model', 'must not be empty; leave it out to use the default chain');
}

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (isUnset(value)) return;
  if (typeof value === 'number' && value >= least && value <= most) return;
  throw badRequest(name, `must be a number from ${least} to ${most}; found ${numberFound(value)}`);
}

function checkInteger(name: string, value: unknown, most: number): void {
  if (isUnset(value)) return;
  if (Number.isInteger(value) && typeof value === 'number' && value >= 1 && value <= most) return;
  throw badRequest(name, `must be a whole number from 1 to ${most}; found ${numberFound(value)}`);
}

function numberFound(value: unknown): string {
  return typeof value === 'number' ? shown(value) : kindOf(value);
}

function checkStop(stop: unknown): void {
  if (isUnset(stop) || typeof stop === 'string') return;
  if (!Array.isArray(stop)) throw badRequest('stop', `must be a string or an array of strings, not ${kindOf(stop)}`);
  const list: readonly unknown[] = stop;
  if (list.length > MOST_STOPS)
    throw badRequest('stop', `must have at most ${MOST_STOPS} entries; it has ${list.length}`);
  for (const [index, entry] of list.entries()) {
    if (typeof entry !== 'string') throw badRequest(`stop[${index}]`, `must be a string, not ${kindOf(entry)}`);
  }
}

/** Not sent, but read: an endpoint's clients are given the usage that they asked for. */
function checkStreamOptions(options: unknown): void {
  if (isUnset(options)) return;
  if (!isRecord(options)) throw badRequest('stream_options', `must be an object, not ${kindOf(options)}`);
  const includeUsage = options['include_usage'];
  if (isUnset(includeUsage) || typeof includeUsage === 'boolean') return;
  throw badRequest('stream_options.include_usage', `must be true or false, not ${kindOf(includeUsage)}`);
}

function checkResponseFormat(format: unknown): void {
  if (isUnset(format)) return;
  if (!isRecord(format)) throw badRequest('response_format', `must be an object with a type, not ${kindOf(format)}`);
  if (typeof format['type'] !== 'string') {
    throw badRequest(
      'response_format.type',
      `must be a string such as "text", "json_object" or "json_schema"; it is ${kindOf(format['type'])}`,
    );
  }
}

/** Only what every service needs; tools of a type that only some service knows pass through. */
function checkTools(tools: unknown): void {
  if (isUnset(tools)) return;
  if (!Array.isArray(tools)) throw badRequest('tools', `must be an array, not ${kindOf(tools)}`);
  const list: readonly unknown[] = tools;
  for (const [index, tool] of list.entries()) {
    if (!isRecord(tool)) throw badRequest(`tools[${index}]`, `must be an object with a type, not ${kindOf(tool)}`);
    if (typeof tool['type'] !== 'string') {
      throw badRequest(`tools[${index}].type`, `must be a string such as "function"; it is ${kindOf(tool['type'])}`);
    }
    if (tool['type'] === 'function') checkFunction(tool['function'], `tools[${index}].function`);
  }
}

function checkFunctions(functions: unknown): void {
  if (isUnset(functions)) return;
  if (!Array.isArray(functions)) throw badRequest('functions', `must be an array, not ${kindOf(functions)}`);
  const list: readonly unknown[] = functions;
  for (const [index, entry] of list.entries()) checkFunction(entry, `functions[${index}]`);
}

function checkFunction(definition: unknown, path: string): void {
  if (!isRecord(definition)) throw badRequest(path, `must be an object with a name; it is ${kindOf(definition)}`);
  const name = definition['name'];
  if (typeof name !== 'string' || name === '') {
    throw badRequest(`${path}.name`, name === '' ? 'must not be empty' : `must be a string; it is ${kindOf(name)}`);
  }
}
