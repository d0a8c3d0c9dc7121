/** How streamed attempts are made, and what they can do without where an upstream refuses it. */
import type { Lane } from '../pool/pool.js';
import type { Quirks } from '../pool/quirks.js';
import type { BodyShape, Continuation, StreamFields } from '../request/checked-request.js';
import type { AttemptListener } from './attempt.js';
import { unaryLimit, withinDeadline } from './attempt-limit.js';
import type { Conduct, Opening, Sent } from './conduct.js';
import { doesWithout, type OnRefused } from './does-without.js';
import { StreamAttempt, type LiveAnswer } from './stream-attempt.js';

/** How an answer that was cut is gone on with. */
export interface GoingOn {
  /** Undefined asks for the whole answer once more. */
  continuationFor(lane: Lane): Continuation | undefined;
  /** Whether it ends with an assistant message, which not every model takes. */
  prefills(continuation: Continuation): boolean;
  /** The upstream refused what may have been the assistant message: in this call it is asked without one. */
  doubtPrefill(lane: Lane): void;
  /** Asked without one it will answer, if it was that. */
  doubts(lane: Lane): boolean;
}

const WITH_USAGE: StreamFields = { stream: true, stream_options: { include_usage: true } };
const PLAIN: StreamFields = { stream: true };
/** For streams that continue nothing: made once, because every call needs one. */
const SHAPES = { usage: { stream: WITH_USAGE }, plain: { stream: PLAIN }, whole: {} } as const;

/** Without `cut` nothing is continued. */
export function createStreamed(onRefused: OnRefused, cut?: GoingOn): Conduct<LiveAnswer> {
  return {
    streamed: true,

    shapeFor(lane) {
      const shape = shapeOf(lane.deployment.quirks);
      const continuation = cut?.continuationFor(lane);
      return continuation === undefined ? shape : { ...shape, continuation };
    },

    open(opening, listener) {
      const continuation = cut?.continuationFor(opening.lane);
      return openStream(opening, listener, continuation !== undefined && cut?.prefills(continuation) === true);
    },

    doesWithout(lane, verdict, sent) {
      if (cut === undefined || !isPrefilled(sent, cut)) return doesWithout({ lane, verdict, sent }, onRefused);
      return doesWithout({ lane, verdict, sent, doubtPrefill: () => cut.doubtPrefill(lane) }, onRefused);
    },

    begun(lane, sent) {
      if (cut?.doubts(lane) !== true || isPrefilled(sent, cut)) return;
      if (lane.deployment.quirks.note('prefill')) onRefused(lane, 'prefill');
    },
  };
}

function isPrefilled({ shape }: Sent, cut: GoingOn): boolean {
  return shape?.continuation !== undefined && cut.prefills(shape.continuation);
}

function shapeOf(quirks: Quirks): BodyShape {
  if (quirks.refuses('stream')) return SHAPES.whole;
  return quirks.refuses('stream-options') ? SHAPES.plain : SHAPES.usage;
}

/** A model that was shown an answer as its own may find it whole, and add nothing. */
function openStream(opening: Opening, listener: AttemptListener<LiveAnswer>, mayBeEmpty: boolean): StreamAttempt {
  const { lane, wire, checked, timeouts, time, deadlineAt, silence } = opening;
  // A trial that nobody can be asked beside must not hold its caller for as long as the longest thought may take.
  const own = Math.min(timeouts.firstContent, opening.trial && silence !== false ? silence : Infinity);
  const firstContent = lane.deployment.quirks.refuses('stream')
    ? unaryLimit(timeouts, checked.maxOutputTokens, time)
    : withinDeadline(own, time);
  const limits = {
    firstContent,
    betweenChunks: timeouts.betweenChunks,
    deadlineAt,
    choices: checked.choices,
    // Nobody can tell a word at which it was to end from none.
    mayBeEmpty: mayBeEmpty || checked.stops,
  };
  return new StreamAttempt(lane, wire, limits, listener);
}
