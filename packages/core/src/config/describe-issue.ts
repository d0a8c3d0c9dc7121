/** From what zod found to what a person reads: `ConfigIssue`. Nothing of zod's own words or values gets through unmasked. */
import type { z } from 'zod';
import type { ConfigIssue } from '../errors.js';
import type { Fault } from './fault.js';
import { findUnknownOption } from './option-names.js';
import type { Path } from './plain-copy.js';
import { isSafe, type Mask, showNames, showPath, showValue } from './safe-text.js';

/** A fault and the place where it stands. */
export interface PlacedFault extends Fault {
  readonly path: Path;
  /** The place has a wrong name; what it holds is unknown and never shown. */
  readonly unknown?: boolean;
}

/** One fault for each thing to correct; zod may nest several into one issue. */
export function faultsOf(issue: z.core.$ZodIssue, base: Path = []): PlacedFault[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({ path: [...path, name], ...findUnknownOption(path, name), unknown: true }));
  }
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((errors) => !errors.some(isOfAnotherKind));
    return meant === undefined ? [{ path, expected: issue.message }] : meant.flatMap((inner) => faultsOf(inner, path));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((key) => ({ path, expected: key.message, ...detailsOf(key), unknown: true }));
  }
  return [{ path, expected: issue.message, ...detailsOf(issue) }];
}

/** Whether a branch of a union did not even have the right type: then another branch was meant. */
function isOfAnotherKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

/** What a check of ours gave along. */
function detailsOf(issue: z.core.$ZodIssue): Pick<Fault, 'suggestion' | 'known'> {
  if (issue.code !== 'custom') return {};
  const suggestion: unknown = issue.params?.['suggestion'];
  const known: unknown = issue.params?.['known'];
  return {
    suggestion: typeof suggestion === 'string' ? suggestion : undefined,
    known: Array.isArray(known) ? known.filter((name) => typeof name === 'string') : undefined,
  };
}

/** `options` is our copy of what the user wrote. */
export function describeFault(fault: PlacedFault, options: unknown, mask: Mask): ConfigIssue {
  const { path, expected, suggestion, known } = fault;
  const found = fault.unknown === true || isSecret(path) ? undefined : valueAt(options, path);
  const value = showValue(found, mask);
  // Suggestions are often made of what was found; one with a hole in it would help nobody.
  const isSuggestible = [suggestion, found, path.at(-1)].every(
    (text) => typeof text !== 'string' || isSafe(text, mask),
  );
  return {
    path: showPath(path, mask),
    ...(value === undefined ? {} : { value }),
    expected: mask(expected) + (known === undefined ? '' : `: ${showNames(known, mask)}`),
    ...(suggestion === undefined || !isSuggestible ? {} : { suggestion }),
  };
}

/** Never shown, not even masked. */
function isSecret(path: Path): boolean {
  if (path[0] !== 'upstreams') return false;
  return path[2] === 'headers' || (path[2] === 'keys' && path[4] !== 'limits');
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
