/** From what the user wrote to settings that are complete, resolved to the nearest override, and ours alone. */
import { ConfigError, type ConfigIssue } from '../errors.js';
import {
  DEFAULT_CALL_RETRY,
  DEFAULT_DEADLINE,
  DEFAULT_EXPOSE,
  DEFAULT_MAX_QUEUE,
  DEFAULT_ON_STREAM_FAILURE,
  DEFAULT_QUEUE_WAIT,
  DEFAULT_RACE_ACROSS_MODELS,
  DEFAULT_STREAM_DEADLINE,
  DEFAULT_STREAM_INSIDE,
  DEFAULT_STRICT_PARAMETERS,
} from './defaults.js';
import { type PlacedFault, describeFault, faultsOf } from './describe-issue.js';
import { type CopyFault, type Path, copyPlain } from './plain-copy.js';
import { resolveChains } from './resolve-chains.js';
import { nearest } from './nearest.js';
import { resolvePool } from './resolve-pool.js';
import { maskFor } from './safe-text.js';
import { type CheckedOptions, optionsSchema } from './schema.js';
import type { Settings } from './settings.js';

/**
 * Checks the options and resolves them. They are read once, and neither kept nor changed; only functions and dispatchers
 * stay the user's own.
 *
 * @throws {ConfigError} `AIF_CONFIG` with every fault found; it holds no key, no header and no credential.
 */
export function resolveOptions(options: unknown): Settings {
  const stranger = findStranger(options);
  if (stranger !== undefined) throw new ConfigError([stranger]);
  const { value, faults } = copyPlain(options, isDispatcher);
  const checked = optionsSchema.safeParse(value);
  if (checked.success && faults.length === 0) return settingsOf(checked.data);

  const found = checked.success ? [] : checked.error.issues.flatMap((issue) => faultsOf(issue));
  const mask = maskFor(value);
  const placed = [...faults, ...found.filter((fault) => !isUnder(fault, faults))];
  throw new ConfigError(placed.map((fault) => describeFault(fault, value, mask)));
}

function settingsOf(options: CheckedOptions): Settings {
  const { upstreams, deployments } = resolvePool(options);
  return {
    upstreams,
    deployments,
    chains: resolveChains(options.chains, deployments),
    lastResort: options.lastResort,
    defaults: options.defaults ?? {},
    strictParameters: options.strictParameters ?? DEFAULT_STRICT_PARAMETERS,
    cannedReply: options.cannedReply,
    retry: nearest(DEFAULT_CALL_RETRY, [options.retry]),
    deadline: options.deadline ?? DEFAULT_DEADLINE,
    streamDeadline: options.streamDeadline ?? DEFAULT_STREAM_DEADLINE,
    raceAfter: options.raceAfter,
    raceAcrossModels: options.raceAcrossModels ?? DEFAULT_RACE_ACROSS_MODELS,
    onStreamFailure: options.onStreamFailure ?? DEFAULT_ON_STREAM_FAILURE,
    streamInside: options.streamInside ?? DEFAULT_STREAM_INSIDE,
    queueWait: options.queueWait ?? DEFAULT_QUEUE_WAIT,
    maxQueue: options.maxQueue ?? DEFAULT_MAX_QUEUE,
    classify: options.classify,
    expose: options.expose ?? DEFAULT_EXPOSE,
  };
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
