/** Whose calls are to stay together: a user's, or what the application's function says. */
import type { StickyKey } from '../config/options.js';
import type { CallInput } from './call-input.js';

/** Undefined for nobody's: without a user, and where the function throws or returns none. */
export function stickyKeyOf(
  keyOf: StickyKey | undefined,
  { options, checked }: Pick<CallInput, 'options' | 'checked'>,
  onFault: (fault: unknown) => void,
): string | undefined {
  const user = options.user ?? checked.user;
  if (keyOf === undefined) return user === '' ? undefined : user;
  try {
    const key: unknown = keyOf({ user, metadata: options.metadata });
    if (typeof key === 'string') return key === '' ? undefined : key;
    // Its rejection would otherwise end the process.
    if (key instanceof Promise) key.catch(() => {});
    if (key !== undefined) onFault(new TypeError('`balance.sticky` must return a string, or undefined for nobody'));
  } catch (fault) {
    onFault(fault);
  }
  return undefined;
}
