/** Listens to an abort signal once, however many calls follow it at a time: a signal of a whole application has thousands. */

interface Followers {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const followers = new WeakMap<AbortSignal, Followers>();

/** Calls `onAbort` when the signal aborts, at once if it already has; returns the way to stop. */
export function followSignal(signal: AbortSignal, onAbort: () => void): () => void {
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  const known = followers.get(signal) ?? listenTo(signal);
  known.calls.add(onAbort);
  return () => {
    known.calls.delete(onAbort);
    if (known.calls.size > 0) return;
    // Node keeps a signal made by AbortSignal.any alive for as long as anybody listens to it.
    signal.removeEventListener('abort', known.listener);
    followers.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Followers {
  const calls = new Set<() => void>();
  const known = { calls, listener: (): void => calls.forEach((onAbort) => onAbort()) };
  followers.set(signal, known);
  signal.addEventListener('abort', known.listener, { once: true });
  return known;
}
