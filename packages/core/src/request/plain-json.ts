/** Makes sure that what is checked is what is sent, whatever objects the caller passes. */
import { badRequest, isRecord } from './bad-request.js';
import type { Fields } from './bad-request.js';
import type { CallError } from '../errors.js';

/**
 * The request as plain data. Nearly always that is the request itself; one with class instances (documents of a
 * database, DTOs) or `toJSON` in it is checked as `JSON.stringify` would send it.
 */
export function asPlainData(request: unknown): unknown {
  if (isPlainRequest(request)) return request;
  if (!isRecord(request)) return request;
  const text: string | undefined = JSON.stringify(request);
  return text === undefined ? undefined : JSON.parse(text);
}

function isPlainRequest(request: unknown): boolean {
  if (!isPlain(request)) return false;
  const messages = request['messages'];
  if (!Array.isArray(messages)) return true;
  const list: readonly unknown[] = messages;
  for (const message of list) {
    if (!isPlain(message)) return false;
    const content = message['content'];
    if (Array.isArray(content) && (hasToJson(content) || !content.every(isPlain))) return false;
  }
  return !hasToJson(messages);
}

function isPlain(value: unknown): value is Fields {
  if (!isRecord(value) || hasToJson(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function hasToJson(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** What to say of a request that threw while it was read or serialised. Its own words are left out: they may quote it. */
export function cannotBeSent(request: unknown, error: unknown): CallError {
  return badRequest(placeOf(request), reason(error));
}

function reason(error: unknown): string {
  if (error instanceof RangeError) return 'cannot be sent: it is nested too deeply or too large';
  if (error instanceof TypeError && error.message.includes('BigInt')) {
    return 'cannot be sent: it holds a BigInt, which JSON does not have';
  }
  if (error instanceof TypeError && error.message.includes('circular')) return 'cannot be sent: it refers to itself';
  return 'cannot be sent: reading one of its values threw an error';
}

/** The field, and in `messages` the message, that cannot be serialised. */
function placeOf(request: unknown): string | undefined {
  const name = brokenKey(request);
  if (name === undefined || !isRecord(request)) return undefined;
  if (name !== 'messages') return fieldName(name);
  const index = brokenKey(readable(request, name));
  return index === undefined ? name : `${name}[${index}]`;
}

function brokenKey(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return ownKeys(value).find((key) => !isSerialisable(value, key));
}

function ownKeys(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function isSerialisable(value: object, key: string): boolean {
  try {
    JSON.stringify(Reflect.get(value, key));
    return true;
  } catch {
    return false;
  }
}

function readable(value: Fields, key: string): unknown {
  try {
    return value[key];
  } catch {
    return undefined;
  }
}

/** The name of a field of the request, if it looks like one; anything may stand in a key. */
export function fieldName(key: string): string | undefined {
  return /^\w{1,60}$/.test(key) ? key : undefined;
}
