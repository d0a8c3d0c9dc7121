/** What the application may say per call. */
import type { DeploymentRetryOptions, FailoverOptions, Requirements, TimeoutOptions } from '../config/options.js';
import type { CannedReply } from './canned-reply.js';

/** Options of `chat` and `stream`; the configured ones stand in for what is left out. Durations are milliseconds. */
export interface CallOptions<Chain extends string = string> {
  /** The chain to use, unless the request's `model` names one. @default 'default' */
  chain?: Chain | undefined;
  /** Aborts the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** For the whole call, all attempts and waits included. */
  deadline?: number | undefined;
  timeouts?: TimeoutOptions | undefined;
  retry?: DeploymentRetryOptions | undefined;
  /** A streamed attempt that has been silent for so long is raced by another candidate; `false` for no race. */
  raceAfter?: number | false | undefined;
  /** When a streamed answer breaks off after content: another candidate goes on with it, or it ends with an error. */
  onStreamFailure?: FailoverOptions['onStreamFailure'] | undefined;
  /**
   * `chat` only: streams underneath, so that a stall is seen early and a cut answer is asked for again, unseen by the
   * caller.
   */
  streamInside?: boolean | undefined;
  /** Attempts at most, whatever the length of the chain. */
  maxAttempts?: number | undefined;
  /** Skips candidates to which the request cannot be said as it is, instead of leaving out what they do not know. */
  strictParameters?: boolean | undefined;
  /** In addition to what the chain demands. */
  require?: Requirements | undefined;
  /** Waiting calls of higher priority are served first. @default 0 */
  priority?: number | undefined;
  /** Instead of the configured one; `false` for an error. */
  cannedReply?: CannedReply | false | undefined;
  /** The caller's languages for a canned reply, best first. Adapters read them from `accept-language`. */
  locales?: readonly string[] | (() => readonly string[]) | undefined;
  /** Whether the caller is itself trying again; one attempt fewer then. Adapters read `x-stainless-retry-count`. */
  callerRetries?: boolean | undefined;
  /**
   * For whom the call is, for `balance: 'sticky'`: any name that stays the same for a user. Never sent to an upstream. The
   * request's own `user` where it is missing.
   */
  user?: string | undefined;
  /** Handed on to events and to a canned reply's function. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
}
