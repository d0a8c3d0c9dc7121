/** Names calls: unique in every process, and much cheaper than a UUID each. */
import { randomBytes } from 'node:crypto';

/** Each engine has a random beginning of its own; the rest counts. */
export function createCallIds(): () => string {
  const beginning = randomBytes(9).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${beginning}-${count.toString(36)}`;
  };
}
