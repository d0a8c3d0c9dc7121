/** Uses of the middleware that cannot work well, noticed while they happen. */
import type { Failover } from '../failover.js';

const ADVICE =
  'aiFailover() was called inside a request handler. Each call makes an engine of its own, which knows nothing of limits, ' +
  'rests and failures of the others and holds its own connections. Call it once, when the application starts.';

/** Returns an engine that was just made. `frames` matches the stack frame by which the framework calls a handler. */
export function reportIfBuiltInHandler<Engine extends Pick<Failover, 'reportMisuse'>>(
  failover: Engine,
  frames: RegExp,
): Engine {
  if (frames.test(callStack())) failover.reportMisuse('AIF_MISUSE_ENGINE_IN_HANDLER', ADVICE);
  return failover;
}

/** The whole of it: the ten frames that V8 keeps end before the framework's, where an application has layers of its own. */
function callStack(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Infinity;
  try {
    return new Error('where am I called from?').stack ?? '';
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
