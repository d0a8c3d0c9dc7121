/** How streamed attempts are made, and what they can do without where an upstream refuses it. */
import type { Verdict } from '../judgement/failure.js';
import { refusedFeature } from '../judgement/refused-feature.js';
import type { Lane } from '../pool/pool.js';
import type { BodyShape, Continuation, StreamFields } from '../request/checked-request.js';
import type { AttemptListener } from './attempt.js';
import { unaryLimit, withinDeadline } from './attempt-limit.js';
import type { Conduct, Opening } from './conduct.js';
import { StreamAttempt, type LiveAnswer } from './stream-attempt.js';

export type Feature = 'stream' | 'stream-options' | 'prefill';

/** An upstream has refused a feature; told once for each deployment. */
export type OnRefused = (lane: Lane, feature: Feature) => void;

/** How an answer that was cut is gone on with. */
export interface GoingOn {
  /** Undefined asks for the whole answer once more. */
  continuationFor(lane: Lane): Continuation | undefined;
  /** Whether it ends with an assistant message, which not every model takes. */
  prefills(continuation: Continuation): boolean;
}

const WITH_USAGE: StreamFields = { stream: true, stream_options: { include_usage: true } };
const PLAIN: StreamFields = { stream: true };
/** For streams that continue nothing: made once, because every call needs one. */
const SHAPES = { usage: { stream: WITH_USAGE }, plain: { stream: PLAIN }, whole: {} } as const;

/** Without `cut` nothing is continued. */
export function createStreamed(onRefused: OnRefused, cut?: GoingOn): Conduct<LiveAnswer> {
  function refuses(lane: Lane, feature: Feature): void {
    const { quirks } = lane.deployment;
    const known = quirks[FLAGS[feature]];
    quirks[FLAGS[feature]] = true;
    if (!known) onRefused(lane, feature);
  }

  return {
    streamed: true,

    shapeFor(lane) {
      const { refusesStream, refusesStreamOptions } = lane.deployment.quirks;
      const shape = refusesStream ? SHAPES.whole : refusesStreamOptions ? SHAPES.plain : SHAPES.usage;
      const continuation = cut?.continuationFor(lane);
      return continuation === undefined ? shape : { ...shape, continuation };
    },

    open(opening, listener) {
      const continuation = cut?.continuationFor(opening.lane);
      return openStream(opening, listener, continuation !== undefined && cut?.prefills(continuation) === true);
    },

    // By what was sent: of two attempts under way only the first finds out, and the second must not fail for what is known by now.
    doesWithout(lane, verdict, sent) {
      const prefilled = sent?.continuation !== undefined && cut?.prefills(sent.continuation) === true;
      const feature = prefilled && refusesPrefill(verdict) ? 'prefill' : refusedFeature(verdict);
      if (feature === undefined || (feature !== 'prefill' && !wasSent(feature, sent))) return false;
      refuses(lane, feature);
      return true;
    },
  };
}

const FLAGS = { stream: 'refusesStream', 'stream-options': 'refusesStreamOptions', prefill: 'refusesPrefill' } as const;

/** A model that was shown an answer as its own may find it whole, and add nothing. */
function openStream(opening: Opening, listener: AttemptListener<LiveAnswer>, mayBeEmpty: boolean): StreamAttempt {
  const { lane, wire, checked, timeouts, time, deadlineAt, silence } = opening;
  // A trial that nobody can be asked beside must not hold its caller for as long as the longest thought may take.
  const own = Math.min(timeouts.firstContent, opening.trial && silence !== false ? silence : Infinity);
  const firstContent = lane.deployment.quirks.refusesStream
    ? unaryLimit(timeouts, checked.maxOutputTokens, time)
    : withinDeadline(own, time);
  const limits = {
    firstContent,
    betweenChunks: timeouts.betweenChunks,
    deadlineAt,
    choices: checked.choices,
    mayBeEmpty,
  };
  return new StreamAttempt(lane, wire, limits, listener);
}

/** A refusal of a prefilled request is laid to the prefill, whatever its words: asked the other way, the rest will show. */
function refusesPrefill({ class: judged, contextLength }: Verdict): boolean {
  return judged === 'request' && contextLength !== true;
}

function wasSent(feature: 'stream' | 'stream-options', sent: BodyShape | undefined): boolean {
  return feature === 'stream' ? sent?.stream !== undefined : sent?.stream?.stream_options !== undefined;
}
