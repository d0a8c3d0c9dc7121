/** The class of an answer that was no success: the provider's words first, then its status. */
import type { ErrorBody } from './error-body.js';
import type { FailureClass } from './failure.js';
import { classOfGeneralCode, classOfWords } from './provider-words.js';

/** Statuses whose class needs no body, a page of HTML or not. */
const PLAIN: ReadonlyMap<number, FailureClass> = new Map([
  [401, 'credential'],
  [408, 'server'],
  [409, 'server'],
  [424, 'overloaded'],
  [425, 'server'],
  [429, 'rate-limited'],
  [499, 'server'], // a reseller that gave up on its own upstream
  [503, 'overloaded'],
  [529, 'overloaded'],
]);

/** Statuses of a wrong address or a gateway in the way; the request never reached a model. */
const ROUTE: ReadonlySet<number> = new Set([404, 405, 406, 410, 411, 413, 414, 415, 421, 426, 431]);

/** The class of a status with its body. Total: a number that is no status of failure is a `protocol` fault. */
export function classOfStatus(status: number, error: ErrorBody): FailureClass {
  if (!Number.isInteger(status) || status < 300 || status > 599) return 'protocol';
  if (status < 400) return 'misconfigured'; // a redirect: followed, a POST would lose its body or its key
  if (status === 402) return 'quota';
  return classOfWords(error, status) ?? PLAIN.get(status) ?? classOfBareStatus(status, error);
}

function classOfBareStatus(status: number, error: ErrorBody): FailureClass {
  if (status >= 500) return 'server';
  if (ROUTE.has(status) || error.isHtml) return 'misconfigured';
  // Who asks was refused, not what was asked; without an error object it was a wall in front of the API.
  if (status === 403) return error.isProviderError ? 'credential' : 'misconfigured';
  if (error.isProviderError) return 'request';
  // Nobody explains a 400 that says nothing. As `request` it would lose the call; as `misconfigured` one odd request
  // would rest every deployment in turn. As `protocol` the call moves on, and only a run of them opens the circuit.
  return status === 400 || status === 422 ? 'protocol' : 'misconfigured';
}

/** The class of an error object where a reply was expected: of its own words, of the status it names, else `protocol`. */
export function classOfErrorInside200(error: ErrorBody): FailureClass {
  if (!error.isProviderError) return 'protocol';
  if (error.status !== undefined) return classOfStatus(error.status, error);
  return classOfWords(error, undefined) ?? classOfGeneralCode(error) ?? 'protocol';
}
