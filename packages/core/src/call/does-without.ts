/** Whether what an upstream refuses can be done without; if so, that is remembered, and the same request is sent again without it. */
import type { Verdict } from '../judgement/failure.js';
import { isContentCode } from '../judgement/provider-words.js';
import { refusedFeature } from '../judgement/refused-feature.js';
import type { Lane } from '../pool/pool.js';
import { isParameter, type RefusableFeature } from '../request/refusable.js';
import type { Sent } from './conduct.js';

/** An upstream has refused a feature; told once for each deployment. */
export type OnRefused = (lane: Lane, feature: RefusableFeature) => void;

export interface Refused {
  readonly lane: Lane;
  readonly verdict: Verdict;
  readonly sent: Sent;
  /** Of a request that ended with an assistant message: has the upstream asked in another way from now on, in this call. */
  readonly doubtPrefill?: () => void;
}

/** By what was sent: of two attempts under way only the first finds out, and the second must not fail for what is known by now. */
export function doesWithout(refused: Refused, onRefused: OnRefused): boolean {
  const { lane, verdict, sent } = refused;
  const { quirks } = lane.deployment;
  const feature = refusedFeature(verdict);
  if (feature === undefined || !wasSent(feature, sent)) return asksOtherwise(refused);
  if (!quirks.couldDoWithout(feature)) return false;
  if (quirks.note(feature)) onRefused(lane, feature);
  // Where it would be missed, this request is refused in the provider's words.
  return !sent.strict || !isParameter(feature) || sent.checked.missedWithout([feature]).length === 0;
}

/**
 * A refusal of a prefilled request that names nothing else may be about the prefill: asked the other way, the rest will show. Not what is
 * about the content, which is the same either way.
 */
function asksOtherwise({ verdict, doubtPrefill }: Refused): boolean {
  const { class: judged, contextLength, code } = verdict;
  if (doubtPrefill === undefined || judged !== 'request' || contextLength === true || isContentCode(code)) return false;
  doubtPrefill();
  return true;
}

function wasSent(feature: Exclude<RefusableFeature, 'prefill'>, { checked, shape }: Sent): boolean {
  if (feature === 'stream') return shape?.stream !== undefined;
  return feature === 'stream-options' ? shape?.stream?.stream_options !== undefined : checked.says(feature);
}
