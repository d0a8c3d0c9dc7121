/** Tells listeners that a key function has failed, and that its key rests for it. */
import type { Events } from './events.js';
import type { KeyFault } from './pool/key.js';
import type { Pool } from './pool/pool.js';

export function announceKeyFault(
  { upstream, credential, error, restsFor }: KeyFault,
  { pool, events }: { readonly pool: Pool; readonly events: Events },
): void {
  const keys = pool.upstreams.find(({ settings }) => settings.name === upstream)?.keys ?? [];
  const key = keys.find((one) => one.credential === credential)?.number;
  events.emit('hook-failed', {
    hook: key === undefined ? `keys of ${upstream}` : `keys[${key - 1}] of ${upstream}`,
    error,
  });
  if (restsFor === undefined || key === undefined) return;
  const about = { upstream, deployment: undefined, key, duration: restsFor, hinted: false };
  events.emit('cooldown-started', { scope: 'key', reason: 'no-token', ...about });
}
