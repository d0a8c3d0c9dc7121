/** What a call comes to when nobody is left who could answer it. */
import { now } from '../clock.js';
import type { CallError } from '../errors.js';
import type { Deployment } from '../pool/pool.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { CallInput } from './call-input.js';
import { callFailure } from './call-failure.js';
import type { CallReport } from './call-report.js';
import { shortenOpenTimes } from './chain-out.js';
import { giveCanned } from './give-canned.js';
import type { CallEnvironment, Search } from './search.js';

export interface Exhausted<Answer> {
  readonly environment: CallEnvironment;
  readonly input: CallInput;
  readonly search: Search<Answer>;
  readonly report: CallReport;
}

/**
 * The canned reply. Never for the caller's own fault.
 *
 * @throws CallError when there is none
 * @throws the reason of an abort
 */
export async function degrade<Answer>(exhausted: Exhausted<Answer>): Promise<ChatCompletion> {
  const { environment, input, search, report } = exhausted;
  const error = whyNobody(exhausted);
  const { interruption } = search;
  const canned = input.options.cannedReply ?? environment.settings.cannedReply;
  let completion: ChatCompletion | undefined;
  if (error.kind !== 'bad-request' && canned !== undefined && canned !== false) {
    const onFault = (hook: string, fault: unknown): void => report.hookFailed(hook, fault);
    completion = await giveCanned(canned, input, { interruption, onFault });
  }
  interruption.throwIfAborted();
  if (completion === undefined) throw error;
  report.degraded('canned', error.kind);
  return completion;
}

/** The error of a call that nobody could answer. */
function whyNobody<Answer>({ input, search, report }: Exhausted<Answer>): CallError {
  const { route } = input;
  const at = now();
  shortenOpenTimes(route);
  const { lastVerdict, lastError } = search;
  const tokens = (deployment: Deployment): number => search.tokens(deployment);
  if (lastVerdict?.class === 'request') return search.refusal(lastVerdict);
  const deadlinePassed = search.isOver(at);
  return callFailure({ deadlinePassed, route, at, tokens, attempts: report.trail, cause: lastError });
}
