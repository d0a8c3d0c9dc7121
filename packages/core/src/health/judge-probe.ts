/** What the answer to a probe says. Less than the answer to a call: nobody has to offer a list of models to everybody. */
import { classify } from '../judgement/classify.js';
import type { Failure, FailureClass } from '../judgement/failure.js';
import type { ProbeOutcome } from './probe-state.js';

export interface ProbeVerdict {
  readonly outcome: Exclude<ProbeOutcome, 'ok'>;
  /** The failure's class, or the status that says nothing. */
  readonly error: string;
  /** One line for people; holds no key and no byte of the upstream's. */
  readonly message: string;
  /** The upstream asked to be left alone for so many milliseconds. */
  readonly hint: number;
}

/** What is known of earlier probes of the same kind there. */
export interface ProbePast {
  /** One has succeeded. Until then an error status says only that it may not be asked so. */
  readonly answered: boolean;
  /** Every key has been refused in turn. */
  readonly keysRefused: boolean;
}

/** Of the list of models. Undefined for what was our own refusal. */
export function judgeListed(failure: Failure, past: ProbePast): ProbeVerdict | undefined {
  const { class: judged, message, hint = 0 } = classify(failure);
  if (judged === 'local' || judged === 'client-abort') return undefined;
  const failed = failure.kind === 'status' ? isFailedStatus(failure.status, judged, past) : judged !== 'stale-socket';
  if (failed) return { outcome: 'failed', error: judged, message, hint };
  const error = failure.kind === 'status' ? String(failure.status) : judged;
  return { outcome: 'nothing', error, message, hint };
}

/** Of a completion: what a call would meet, but for what is wrong with the probe itself and for limits. */
export function judgeChat(failure: Failure): ProbeVerdict | undefined {
  const { class: judged, message, hint = 0 } = classify(failure);
  if (judged === 'local' || judged === 'client-abort') return undefined;
  return { outcome: SAYS_NOTHING.has(judged) ? 'nothing' : 'failed', error: judged, message, hint };
}

const SAYS_NOTHING: ReadonlySet<FailureClass> = new Set<FailureClass>([
  'request',
  'rate-limited',
  'quota',
  'stale-socket',
]);

function isFailedStatus(status: number, judged: FailureClass, { answered, keysRefused }: ProbePast): boolean {
  if (judged === 'rate-limited' || judged === 'quota') return false;
  if (status === 401) return answered && keysRefused;
  return answered && (status === 408 || (status >= 500 && status !== 501));
}
