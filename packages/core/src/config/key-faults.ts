/** What can be wrong with a key or a header: mostly an environment variable that is missing, or a clumsy copy. */
import type { Fault } from './fault.js';

const IS_VARIABLE_SET = 'is the environment variable set?';

/** Examples and templates that nobody filled in. */
const PLACEHOLDER = /^<.*>$|\$\{.*\}|^(?:sk-)?(?:\.{3}|…|x{3,})$|^(?:your|my)[-_ ].*key|^change-?me$/iu;

/** What to say about a key that is no string. */
export function missingKey(value: unknown): string {
  if (value === undefined || value === null) return `a key; it is missing: ${IS_VARIABLE_SET}`;
  return 'a key, as a string, as a function that returns one, or as { key, limits, name }';
}

/** What to say about keys that are no list. */
export function missingKeys(value: unknown): string {
  const list = "a list of keys such as [process.env.MY_KEY], or 'none' for a server that wants no key";
  if (value === undefined || value === null) return `${list}; it is missing: ${IS_VARIABLE_SET}`;
  return typeof value === 'string' ? `${list}; a single key stands in a list, too` : list;
}

/** Never quotes the key. */
export function findKeyFault(key: string): Fault | undefined {
  if (key.trim() === '') return { expected: `a key; it is blank: ${IS_VARIABLE_SET}` };
  if (key === 'undefined' || key === 'null') {
    return { expected: `a key; it is the word "${key}", which a missing variable turns into: ${IS_VARIABLE_SET}` };
  }
  if (key === 'none') return { expected: "a key; for a server that wants none, write keys: 'none'" };
  if (/^(["'`]).*\1$/su.test(key.trim())) return { expected: 'a key without quotation marks around it' };
  if (/^bearer\s/iu.test(key.trim())) return { expected: 'the key alone; leave "Bearer " off, it is added' };
  if (key.trim() !== key) {
    return { expected: 'a key without white space around it; a line break from a file goes away with .trim()' };
  }
  if (PLACEHOLDER.test(key)) return { expected: 'a real key; this is the placeholder of an example' };
  if (/\s/u.test(key)) return { expected: 'a key without white space inside; several keys are several list entries' };
  if (!/^[\x21-\x7e]+$/u.test(key)) {
    return { expected: 'a key of plain ASCII characters; copy it again, it holds one that cannot stand in a header' };
  }
  return undefined;
}

/** Positions of keys that stand earlier in the list, too. */
export function findRepeated(entries: readonly unknown[]): { index: number; first: number }[] {
  const firsts = new Map<unknown, number>();
  const repeated: { index: number; first: number }[] = [];
  for (const [index, entry] of entries.entries()) {
    const first = firsts.get(entry);
    if (first === undefined) firsts.set(entry, index);
    else if (typeof entry === 'string' || typeof entry === 'function') repeated.push({ index, first });
  }
  return repeated;
}

/** They frame the message on the wire; set from outside they would break it. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Never quotes the name when it is no name: it may be a whole header line, with its secret. */
export function findHeaderNameFault(name: string): Fault | undefined {
  if (!isHeaderName(name)) {
    return {
      expected: 'headers by name, such as { "x-team": "shop" }; a name there holds a character no header name may',
    };
  }
  if (FRAMING.has(name.toLowerCase())) {
    return { expected: `headers without "${name.toLowerCase()}", which the connection itself sets` };
  }
  return undefined;
}

export function isHeaderName(name: string): boolean {
  return /^[\w!#$%&'*+\-.^`|~]{1,128}$/u.test(name);
}

export function missingHeaderValue(value: unknown): string {
  return value === undefined || value === null
    ? `a header value; it is missing: ${IS_VARIABLE_SET}`
    : 'a header value, as a string';
}

/** Never quotes the value. */
export function findHeaderValueFault(value: string): Fault | undefined {
  if (/^[\t\x20-\x7e\x80-\xff]*$/u.test(value)) return undefined;
  return { expected: 'a header value without line breaks and other characters that cannot stand in a header' };
}
