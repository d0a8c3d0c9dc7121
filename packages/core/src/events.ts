/** Everything that happens, as typed events. Metrics, logs and alarms are listeners and nothing more. */
import type { CircuitChange, CircuitState } from './breaker/circuit.js';
import type { CallErrorKind } from './errors.js';
import type { HealthStatus } from './health/health-status.js';
import type { BreakerEffect, FailureClass, RestScope } from './judgement/failure.js';
import type { LimitKind } from './judgement/rate-limits.js';
import type { AccountClass } from './pool/account-limit.js';
import type { RestReason } from './pool/cooldown.js';
import type { RefusableFeature } from './pool/quirks.js';
import type { ChatUsage } from './request/chat-types.js';
import type { StateFault } from './state/read-snapshot.js';
import type { Indicator } from './status-page/summary.js';

/** How a reply fell short of what was asked. */
export type Degradation =
  /** Another model of the chain gave it. */
  | 'downgraded'
  /** It broke off, and another candidate went on with it. */
  | 'continued'
  /** Nobody gave it. */
  | 'canned';

interface CallFacts {
  /** Also `reply.failover.requestId`. */
  readonly callId: string;
  /** The chain in use. */
  readonly chain: string;
  /** What the application passed as `metadata`. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

interface AttemptFacts {
  readonly callId: string;
  /** `model@upstream` */
  readonly deployment: string;
  readonly model: string;
  readonly upstream: string;
  /** Position of the key in the upstream's list, from 1. */
  readonly key: number;
  /** The attempt's number in its call, from 1. */
  readonly attempt: number;
}

interface Circuit {
  readonly upstream: string;
  /** Missing for the circuit of a whole upstream, which opens when connections fail. */
  readonly deployment: string | undefined;
  readonly from: CircuitState;
  readonly reason: CircuitChange['reason'];
}

interface QuotaFacts {
  readonly upstream: string;
  /** In the upstream's own unit; missing where there is no limit any more. */
  readonly remaining: number | undefined;
  readonly limit: number | undefined;
  /** `remaining` of `limit`, 0 to 1. */
  readonly ratio: number | undefined;
  /** Milliseconds since 1970. */
  readonly resetsAt: number | undefined;
}

interface LearnedLimitFacts {
  readonly upstream: string;
  /** Missing where several models of an account share their limits. */
  readonly deployment: string | undefined;
  /** Position of the key, from 1; missing where the keys of an account share their limits. */
  readonly key: number | undefined;
  /** What is counted. */
  readonly kind: LimitKind;
  readonly from: 'headers' | 'refusals';
  /** As the headers tell it; per minute where refusals told of it. */
  readonly limit: number;
  /** As told last; missing for the first time. */
  readonly before: number | undefined;
}

interface Alarm {
  readonly upstream: string;
  readonly deployment: string;
  /** Milliseconds until it is tried again. */
  readonly restsFor: number;
  /** What happened and what to do, in one line. */
  readonly message: string;
}

/** Name and payload of each event. Durations are milliseconds. No payload holds a prompt, an answer or a key. */
export interface FailoverEvents {
  /** A call has been checked and routed. */
  'call-started': CallFacts;
  /** It has its answer; a streamed one, whole. */
  'call-answered': CallFacts & {
    readonly deployment: string;
    readonly model: string;
    readonly upstream: string;
    readonly attempts: number;
    readonly duration: number;
    /** Another deployment had been asked before the one that answered. */
    readonly failedOver: boolean;
    readonly degraded: 'downgraded' | 'continued' | undefined;
    /** The caller got it piece by piece. */
    readonly streamed: boolean;
    readonly usage: ChatUsage | undefined;
  };
  /** Its answer falls short. */
  'call-degraded': CallFacts & {
    readonly degraded: Degradation;
    /** Why nothing better could be had. */
    readonly reason: CallErrorKind | 'downgraded' | 'continued';
    readonly attempts: number;
    readonly duration: number;
  };
  /** It ends with a `CallError`. */
  'call-failed': CallFacts & {
    readonly kind: CallErrorKind;
    readonly status: number;
    readonly attempts: number;
    readonly duration: number;
  };
  /** The caller has left. */
  'call-aborted': CallFacts & { readonly attempts: number; readonly duration: number };
  /** Nothing can be asked at this moment, but something may be soon. */
  'call-waiting': CallFacts & {
    /** At most this long. */
    readonly duration: number;
    readonly reason: 'hint' | 'queue' | 'back-off';
  };

  /** It was the turn of a candidate that cannot serve the request at all. Costs no attempt; once per call and deployment. */
  'candidate-skipped': CallFacts & {
    /** `model@upstream` */
    readonly deployment: string;
    /** What it cannot do: "cannot see images". */
    readonly reason: string;
  };

