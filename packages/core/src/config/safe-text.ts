/** Shows paths and values of the options in errors without ever showing a secret. */
import type { Path } from './plain-copy.js';

/** Replaces the secrets of the options, and what looks like a key, in a text. */
export type Mask = (text: string) => string;

const MASKED = '•••';
const LONGEST_SHOWN = 60;
const MOST_LISTED = 20;
/** Shorter ones would also be found inside ordinary words. */
const SHORTEST_SECRET = 8;

/** What commonly looks like a key, wherever it stands. */
const KEY_LOOKS: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|hf|ghp)[-_][\w-]{8,}/giu,
  /\bAIza[\w-]{16,}/gu,
  /\beyJ[\w-]{8,}(?:\.[\w-]*)*/gu,
  /\w{40,}/gu,
];

/** Credentials by what stands before them, and what a URL may carry besides its place. */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+\S+/giu, `$1 ${MASKED}`],
  [/:\/\/.*@/gsu, `://${MASKED}@`],
  [/(:\/\/[^?#]*[?#]).*/gsu, `$1${MASKED}`],
];

/** Properties whose strings are secret at any depth, also where no such option exists. */
const SECRET_NAMES =
  /^(?:(?:api[-_]?)?keys?|headers?|(?:access[-_]?)?token|auth|authorization)$|secret|password|credential/iu;
/** More is never shown, and looking through megabytes for secrets would take its time. */
const LONGEST_MASKED = 4_000;

/** A mask for the strings that stand in secret places of `options`. */
export function maskFor(options: unknown): Mask {
  const secrets = [...secretsIn(options)].toSorted((left, right) => right.length - left.length);
  return (text) => {
    let masked = text.slice(0, LONGEST_MASKED);
    for (const secret of secrets) masked = masked.replaceAll(secret, MASKED);
    for (const pattern of KEY_LOOKS) masked = masked.replaceAll(pattern, MASKED);
    return masked;
  };
}

/** Whether there is nothing in the text to mask. */
export function isSafe(text: string, mask: Mask): boolean {
  return maskCredentials(mask(text)) === text;
}

/** A list of names for the end of a sentence. Long ones do not help a person to find their typo. */
export function showNames(names: readonly string[], mask: Mask): string {
  const shown = names.slice(0, MOST_LISTED).map((name) => shorten(maskCredentials(mask(name))));
  return shown.join(', ') + (names.length > MOST_LISTED ? ' and others' : '');
}

function maskCredentials(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of CREDENTIALS) masked = masked.replaceAll(pattern, replacement);
  return masked;
}

function secretsIn(options: unknown): Set<string> {
  const secrets = new Set<string>();
  const seen = new Map<object, boolean>();
  const visit = (value: unknown, secret: boolean): void => {
    if (typeof value === 'string' && secret) {
      for (const part of [value, ...value.split(/\s+/u)]) if (part.length >= SHORTEST_SECRET) secrets.add(part);
    }
    if (typeof value !== 'object' || value === null || seen.get(value) === true || seen.get(value) === secret) return;
    seen.set(value, secret);
    for (const [name, entry] of Object.entries(value)) {
      // A dispatcher is not our copy, and looking through it might run code or never end.
      if (name !== 'dispatcher') visit(entry, secret || SECRET_NAMES.test(name));
    }
  };
  visit(options, false);
  return secrets;
}

/** The path as one would write it in code: `upstreams[0].models["gpt-4.1"].id`; the root is `options`. */
export function showPath(path: Path, mask: Mask): string {
  if (path.length === 0) return 'options';
  return path.map((key, index) => showKey(key, index === 0, mask)).join('');
}

function showKey(key: PropertyKey, first: boolean, mask: Mask): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = shorten(maskCredentials(mask(String(key))));
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return first ? name : `.${name}`;
  return `[${JSON.stringify(name)}]`;
}

/** The value, shortened; only the kind of what may hold more than meets the eye. `undefined` where there is nothing. */
export function showValue(value: unknown, mask: Mask): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return JSON.stringify(shorten(maskCredentials(mask(value))));
  if (typeof value === 'object') return showObject(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function showObject(value: object | null): string {
  if (value === null) return 'null';
  if (!Array.isArray(value)) return 'an object';
  return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
}

function shorten(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
