/** Every error of ours. They are told apart by `code`, which survives duplicate installs of this package. */
import type { FailureClass } from './judgement/failure.js';

/** Base of all errors of ours. */
export abstract class AIFailoverError extends Error {
  /** Stable, `AIF_…`. */
  abstract readonly code: `AIF_${string}`;

  /** Whether `value` is an error of ours, also one of another copy of this package. */
  static is(value: unknown): value is AIFailoverError {
    return value instanceof Error && 'code' in value && typeof value.code === 'string' && value.code.startsWith('AIF_');
  }
}

/** One fault of the options. */
export interface ConfigIssue {
  /** Where, as one would write it in code: `upstreams[0].baseUrl`. */
  readonly path: string;
  /** What stands there, shortened; secrets are masked. Missing where there is nothing to show. */
  readonly value?: string;
  /** What was expected there, and what to do about it. */
  readonly expected: string;
  /** The nearest known name, for a typing mistake. */
  readonly suggestion?: string;
}

/** The options are wrong. Thrown once, at start, with every fault found. */
export class ConfigError extends AIFailoverError {
  override readonly name = 'ConfigError';
  readonly code = 'AIF_CONFIG';
  readonly #issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(describeIssue).join('\n'));
    this.#issues = issues;
  }

  /** Every fault by itself; the message names them all. */
  get issues(): readonly ConfigIssue[] {
    return this.#issues;
  }
}

function describeIssue({ path, value, expected, suggestion }: ConfigIssue): string {
  const found = value === undefined ? '' : ` (found ${value})`;
  const hint = suggestion === undefined ? '' : `. Did you mean "${suggestion}"?`;
  return `${path}: expected ${expected}${found}${hint}`;
}

/** One line of the trail: an attempt and how it ended. */
export interface AttemptRecord {
  /** `model@upstream` */
  readonly deployment: string;
  readonly model: string;
  readonly upstream: string;
  /** The position of the key in the upstream's list, from 1. */
  readonly key: number;
  readonly outcome: 'ok' | FailureClass;
  /** HTTP status, if one came. */
  readonly status?: number;
  /** The upstream's error code or type, if it named one. */
  readonly code?: string;
  /** What was left out of the request for this provider, or said differently. */
  readonly changes?: readonly string[];
  /** Milliseconds from the call's start to this attempt's start. */
  readonly startedAfter: number;
  /** Milliseconds from its start to its end. */
  readonly duration: number;
}

/** One that could not serve the request at all, so that it was not asked. */
export interface SkippedCandidate {
  /** `model@upstream` */
  readonly deployment: string;
  /** What it cannot do: "cannot see images". */
  readonly reason: string;
}

/** Why one attempt failed. The `cause` of a `CallError` when it was the last. */
export class AttemptError extends AIFailoverError {
  override readonly name = 'AttemptError';
  readonly code: `AIF_ATTEMPT_${string}`;
  /** The class of the judgement table. */
  readonly kind: FailureClass;
  /** `model@upstream` */
  readonly deployment: string;

  constructor(kind: FailureClass, deployment: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = `AIF_ATTEMPT_${constantCase(kind)}`;
    this.kind = kind;
    this.deployment = deployment;
  }
}

/** How a call can fail. */
export type CallErrorKind =
  | 'bad-request'
  | 'exhausted'
  | 'unavailable'
  | 'rate-limited'
  | 'deadline'
  /** A streamed answer broke off and could not be continued. */
  | 'interrupted'
  | 'closed';

const CALL_STATUS: Readonly<Record<CallErrorKind, number>> = {
  'bad-request': 400,
  exhausted: 502,
  unavailable: 503,
  'rate-limited': 429,
  deadline: 504,
  interrupted: 502,
  closed: 503,
};

export interface CallErrorDetails {
  readonly kind: CallErrorKind;
  /** Safe to show to anybody: no keys, no upstreams. */
  readonly message: string;
  /** The offending field of a bad request, such as `messages[1].role`. */
  readonly param?: string | undefined;
  /** The provider's own code of a bad request, such as `context_length_exceeded` or `content_filter`. */
  readonly providerCode?: string | undefined;
  /** Milliseconds until something may serve again. */
  readonly retryAfter?: number | undefined;
  readonly attempts?: readonly AttemptRecord[];
  readonly skipped?: readonly SkippedCandidate[];
  readonly cause?: unknown;
}

/**
 * A call has no answer. `status`, `statusCode` and `headers` are read by Express, Koa and Fastify; the message may be
 * shown to anybody. What happened is in `cause`, `attempts`, `skipped` and `providerCode`, which are not enumerable and so are not
 * serialised.
 */
export class CallError extends AIFailoverError {
  override readonly name = 'CallError';
  readonly code: `AIF_${string}`;
  readonly kind: CallErrorKind;
  readonly status: number;
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly expose = true;
  readonly param: string | undefined;
  readonly #providerCode: string | undefined;
  readonly #attempts: readonly AttemptRecord[];
  readonly #skipped: readonly SkippedCandidate[];

  constructor(details: CallErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = `AIF_${constantCase(details.kind)}`;
    this.kind = details.kind;
    this.status = CALL_STATUS[details.kind];
    this.statusCode = this.status;
    this.headers = errorHeaders(details.retryAfter);
    this.param = details.param;
    this.#providerCode = details.providerCode;
    this.#attempts = details.attempts ?? [];
    this.#skipped = details.skipped ?? [];
  }

  /** Whether `value` is a `CallError`, also one of another copy of this package. */
  static override is(value: unknown): value is CallError {
    return AIFailoverError.is(value) && 'kind' in value && 'status' in value && 'headers' in value;
  }

  /** The provider's own code of a bad request, such as `context_length_exceeded` or `content_filter`. */
  get providerCode(): string | undefined {
    return this.#providerCode;
  }

  /** The trail. */
  get attempts(): readonly AttemptRecord[] {
    return this.#attempts;
  }

  /** Those who could not serve the request at all. */
  get skipped(): readonly SkippedCandidate[] {
    return this.#skipped;
  }
}

/** `x-should-retry: false` keeps the official clients from multiplying our attempts by theirs. */
function errorHeaders(retryAfter: number | undefined): Readonly<Record<string, string>> {
  if (retryAfter === undefined) return { 'x-should-retry': 'false' };
  return { 'x-should-retry': 'false', 'retry-after': String(Math.max(1, Math.ceil(retryAfter / 1000))) };
}

function constantCase(kind: string): string {
  return kind.toUpperCase().replaceAll('-', '_');
}
