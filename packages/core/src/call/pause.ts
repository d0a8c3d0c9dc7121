/** A wait that nothing shortens but its end. */
import { now } from '../clock.js';

export interface Pause {
  /** Resolves at its time or when it is ended. */
  readonly over: Promise<void>;
  /** Leaves no timer. */
  readonly end: () => void;
}

/** Until a time on the engine's clock. */
export function pauseUntil(until: number): Pause {
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    // Rounded up, because a timer drops fractions and would be early.
    const timer = setTimeout(resolve, Math.ceil(Math.max(0, until - now())));
    end = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, end };
}
