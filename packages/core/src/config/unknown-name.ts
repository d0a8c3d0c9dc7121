/** The fault of a name that nothing has. */
import type { ConfigIssue } from '../errors.js';
import { nearestNames } from './nearest-name.js';

export function unknownName(path: string, name: string, known: Iterable<string>): ConfigIssue {
  const names = [...known];
  const shown = name.slice(0, 60);
  const [nearest] = nearestNames(shown, names, 1);
  const issue = { path, value: JSON.stringify(shown), expected: `one of ${names.join(', ')}` };
  return nearest === undefined ? issue : { ...issue, suggestion: nearest };
}
