/** A request in a provider's words, made once for each deployment: objection, changes and body are asked for one after the other. */
import type { DeploymentSettings } from '../../config/settings.js';
import type { Fields } from '../../request/bad-request.js';
import type { CheckedRequest, Continuation, OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from './remarks.js';

export interface Translation {
  /** Without what tells a stream from a whole answer. */
  readonly body: Fields;
  readonly remarks: Remarks;
}

type TranslationOf = (
  request: CheckedRequest,
  deployment: DeploymentSettings,
  continuation?: Continuation,
) => Translation;

/** Continuations are translated each time: nobody asks for one twice. */
export function translatedOnce(
  translate: (request: OpenAIRequest, deployment: DeploymentSettings) => Translation,
): TranslationOf {
  const known = new WeakMap<CheckedRequest, Map<DeploymentSettings, Translation>>();
  return (request, deployment, continuation) => {
    if (continuation !== undefined) return translate(request.fields(continuation), deployment);
    let ofRequest = known.get(request);
    if (ofRequest === undefined) known.set(request, (ofRequest = new Map<DeploymentSettings, Translation>()));
    let translation = ofRequest.get(deployment);
    if (translation === undefined) {
      translation = translate(request.fields(), deployment);
      ofRequest.set(deployment, translation);
    }
    return translation;
  };
}