  /** A request goes out. */
  'attempt-started': AttemptFacts;
  /** It does not go out as the application wrote it, because the provider does not know everything that it says. */
  'request-adapted': AttemptFacts & {
    /** What is left out or said differently, each in words. */
    readonly changes: readonly string[];
  };
  /** A streamed attempt has said something; how it ends is told later. */
  'first-content': AttemptFacts & {
    /** Since it began. */
    readonly duration: number;
  };
  /** A whole answer has come. */
  'attempt-succeeded': AttemptFacts & {
    readonly duration: number;
    /** Missing where it was not streamed. */
    readonly firstContentAfter: number | undefined;
    readonly usage: ChatUsage | undefined;
  };
  /** It failed, and was judged. */
  'attempt-failed': AttemptFacts & {
    readonly duration: number;
    readonly class: FailureClass;
    readonly breaker: BreakerEffect;
    readonly status: number | undefined;
    readonly code: string | undefined;
    readonly hint: number | undefined;
    /** The call's deadline, not the attempt's own limit, ended it. */
    readonly limitedByDeadline: boolean;
    /** One line for people. */
    readonly message: string;
  };
  /** Ended by us, and nobody's fault. */
  'attempt-aborted': AttemptFacts & { readonly duration: number };
  /** The upstream sent events that could not be read in an answer whose rest was whole; they were left out. */
  'frames-skipped': AttemptFacts & { readonly count: number };
  /** An attempt was silent for too long; the first content of the two wins. */
  'race-started': {
    readonly callId: string;
    /** `model@upstream` of the silent attempt. */
    readonly silent: string;
    /** `model@upstream` of the one that started beside it. */
    readonly challenger: string;
    /** Milliseconds of silence. */
    readonly after: number;
    /** The silent attempt was a trial of a half-open circuit. */
    readonly trial: boolean;
  };
  /** A streamed answer broke off and another attempt goes on with it. */
  'stream-continued': CallFacts & {
    /** `model@upstream` whose answer broke off. */
    readonly from: string;
    /** `model@upstream` that goes on. */
    readonly to: string;
    /** From a prefilled assistant turn, by repeating the last words first, or all over again where nobody has read any. */
    readonly by: 'prefill' | 'repeating' | 'asking-again';
    /** Of the answer, before it broke off. */
    readonly sentCharacters: number;
  };
  /** An upstream does not take something of ours. It is remembered, and the upstream is asked again without. */
  'feature-refused': {
    /** `model@upstream` */
    readonly deployment: string;
    readonly upstream: string;
    readonly model: string;
    readonly feature: RefusableFeature;
  };

  /** Something rests. */
  'cooldown-started': {
    readonly scope: RestScope;
    readonly upstream: string;
    /** Missing when a whole key or upstream rests. */
    readonly deployment: string | undefined;
    /** Position of the key, from 1; missing when more than a key rests. */
    readonly key: number | undefined;
    readonly reason: RestReason;
    readonly duration: number;
    /** The upstream named the time. */
    readonly hinted: boolean;
  };
  /** Ended early by `wake()`; one that runs out says nothing. */
  'cooldown-ended': { readonly scope: RestScope; readonly upstream: string; readonly deployment: string | undefined };
  /** The pool was changed by hand, or by what an upstream was found to serve. */
  'pool-changed': {
    readonly change: 'added' | 'removed' | 'updated' | 'discovered';
    readonly upstream: string;
    /** What it serves now. */
    readonly models: readonly string[];
  };
  /** An upstream's list of models does not name one that it should serve. */
  'model-not-listed': {
    /** `model@upstream` */
    readonly deployment: string;
    readonly upstream: string;
    readonly model: string;
    /** The upstream's name for it, as configured. */
    readonly modelId: string;
    /** Names in the list that resemble it. */
    readonly nearest: readonly string[];
    /** It is not asked for it. */
    readonly skipped: boolean;
    /** What was found and what follows, in one line. */
    readonly message: string;
  };
  /** A circuit lets nobody through. */
  'circuit-opened': Circuit & {
    /** Milliseconds until trials are let through; missing when it was forced open. */
    readonly openFor: number | undefined;
  };
  /** It lets trials through. */
  'circuit-half-opened': Circuit;
  /** It lets everybody through. */
  'circuit-closed': Circuit;
  /** A limit of an upstream was found out, or is another by at least a fifth: by its headers, or because it began to refuse. */
  'limit-learned': LearnedLimitFacts;
  /** A deployment is better or worse off, or a whole upstream; only where health is probed. */
  'health-changed': {
    readonly upstream: string;
    /** Missing for the upstream itself. */
    readonly deployment: string | undefined;
    readonly from: HealthStatus;
    readonly to: HealthStatus;
    /** One line for people. */
    readonly reason: string;
  };
  /** More than `criticalRatio` of the models have nobody to serve them. */
  'pool-critical': {
    /** Those out. */
    readonly models: readonly string[];
    /** How many there are in all. */
    readonly of: number;
    readonly message: string;
  };
  /** That is over. */
  'pool-recovered': {
    /** Those that are still out. */
    readonly models: readonly string[];
    readonly of: number;
    /** Since `pool-critical`. */
    readonly duration: number;
  };
  /** A retry or a race was not begun, because too many are under way. */
  'retry-budget-exhausted': { readonly callId: string; readonly inUse: number; readonly limit: number };

