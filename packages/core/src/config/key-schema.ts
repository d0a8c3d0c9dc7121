/** The keys of an upstream, in each of their forms. */
import { z } from 'zod';
import { IF_LIST, report, stringWithout } from './fault.js';
import { limitsSchema } from './group-schemas.js';
import { findKeyFault, findRepeated, missingKey } from './key-faults.js';
import type { KeyFunction } from './key-options.js';
import { findNameFault } from './name-faults.js';

const secret = () =>
  z.union([
    stringWithout(findKeyFault, missingKey),
    // Alone among the branches it may stop: what is neither a string nor a function is told of by this message.
    z.custom<KeyFunction>((value) => typeof value === 'function', { error: (issue) => missingKey(issue.input) }),
  ]);

export const keyOptionsSchema = z.strictObject({
  key: secret(),
  limits: limitsSchema.optional(),
  name: stringWithout(findNameFault, 'a name for this key').optional(),
});

const keySchema = z.union([keyOptionsSchema, secret()], { error: (issue) => missingKey(issue.input) });

/** One key of an upstream without a fault. */
export type CheckedKey = z.output<typeof keySchema>;

export const keyListSchema = z
  .array(keySchema)
  .min(1, { error: "at least one key, or 'none' for a server that wants no key" })
  .superRefine((keys, context) => {
    for (const { index, first } of findRepeated(keys.map(secretOf))) {
      report(context, { expected: `each key once; the same stands at [${first}]` }, [index]);
    }
    for (const { index, first } of findRepeated(keys.map(nameOf))) {
      report(context, { expected: `a name of its own; the key at [${first}] has the same` }, [index, 'name']);
    }
  }, IF_LIST);

// A list with a fault gets here too, so its entries may be anything.

function secretOf(key: unknown): unknown {
  return typeof key === 'object' && key !== null && 'key' in key ? key.key : key;
}

function nameOf(key: unknown): unknown {
  return typeof key === 'object' && key !== null && 'name' in key ? key.name : undefined;
}
