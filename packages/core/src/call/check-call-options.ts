/** Checks the options of a call. Cheap, because most calls have none and every call passes here. */
import { unknownName } from '../config/unknown-name.js';
import { ConfigError } from '../errors.js';
import type { CallOptions } from './call-options.js';

/** setTimeout fires at once above this. */
const LONGEST = 2 ** 31 - 1;

/** @throws ConfigError for what is the application's mistake */
export function checkCallOptions(options: CallOptions, chains: readonly string[]): void {
  const { chain, deadline, maxAttempts, priority, timeouts, retry } = options;
  if (chain !== undefined && !chains.includes(chain)) throw new ConfigError([unknownName('chain', chain, chains)]);
  if (deadline !== undefined) checkNumber('deadline', deadline, { least: 1, most: LONGEST });
  if (maxAttempts !== undefined) checkNumber('maxAttempts', maxAttempts, { least: 1, most: 1_000, whole: true });
  if (priority !== undefined) checkNumber('priority', priority, { least: -1e9, most: 1e9 });
  if (timeouts !== undefined) checkDurations('timeouts', timeouts);
  if (retry !== undefined) checkDurations('retry', retry);
}

function checkDurations(path: string, durations: object): void {
  for (const [name, value] of Object.entries(durations)) {
    if (value !== undefined) checkNumber(`${path}.${name}`, value, { least: 0, most: LONGEST });
  }
}

function checkNumber(path: string, value: unknown, range: { least: number; most: number; whole?: boolean }): void {
  const { least, most, whole = false } = range;
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'a whole number' : 'a number';
  const found = typeof value === 'number' ? String(value) : typeof value;
  throw new ConfigError([{ path, value: found, expected: `${kind} from ${least} to ${most}` }]);
}
