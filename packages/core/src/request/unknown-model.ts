/** What to tell a caller who named a model that nobody here serves. */
import { nearestNames } from '../config/nearest-name.js';
import { CallError } from '../errors.js';

/** Names listed when none of them resembles the one asked for. */
const MOST_LISTED = 10;

/** A 400 for `model: name` with the nearest of the known models and chains, or the first of them if none is near. */
export function unknownModelError(name: string, knownNames: Iterable<string>): CallError {
  const known = [...knownNames];
  const near = nearestNames(name, known, 3);
  const asked = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  return new CallError({
    kind: 'bad-request',
    param: 'model',
    message: `model ${asked} is unknown. ${near.length > 0 ? didYouMean(near) : available(known)}`,
  });
}

function didYouMean(names: readonly string[]): string {
  return `Did you mean ${names.map((name) => JSON.stringify(name)).join(' or ')}?`;
}

function available(names: readonly string[]): string {
  const listed = names.slice(0, MOST_LISTED).join(', ');
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : '';
  return `Available are: ${listed}${more}.`;
}
