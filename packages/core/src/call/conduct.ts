/** How attempts are made: whole or streamed. What differs between the two, and nothing else. */
import type { Timeouts } from '../config/settings.js';
import type { Verdict } from '../judgement/failure.js';
import type { Lane } from '../pool/pool.js';
import type { BodyShape, CheckedRequest } from '../request/checked-request.js';
import type { WireRequest } from '../transport/transport.js';
import type { TimeLeft } from './attempt-limit.js';
import { unaryLimit } from './attempt-limit.js';
import type { Attempt, AttemptListener } from './attempt.js';
import { UnaryAttempt, type WholeAnswer } from './unary-attempt.js';

/** `Answer` is what an attempt has at the moment at which its call may answer with it. */
export interface Conduct<Answer> {
  /** Its first content is seen before its end, so that silence can be told from work. */
  readonly streamed: boolean;
  /** What the body says beside the request. */
  shapeFor(lane: Lane): BodyShape | undefined;
  open(opening: Opening, listener: AttemptListener<Answer>): Attempt;
  /** The upstream refuses something of `sent` that can be done without: whether to ask again at once, free and without it. */
  doesWithout(lane: Lane, verdict: Verdict, sent: BodyShape | undefined): boolean;
}

export interface Opening {
  readonly lane: Lane;
  readonly wire: WireRequest;
  readonly checked: CheckedRequest;
  readonly timeouts: Timeouts;
  readonly time: TimeLeft;
  /** Of the call, on the engine's clock. */
  readonly deadlineAt: number;
  /** After how much silence others are asked beside it, in milliseconds. */
  readonly silence: number | false;
  /** It decides whether a half-open circuit closes. */
  readonly trial: boolean;
}

/** Nothing is known of the answer before it is whole. */
export const UNSTREAMED: Conduct<WholeAnswer> = {
  streamed: false,
  shapeFor: () => undefined,
  open({ lane, wire, checked, timeouts, time }, listener) {
    return new UnaryAttempt(lane, wire, unaryLimit(timeouts, checked.maxOutputTokens, time), listener);
  },
  doesWithout: () => false,
};
