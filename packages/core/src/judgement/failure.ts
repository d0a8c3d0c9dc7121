/** What can go wrong with an attempt, as it was observed, before anyone judges it. */

/** The classes of the judgement table (`docs/architecture.md`). Nothing else decides what happens after a failure. */
export type FailureClass =
  | 'client-abort'
  | 'request'
  | 'misconfigured'
  | 'credential'
  | 'model'
  | 'quota'
  | 'rate-limited'
  | 'overloaded'
  | 'server'
  | 'connect'
  | 'stale-socket'
  | 'silent'
  | 'slow'
  | 'timeout'
  | 'protocol'
  | 'cut'
  | 'local';

/** The phase of an attempt in which its timer ran out. */
export type TimeoutPhase = 'connect' | 'pool' | 'write' | 'first-content' | 'between-chunks' | 'unary' | 'deadline';

/** The facts of one failed attempt. */
export type Failure =
  /** The upstream answered with a status that is no success. */
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      /** The beginning of the body, at most 64 KB. */
      readonly body: string;
    }
  /** An error object where a reply was expected: inside a 200, or as a frame of a stream. */
  | {
      readonly kind: 'error-body';
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: string;
    }
  /** The socket failed. */
  | {
      readonly kind: 'socket';
      readonly error: Error;
      /** Before the connection was usable. */
      readonly connecting: boolean;
      /** The socket had served an earlier response. */
      readonly reused: boolean;
      /** A byte of this response had come. */
      readonly received: boolean;
      /** Milliseconds since the request was written. */
      readonly sinceWrite: number;
      /** Content had begun. */
      readonly content: boolean;
    }
  /** A timer of ours ran out. */
  | {
      readonly kind: 'timeout';
      readonly phase: TimeoutPhase;
      /** The limit, in milliseconds. */
      readonly limit: number;
      readonly received: boolean;
      /** The attempt's own limit was longer; the call's deadline cut it. */
      readonly limitedByDeadline: boolean;
      readonly streamed: boolean;
    }
  /** Bytes came, but they are no reply. `problem` is in our own words: it is shown, so no byte of the upstream goes in. */
  | { readonly kind: 'protocol'; readonly problem: string }
  /** The reply ended before it was complete; `content` if some of it had begun. */
  | { readonly kind: 'cut'; readonly content?: boolean }
  /** Overtaken by another attempt of the same call. */
  | { readonly kind: 'overtaken'; readonly received: boolean }
  /** The caller left, or the call was aborted. */
  | { readonly kind: 'aborted' }
  /** Our own refusal: nothing is said about the upstream. `reason` is in our own words. */
  | {
      readonly kind: 'local';
      readonly reason: string;
      /** It is about one key; the others may be asked. */
      readonly ofKey?: true;
    };

/** What a verdict means for the deployment's circuit. */
export type BreakerEffect = 'success' | 'failure' | 'neutral';

/** What has to rest after a failure. */
export type RestScope = 'lane' | 'key' | 'deployment' | 'upstream';

/** The judgement of one failed attempt. */
export interface Verdict {
  readonly class: FailureClass;
  readonly breaker: BreakerEffect;
  /**
   * How long the upstream asked us to wait, in milliseconds from now. Only for classes that time mends: rate-limited,
   * overloaded, quota, server, protocol.
   */
  readonly hint: number | undefined;
  /** The upstream's error code or type, if it named one. */
  readonly code: string | undefined;
  /** One line for people; never holds a key or a prompt. */
  readonly message: string;
  /** HTTP status, or the one that an error inside a 200 named. */
  readonly status?: number;
  /**
   * The same deployment may be asked once more in this call, after its back-off or its hint, when no other can serve.
   * Missing means no. False for a class that allows it when the upstream said `x-should-retry: false`.
   */
  readonly retrySame?: boolean;
  /** Class `local` only: it is about one key; the deployment's others may be asked. */
  readonly ofKey?: true;
  /** Class `request` only: the prompt was too long for this model; one with a larger window may take it. */
  readonly contextLength?: boolean;
  /**
   * Class `request` only: the provider's own words for the caller, on one line, at most 2,000 characters. They may
   * quote the prompt; as `classify` returns them, keys too.
   */
  readonly providerMessage?: string;
}
