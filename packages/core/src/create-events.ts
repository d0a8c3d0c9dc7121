/** Tells listeners what happens, and the process what nobody listens to but somebody should know. */
import type { EventName, Events, FailoverEvents, Listener, NameListener } from './events.js';

/** Events that somebody should hear of even when nobody listens: they become process warnings then. */
const ALARMS: ReadonlySet<EventName> = new Set<EventName>([
  'credential-rejected',
  'upstream-misconfigured',
  'model-rejected',
  'quota-exhausted',
  'account-limited',
  'quota-low',
  'model-not-listed',
  'misuse-detected',
  'pool-critical',
  'state-not-restored',
  'state-not-saved',
]);

type AnyPayload = (event: unknown) => unknown;

/** A listener that throws is reported once as `hook-failed` and never disturbs a call. */
export function createEvents(): Events {
  // Lists that are replaced, never changed: every call emits several events, and walking a list makes no garbage.
  const listeners = new Map<EventName, readonly AnyPayload[]>();
  let any: readonly NameListener[] = [];

  function heard(name: EventName): boolean {
    return any.length > 0 || listeners.has(name) || ALARMS.has(name);
  }

  function emit<Name extends EventName>(name: Name, event: FailoverEvents[Name]): void {
    const own = listeners.get(name);
    if (own === undefined && any.length === 0) {
      warn(name, event);
      return;
    }
    if (own !== undefined) for (const listener of own) tell(listener, event, name);
    for (const listener of any) tellName(listener, name, event);
  }

  function tell(listener: AnyPayload, event: unknown, name: EventName): void {
    try {
      watch(listener(event), name);
    } catch (error) {
      report(name, error);
    }
  }

  function tellName(listener: (name: EventName, event: unknown) => unknown, name: EventName, event: unknown): void {
    try {
      watch(listener(name, event), name);
    } catch (error) {
      report(name, error);
    }
  }

  /** An async listener is welcome; its rejection would otherwise end the process. */
  function watch(result: unknown, name: EventName): void {
    if (result instanceof Promise) result.catch((error: unknown) => report(name, error));
  }

  function report(name: EventName, error: unknown): void {
    if (name !== 'hook-failed') emit('hook-failed', { hook: `listener of ${name}`, error });
  }

  return {
    heard,
    emit,
    on<Name extends EventName>(name: Name, listener: Listener<Name>) {
      // One for each registration, so that stopping it leaves another of the same function. That name and payload belong
      // together is in the signature of `emit`, which the compiler cannot see here.
      const own: AnyPayload = (event) => listener(event as FailoverEvents[Name]);
      listeners.set(name, [...(listeners.get(name) ?? []), own]);
      return () => {
        const left = (listeners.get(name) ?? []).filter((one) => one !== own);
        if (left.length > 0) listeners.set(name, left);
        else listeners.delete(name);
      };
    },
    onAny(listener) {
      const own: NameListener = (name, event) => (listener as NameListener)(name, event);
      any = [...any, own];
      return () => {
        any = any.filter((one) => one !== own);
      };
    },
  };
}

function warn<Name extends EventName>(name: Name, event: FailoverEvents[Name]): void {
  if (!ALARMS.has(name) || !('message' in event)) return;
  // A limit on the rate passes by itself.
  if ('class' in event && event.class === 'rate-limited') return;
  const code = ('code' in event ? event.code : undefined) ?? codeOf(name);
  process.emitWarning(event.message, { type: 'AIFailoverWarning', code });
}

function codeOf(name: EventName): string {
  return `AIF_${name.toUpperCase().replaceAll('-', '_')}`;
}
