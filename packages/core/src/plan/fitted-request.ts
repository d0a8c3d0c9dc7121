/** A request as a deployment is sent it: with no larger limit than its model has, and without what it is known to refuse. */
import type { DeploymentSettings } from '../config/settings.js';
import type { Quirks } from '../pool/quirks.js';
import type { CheckedRequest } from '../request/check-request.js';

/** What a request has to fit. */
export interface Fitting {
  readonly settings: Pick<DeploymentSettings, 'maxOutputTokens'>;
  readonly quirks: Pick<Quirks, 'parameters'>;
}

/** Mostly the very same request. */
export function fitted(checked: CheckedRequest, { settings, quirks }: Fitting): CheckedRequest {
  return checked.within(settings.maxOutputTokens).without(quirks.parameters);
}

const NONE: readonly string[] = [];

/** What that changes, each in words; empty for nearly all. The other name of a limit says the same. */
export function changesToFit(checked: CheckedRequest, { settings, quirks }: Fitting): readonly string[] {
  const { maxOutputTokens = Infinity } = settings;
  const lowered = checked.limitsAbove(maxOutputTokens);
  const missed = checked.missedWithout(quirks.parameters);
  if (lowered.length === 0 && missed.length === 0) return NONE;
  return [
    ...lowered.map(({ field, asked }) => `${field} ${asked} becomes ${maxOutputTokens}`),
    ...missed.map((name) => (name === 'thoughts' ? 'thoughts of earlier answers are left out' : `${name} is left out`)),
  ];
}
