/** How attempts are made: whole or streamed. What differs between the two, and nothing else. */
import type { Timeouts } from '../config/settings.js';
import type { Verdict } from '../judgement/failure.js';
import type { Lane } from '../pool/pool.js';
import type { BodyShape, CheckedRequest } from '../request/checked-request.js';
import type { WireRequest } from '../transport/transport.js';
import type { TimeLeft } from './attempt-limit.js';
import type { Attempt, AttemptListener } from './attempt.js';

/** `Answer` is what an attempt has at the moment at which its call may answer with it. */
export interface Conduct<Answer> {
  /** Its first content is seen before its end, so that silence can be told from work. */
  readonly streamed: boolean;
  /** What the body says beside the request. */
  shapeFor(lane: Lane): BodyShape | undefined;
  open(opening: Opening, listener: AttemptListener<Answer>): Attempt;
  /** The upstream refuses something of `sent` that can be done without: whether to ask again at once, free and without it. */
  doesWithout(lane: Lane, verdict: Verdict, sent: Sent): boolean;
  /** The upstream has begun to answer. */
  begun?(lane: Lane, sent: Sent): void;
}

/** An attempt's request as it was sent: by now more may be known of what is refused. */
export interface Sent {
  readonly checked: CheckedRequest;
  readonly shape: BodyShape | undefined;
  /** Nothing may be left out of it. */
  readonly strict: boolean;
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
