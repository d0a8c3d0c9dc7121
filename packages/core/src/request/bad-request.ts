/** How a request is refused: with the place and the fault, in words that may be shown to anybody. */
import { CallError } from '../errors.js';

/** An object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * A 400 that names the place. `problem` must not hold anything that a user may have written: build it from `kindOf` and
 * `shown`, never from a text.
 */
export function badRequest(param: string | undefined, problem: string): CallError {
  return new CallError({ kind: 'bad-request', param, message: `${param ?? 'The request'} ${problem}.` });
}

/** What kind of thing stands where another was expected; says nothing about its content. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'bigint') return 'a BigInt';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * A wrong number, role or type as it stands there. A string is shown only if it looks like a name, because applications
 * that mix up two fields put a prompt where a role should be.
 */
export function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return kindOf(value);
  return /^[\w./:-]{1,60}$/.test(value) ? `"${value}"` : `a string of ${value.length} characters`;
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Absent, or explicitly nothing. */
export function isUnset(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
