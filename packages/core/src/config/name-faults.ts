/** What names of upstreams, models and chains may look like. They appear in events, metrics, logs and the trail. */
import type { Fault } from './fault.js';

const LONGEST_NAME = 200;

/** A name of any kind. */
export function findNameFault(name: string): Fault | undefined {
  if (name.trim() === '') return { expected: 'a name; it is blank' };
  if (name.trim() !== name) return { expected: 'a name without white space around it', suggestion: name.trim() };
  if (/\p{Cc}/u.test(name)) return { expected: 'a name without control characters' };
  if (name.length > LONGEST_NAME) return { expected: `a name of at most ${LONGEST_NAME} characters` };
  return undefined;
}

/** An upstream's name is also the last part of each deployment id, `model@upstream`. */
export function findUpstreamNameFault(name: string): Fault | undefined {
  const fault = findNameFault(name);
  if (fault !== undefined || !/[@\s]/u.test(name)) return fault;
  return {
    expected: 'a name without "@" and white space, because deployments are called model@upstream',
    suggestion: name.replaceAll(/[@\s]+/gu, '-'),
  };
}
