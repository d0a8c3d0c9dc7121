/** From what the user wrote to options without a fault, which are ours alone. */
import type { z } from 'zod';
import { ConfigError, type ConfigIssue } from '../errors.js';
import { type PlacedFault, describeFault, faultsOf } from './describe-issue.js';
import { type CopyFault, type Path, copyPlain } from './plain-copy.js';
import { maskFor } from './safe-text.js';
import { type CheckedOptions, optionsSchema, upstreamsSchema } from './schema.js';

export type CheckedUpstreams = CheckedOptions['upstreams'];

/**
 * Checks the options. They are read once, and neither kept nor changed; only functions and dispatchers stay the user's own.
 *
 * @throws {ConfigError} `AIF_CONFIG` with every fault found; it holds no key, no header and no credential.
 */
export function checkOptions(options: unknown): CheckedOptions {
  const stranger = findStranger(options);
  if (stranger !== undefined) throw new ConfigError([stranger]);
  return check(optionsSchema, options);
}

/**
 * Checks another list of upstreams as the options of a start are checked, but for one thing: a chain may name a model that nobody
 * serves any more.
 *
 * @throws {ConfigError} whose paths begin with `upstreams`
 */
export function checkUpstreams(upstreams: readonly unknown[]): CheckedUpstreams {
  return check(upstreamsSchema, { upstreams }).upstreams;
}

function check<Checked>(schema: z.ZodType<Checked>, options: unknown): Checked {
  const { value, faults } = copyPlain(options, isDispatcher);
  const checked = schema.safeParse(value);
  if (checked.success && faults.length === 0) return checked.data;

  const found = checked.success ? [] : checked.error.issues.flatMap((issue) => faultsOf(issue));
  const mask = maskFor(value);
  const placed = [...faults, ...found.filter((fault) => !isUnder(fault, faults))];
  throw new ConfigError(placed.map((fault) => describeFault(fault, value, mask)));
}

/** The only objects that are kept: `upstreams[n].dispatcher`. */
function isDispatcher(path: Path): boolean {
  return path.length === 3 && path[0] === 'upstreams' && path[2] === 'dispatcher';
}

/** What could not be copied looks like missing to the schema; one report is enough. */
function isUnder({ path }: PlacedFault, faults: readonly CopyFault[]): boolean {
  return faults.some((fault) => fault.path.every((key, index) => path[index] === key));
}

const OPTIONS = 'an object of options with `upstreams`';

/** Something else in place of the options. Not shown: a lone string may well be a key. */
function findStranger(options: unknown): ConfigIssue | undefined {
  if (options === undefined) return { path: 'options', expected: OPTIONS };
  if (options === null) return { path: 'options', value: 'null', expected: OPTIONS };
  if (typeof options !== 'object') return { path: 'options', value: `a ${typeof options}`, expected: OPTIONS };
  try {
    if (Array.isArray(options)) {
      return { path: 'options', value: 'a list', expected: `${OPTIONS}; the list stands in there` };
    }
    if (options instanceof Promise) {
      return { path: 'options', value: 'a promise', expected: `${OPTIONS}; is an await missing?` };
    }
    if ('chat' in options && typeof options.chat === 'function' && !('upstreams' in options)) {
      return { path: 'options', value: 'an engine', expected: `${OPTIONS}; an engine was made of such before` };
    }
  } catch {
    return { path: 'options', expected: `${OPTIONS}; looking at this threw an error` };
  }
  return undefined;
}
