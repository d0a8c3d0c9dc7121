/** A request as a deployment is sent it: with no larger limit than its model has, and without what it is known to refuse. */
import type { DeploymentSettings } from '../config/settings.js';
import type { Quirks } from '../pool/quirks.js';
import type { CheckedRequest } from '../request/check-request.js';
import type { RefusableParameter } from '../request/refusable.js';

/** What a request has to fit. */
export interface Fitting {
  readonly settings: Pick<DeploymentSettings, 'maxOutputTokens' | 'capabilities'>;
  readonly quirks: Pick<Quirks, 'parameters' | 'isOnlyFound'>;
}

/** Mostly the very same request. @param strict nothing of it may be missed unless that is known, and then it is not sent */
export function fitted(checked: CheckedRequest, fitting: Fitting, strict: boolean): CheckedRequest {
  return checked.within(fitting.settings.maxOutputTokens).without(refusedOf(checked, fitting, strict));
}

/** What was only found out may be taken beside other parameters, so a request of which nothing may be missed is sent with it. */
function refusedOf(checked: CheckedRequest, { quirks }: Fitting, strict: boolean): readonly RefusableParameter[] {
  const { parameters } = quirks;
  if (!strict || parameters.length === 0) return parameters;
  return parameters.filter((name) => !quirks.isOnlyFound(name) || checked.missedWithout([name]).length === 0);
}

const NONE: readonly string[] = [];

function leftOut(name: RefusableParameter): string {
  return name === 'thoughts' ? 'thoughts of earlier answers are left out' : `${name} is left out`;
}

/** Who cannot call several tools at once need not be told to call one. */
function isIdle(name: RefusableParameter, { capabilities }: Fitting['settings']): boolean {
  return name === 'parallel_tool_calls' && capabilities.parallelTools === false;
}

/** What that changes, each in words; empty for nearly all. The other name of a limit says the same. */
export function changesToFit(checked: CheckedRequest, fitting: Fitting, strict: boolean): readonly string[] {
  const { settings } = fitting;
  const { maxOutputTokens = Infinity } = settings;
  const lowered = checked.limitsAbove(maxOutputTokens);
  const missed = checked.missedWithout(refusedOf(checked, fitting, strict));
  if (lowered.length === 0 && missed.length === 0) return NONE;
  return [
    ...lowered.map(({ field, asked }) => `${field} ${asked} becomes ${maxOutputTokens}`),
    ...missed.filter((name) => !isIdle(name, settings)).map(leftOut),
  ];
}
