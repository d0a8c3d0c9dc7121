/** How unstreamed attempts are made: nothing is known of the answer before it is whole. */
import { unaryLimit } from './attempt-limit.js';
import type { Conduct } from './conduct.js';
import { doesWithout, type OnRefused } from './does-without.js';
import { UnaryAttempt, type WholeAnswer } from './unary-attempt.js';

export function createUnstreamed(onRefused: OnRefused): Conduct<WholeAnswer> {
  return {
    streamed: false,
    shapeFor: () => undefined,
    open({ lane, wire, checked, timeouts, time }, listener) {
      const limits = { time: unaryLimit(timeouts, checked.maxOutputTokens, time), mayBeEmpty: checked.stops };
      return new UnaryAttempt(lane, wire, limits, listener);
    },
    doesWithout: (lane, verdict, sent) => doesWithout({ lane, verdict, sent }, onRefused),
  };
}
