/** Whether what an upstream refuses can be done without; if so, that is remembered, and the same request is sent again without it. */
import type { Verdict } from '../judgement/failure.js';
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
  /** It ended with an assistant message. */
  readonly prefilled: boolean;
}

/** By what was sent: of two attempts under way only the first finds out, and the second must not fail for what is known by now. */
export function doesWithout(refused: Refused, onRefused: OnRefused): boolean {
  const feature = featureOf(refused);
  const { quirks } = refused.lane.deployment;
  if (feature === undefined || !quirks.couldDoWithout(feature)) return false;
  if (quirks.note(feature)) onRefused(refused.lane, feature);
  // Where it would be missed, this request is refused in the provider's words.
  const { strict, checked } = refused.sent;
  return !strict || !isParameter(feature) || checked.missedWithout([feature]).length === 0;
}

function featureOf({ verdict, sent, prefilled }: Refused): RefusableFeature | undefined {
  const feature = refusedFeature(verdict);
  if (feature !== undefined && wasSent(feature, sent)) return feature;
  return prefilled && refusesPrefill(verdict) ? 'prefill' : undefined;
}

function wasSent(feature: Exclude<RefusableFeature, 'prefill'>, { checked, shape }: Sent): boolean {
  if (feature === 'stream') return shape?.stream !== undefined;
  return feature === 'stream-options' ? shape?.stream?.stream_options !== undefined : checked.says(feature);
}

/** A refusal of a prefilled request that names nothing else is laid to the prefill: asked the other way, the rest will show. */
function refusesPrefill({ class: judged, contextLength }: Verdict): boolean {
  return judged === 'request' && contextLength !== true;
}
