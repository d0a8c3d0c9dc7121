/** Checks a request before anything is sent, and makes of it what the engine works with. On the path of every call. */
import { CallError } from '../errors.js';
import { badRequest, isRecord, isUnset, kindOf } from './bad-request.js';
import type { Fields } from './bad-request.js';
import type { Prompt } from '../tokens/prompt.js';
import { checkMessages } from './check-messages.js';
import { checkParameters } from './check-parameters.js';
import { CheckedRequest } from './checked-request.js';
import { isContinuable, isFilledArray } from './continuable.js';
import { Findings } from './findings.js';
import { addNeedsOf } from './needs.js';
import { asPlainData, cannotBeSent, fieldName } from './plain-json.js';
import { isLimit, OTHER_LIMIT, REFUSABLE_PARAMETERS } from './refusable.js';
import type { RefusableField, SerialisedRequest } from './serialised-request.js';

export type { CheckedRequest } from './checked-request.js';

/** What the options say about requests. */
export interface RequestDefaults {
  /** For fields that the request leaves out. Ours alone: never changed by the application. */
  readonly defaults: Fields;
}

/**
 * Checks the shape of `request`, fills in the defaults and serialises it. Fields that we do not know pass through;
 * fields that are `undefined` count as left out.
 *
 * @throws CallError `AIF_BAD_REQUEST` with `param`; its message never holds the text of a prompt
 */
export function checkRequest(request: unknown, { defaults }: RequestDefaults): CheckedRequest {
  try {
    return check(asPlainData(request), defaults);
  } catch (error) {
    if (error instanceof CallError && error.kind === 'bad-request') throw error;
    throw cannotBeSent(request, error);
  }
}

function check(request: unknown, defaults: Fields): CheckedRequest {
  if (!isRecord(request)) {
    throw badRequest(undefined, `must be an object with messages; it is ${kindOf(request)}`);
  }
  const fields = filled(request, defaults);
  const found = new Findings();
  const { needs, prompt } = found;
  checkMessages(fields['messages'], found);
  checkParameters(fields);
  addNeedsOf(fields, needs);
  const parts = serialise(fields, prompt);
  return new CheckedRequest(
    {
      model: stringOf(fields['model']),
      maxOutputTokens: numberOf(fields['max_completion_tokens']) ?? numberOf(fields['max_tokens']),
      wantsJson: wantsJson(fields['response_format']),
      hasTools: isFilledArray(fields['tools']) || isFilledArray(fields['functions']),
      choices: numberOf(fields['n']) ?? 1,
      prompt,
      user: stringOf(fields['user']),
      wantsStream: fields['stream'] === true,
      wantsUsage: wantsUsage(fields['stream_options']),
      continuable: isContinuable(fields),
      stops: hasStops(fields['stop']),
      needs: needs.all,
      hasLongCallIds: found.hasLongCallIds,
    },
    parts,
  );
}

/** The caller's own fields, each read once, and the defaults for those that are not there. */
function filled(request: Fields, defaults: Fields): Fields {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(request)) {
    const value = request[name];
    if (value === undefined) continue;
    // Assigned, it would become the prototype; sent, it would be an attack on someone else's parser.
    if (name === '__proto__') throw badRequest(name, 'is not a field of a request');
    if (typeof value === 'number' && !Number.isFinite(value)) {
      const place = fieldName(name);
      throw badRequest(place, `${place === undefined ? 'has a number that is' : 'is'} not finite: ${value}`);
    }
    fields[name] = value;
  }
  for (const name of Object.keys(defaults)) {
    const otherLimit = OTHER_LIMITS.get(name);
    if (fields[name] !== undefined || (otherLimit !== undefined && fields[otherLimit] !== undefined)) continue;
    fields[name] = defaults[name];
  }
  return fields;
}

/** Services refuse a request with both. */
const OTHER_LIMITS: ReadonlyMap<string, string> = new Map(Object.entries(OTHER_LIMIT));

/** Field by field, which is faster than a copy without the fields left out, and tells what of them a model reads. */
function serialise(fields: Fields, prompt: Prompt): SerialisedRequest {
  const messages = JSON.stringify(fields['messages']);
  const maxTokens = numberOf(fields['max_tokens']);
  const maxCompletionTokens = numberOf(fields['max_completion_tokens']);
  const refusable: RefusableField[] = [];
  let others = '';
  for (const name of Object.keys(fields)) {
    if (NOT_AMONG_OTHERS.has(name)) continue;
    if (name === 'max_tokens' && maxTokens !== undefined) continue;
    if (name === 'max_completion_tokens' && maxCompletionTokens !== undefined) continue;
    const value = jsonOf(fields[name]);
    if (value === undefined) continue;
    const apart = REFUSABLE.get(name);
    // Several answers are what was asked for.
    if (apart !== undefined && value !== 'null' && (apart !== 'n' || value === '1')) {
      refusable.push({ name: apart, json: value });
      continue;
    }
    others += `,${JSON.stringify(name)}:${value}`;
    if (name === 'tools' || name === 'functions') prompt.addTools(value);
    else if (name === 'response_format') prompt.addSchema(value);
  }
  const options = isUnset(fields['providerOptions']) ? undefined : jsonOf(fields['providerOptions']);
  return { messages, maxTokens, maxCompletionTokens, refusable, others, providerOptions: options };
}

/** Kept apart; the limits, which are numbers, stand in places of their own. */
const REFUSABLE: ReadonlyMap<string, RefusableField['name']> = new Map(
  REFUSABLE_PARAMETERS.flatMap((name) => (isLimit(name) || name === 'thoughts' ? [] : [[name, name] as const])),
);

/** What is sent in a place of its own, or not at all. */
const NOT_AMONG_OTHERS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'providerOptions',
]);

/** `undefined` for what JSON leaves out. Numbers are finite by now and need no serialiser. */
function jsonOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function wantsJson(format: unknown): boolean {
  return isRecord(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema');
}

function hasStops(stop: unknown): boolean {
  return (Array.isArray(stop) ? stop : [stop]).some((words) => typeof words === 'string' && words !== '');
}

function wantsUsage(options: unknown): boolean {
  return isRecord(options) && options['include_usage'] === true;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
