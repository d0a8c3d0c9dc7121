/** Request fields for calls that leave them out: any that an upstream knows, except those that make the call. */
import { z } from 'zod';
import { type Fault, report } from './fault.js';
import type { Path } from './plain-copy.js';

/** Fields that belong to each call. */
const NOT_A_DEFAULT = new Map([
  ['messages', 'they belong to each call'],
  ['model', 'name the models in `chains.default`'],
  ['stream', 'calls say it by `chat` or `stream`'],
]);

/** Spellings of other libraries that an upstream would refuse with every call. */
const MISSPELT = new Map([
  ['maxTokens', 'max_tokens'],
  ['maxCompletionTokens', 'max_completion_tokens'],
  ['topP', 'top_p'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
  ['responseFormat', 'response_format'],
]);

const temperature = between(0, 2);
const penalty = between(-2, 2);
const tokens: Fault & { isRight(value: number): boolean } = {
  expected: 'a whole number of tokens, at least 1',
  isRight: (value) => Number.isSafeInteger(value) && value >= 1,
};

const RANGES = new Map([
  ['temperature', temperature],
  ['top_p', between(0, 1)],
  ['frequency_penalty', penalty],
  ['presence_penalty', penalty],
  ['max_tokens', tokens],
  ['max_completion_tokens', tokens],
]);

export const requestDefaultsSchema = z
  .record(z.string(), z.unknown(), { error: 'request fields, such as { temperature: 0.7 }' })
  .superRefine((fields, context) => {
    for (const [name, value] of Object.entries(fields)) {
      const fault = findFieldFault(name, value);
      if (fault !== undefined) report(context, fault, [name]);
      for (const path of findNotJson(value, [name])) report(context, { expected: 'what JSON can hold' }, path);
    }
  });

function findFieldFault(name: string, value: unknown): Fault | undefined {
  if (value === undefined) return undefined;
  const reason = NOT_A_DEFAULT.get(name);
  if (reason !== undefined) return { expected: `no default for \`${name}\`: ${reason}` };
  const meant = MISSPELT.get(name);
  if (meant !== undefined) return { expected: 'the name of the field as it stands in the request', suggestion: meant };
  const range = RANGES.get(name);
  if (range === undefined || (typeof value === 'number' && range.isRight(value))) return undefined;
  return { expected: range.expected };
}

function between(minimum: number, maximum: number) {
  return {
    expected: `a number from ${minimum} to ${maximum}`,
    isRight: (value: number) => value >= minimum && value <= maximum,
  };
}

/** The places that `JSON.stringify` would refuse or silently leave out. */
function findNotJson(root: unknown, start: Path): Path[] {
  const found: Path[] = [];
  const seen = new Set<object>();
  const visit = (value: unknown, path: Path): void => {
    if (['function', 'symbol', 'bigint'].includes(typeof value)) found.push(path);
    if (typeof value === 'number' && !Number.isFinite(value) && path.length > 1) found.push(path);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const isList = Array.isArray(value);
    for (const [name, entry] of Object.entries(value)) visit(entry, [...path, isList ? Number(name) : name]);
  };
  visit(root, start);
  return found;
}
