/** Listens to an abort signal once, however many calls follow it: a signal of a whole application has thousands. */

const followers = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `onAbort` when the signal aborts, at once if it already has; returns the way to stop. */
export function followSignal(signal: AbortSignal, onAbort: () => void): () => void {
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  const known = followers.get(signal) ?? listenTo(signal);
  known.add(onAbort);
  return () => known.delete(onAbort);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const known = new Set<() => void>();
  followers.set(signal, known);
  // It holds nothing but the set, which is empty when no call is under way.
  signal.addEventListener('abort', () => known.forEach((onAbort) => onAbort()), { once: true });
  return known;
}
