/** Where state is kept. */
import { z } from 'zod';
import type { Fault } from './fault.js';
import { stringWithout } from './fault.js';
import { duration } from './number-options.js';

const FILE = "the path of a file, such as 'state/ai-failover.json'";

export const stateSchema = z.strictObject(
  { file: stringWithout(findPathFault, missingPath), interval: duration(1).optional() },
  { error: "where state is kept, such as { file: 'state/ai-failover.json' }" },
);

function missingPath(value: unknown): string {
  return value === undefined ? `${FILE}; it is missing: is the environment variable set?` : FILE;
}

function findPathFault(path: string): Fault | undefined {
  if (path.trim() === '') return { expected: `${FILE}; it is blank: is the environment variable set?` };
  if (path.includes('\0')) return { expected: `${FILE}, without zero bytes` };
  if (/[/\\]$/u.test(path)) return { expected: `${FILE}; this is one of a folder` };
  return undefined;
}
