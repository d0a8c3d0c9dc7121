/** What a call comes to when nobody is left who could answer it. */
import { now } from '../clock.js';
import type { CallError } from '../errors.js';
import type { Objection } from '../plan/objection.js';
import { deploymentsOf } from '../plan/route.js';
import type { Deployment } from '../pool/pool.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { CallInput } from './call-input.js';
import { callFailure, unservableError } from './call-failure.js';
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
  const objections = new Map<Deployment, Objection>();
  const deployments: Deployment[] = [];
  for (const deployment of deploymentsOf(route)) {
    const objection = search.objectionTo(deployment);
    if (objection === undefined) deployments.push(deployment);
    else objections.set(deployment, objection);
  }
  const { trail: attempts, skipped } = report;
  // Nobody is out: the request is what stands in the way.
  if (deployments.length === 0 && objections.size > 0) return unservableError(objections, skipped);
  shortenOpenTimes(route);
  const { lastVerdict, lastError } = search;
  const tokens = (deployment: Deployment): number => search.tokens(deployment);
  if (lastVerdict?.class === 'request') return search.refusal(lastVerdict);
  const deadlinePassed = search.isOver(at);
  const outputTokens = (deployment: Deployment): number => search.outputTokens(deployment);
  return callFailure({ deadlinePassed, deployments, at, tokens, outputTokens, attempts, skipped, cause: lastError });
}
