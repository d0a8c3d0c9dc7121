/** Uses of the middleware that cannot work well, noticed while they happen. */
import type { Failover } from '../create-failover.js';

const ADVICE =
  'aiFailover() was called inside a request handler. Each call makes an engine of its own, which knows nothing of limits, ' +
  'rests and failures of the others and holds its own connections. Call it once, when the application starts.';

/** `frames` matches the stack frame by which the framework calls a handler. */
export function reportIfBuiltInHandler(failover: Failover, frames: RegExp): void {
  const { stack } = new Error('where am I called from?');
  if (stack !== undefined && frames.test(stack)) failover.reportMisuse('AIF_MISUSE_ENGINE_IN_HANDLER', ADVICE);
}
