/** What a failed inquiry says to whoever asks again and again. */
import { classify } from '../judgement/classify.js';
import { readErrorBody } from '../judgement/error-body.js';
import type { Failure } from '../judgement/failure.js';
import { readHint } from '../judgement/retry-after.js';

export interface FailedInquiry {
  /** One line for people, without a word of the upstream's own. */
  readonly problem: string;
  /** Milliseconds that the upstream asked us to wait. */
  readonly hint: number | undefined;
}

export function failedInquiry(failure: Failure): FailedInquiry {
  const { message } = classify(failure);
  if (failure.kind !== 'status') return { problem: message, hint: undefined };
  const { status, headers, body } = failure;
  return {
    problem: message,
    hint: readHint({ headers, error: readErrorBody(body), limited: status === 429 }, Date.now()),
  };
}