  /** A key was refused. */
  'credential-rejected': Alarm & {
    readonly key: number;
    /** The last four characters of the key, no more; empty for a key shorter than twelve. */
    readonly lastFour: string;
  };
  /** The upstream does not serve what our configuration says it does: a wrong URL, as a rule. */
  'upstream-misconfigured': Alarm & { readonly url: string };
  /** The upstream does not know the model, or the key may not use it. */
  'model-rejected': Alarm & { readonly model: string };
  /** A key has nothing left; the whole upstream, where its quota is asked for. */
  'quota-exhausted': {
    readonly upstream: string;
    /** Missing when a whole upstream has nothing left. */
    readonly deployment: string | undefined;
    /** Missing when a whole upstream has nothing left. */
    readonly key: number | undefined;
    /** Milliseconds until it is tried again. */
    readonly restsFor: number;
    /** What happened, in one line. */
    readonly message: string;
  };
  /** The quota of an upstream has fallen below `warnBelow`. Told again only after it has been above. */
  'quota-low': QuotaFacts & {
    /** One line for people. */
    readonly message: string;
  };
  /** It is above `warnBelow` again. */
  'quota-recovered': QuotaFacts;
  /** The status page of a service says something else than before, or has other incidents. Nothing follows from it. */
  'status-page-changed': {
    readonly url: string;
    /** Names of the upstreams that look at it. */
    readonly upstreams: readonly string[];
    /** Missing when it was read for the first time. */
    readonly from: Indicator | undefined;
    readonly to: Indicator;
    /** In the page's words, on one line. */
    readonly description: string;
    /** Names of unresolved incidents, at most ten. */
    readonly incidents: readonly string[];
  };
  /**
   * Most keys of an upstream have failed alike within ten seconds, which is one limit of the account: all of it rests, and no key is
   * blamed. An alarm where waiting does not mend it: a used-up quota, refused keys.
   */
  'account-limited': {
    readonly upstream: string;
    /** `model@upstream` where the limit is of one model, because another has been answering; all keys rest there. */
    readonly deployment: string | undefined;
    readonly class: AccountClass;
    /** The keys that have failed, by their positions, from 1. */
    readonly keys: readonly number[];
    readonly duration: number;
    /** What happened and what to do, in one line. */
    readonly message: string;
  };
  /** What an earlier process saved could not be read or trusted; the engine began as new, and that file is put aside before the next is written. */
  'state-not-restored': {
    /** Absolute. */
    readonly file: string;
    readonly reason: StateFault;
    /** What happened, in one line. */
    readonly message: string;
  };
  /** The state could not be saved; it is tried again. Told once, until saving has succeeded again. */
  'state-not-saved': {
    /** Absolute. */
    readonly file: string;
    /** As the system calls it, such as `ENOSPC`; or `too-large`. */
    readonly reason: string;
    /** What happened, in one line. */
    readonly message: string;
  };
  /** The application uses us in a way that cannot work well. */
  'misuse-detected': { readonly code: `AIF_MISUSE_${string}`; readonly message: string };

  /** A listener, hook or function of the application threw; the call went on. */
  'hook-failed': { readonly hook: string; readonly error: unknown };
  /** `close()` has ended. */
  closed: { readonly aborted: number };
}

export type EventName = keyof FailoverEvents;
export type Listener<Name extends EventName> = (event: FailoverEvents[Name]) => void;
/** Name and payload of any event; testing the name narrows the payload. */
export type AnyEvent = { [Name in EventName]: [name: Name, event: FailoverEvents[Name]] }[EventName];
export type AnyListener = (...event: AnyEvent) => void;
/** For whoever does not look into payloads. */
export type NameListener = (name: EventName, event: unknown) => void;

/** What the engine's parts tell, and who may listen. */
export interface Events {
  /** Whether building this event is worth it. */
  heard(name: EventName): boolean;
  emit<Name extends EventName>(name: Name, event: FailoverEvents[Name]): void;
  /** Listens to one event; returns the way to stop. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void;
  /** Listens to all of them. */
  onAny(listener: AnyListener | NameListener): () => void;
}
