/** From what zod found to what a person reads: `ConfigIssue`. Nothing of zod's own words or values gets through unmasked. */
import type { z } from 'zod';
import type { ConfigIssue } from '../errors.js';
import type { Fault } from './fault.js';
import { findUnknownOption } from './option-names.js';
import type { Path } from './plain-copy.js';
import { type Mask, showPath, showValue } from './safe-text.js';

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
    return issue.issues.map((key) => ({ path, expected: key.message, suggestion: suggestionOf(key), unknown: true }));
  }
  return [{ path, expected: issue.message, suggestion: suggestionOf(issue) }];
}

/** Whether a branch of a union did not even have the right type: then another branch was meant. */
function isOfAnotherKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function suggestionOf(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== 'custom') return undefined;
  const suggestion: unknown = issue.params?.['suggestion'];
  return typeof suggestion === 'string' ? suggestion : undefined;
}

/** `options` is our copy of what the user wrote. */
export function describeFault(fault: PlacedFault, options: unknown, mask: Mask): ConfigIssue {
  const value =
    fault.unknown === true || isSecret(fault.path) ? undefined : showValue(valueAt(options, fault.path), mask);
  const { suggestion } = fault;
  return {
    path: showPath(fault.path, mask),
    ...(value === undefined ? {} : { value }),
    expected: mask(fault.expected),
    // A suggestion with a hole in it helps nobody.
    ...(suggestion === undefined || mask(suggestion) !== suggestion ? {} : { suggestion }),
  };
}

/** Never shown, not even masked. */
function isSecret(path: Path): boolean {
  return path[0] === 'upstreams' && (path[2] === 'keys' || path[2] === 'headers');
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
