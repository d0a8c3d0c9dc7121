import type { WireAction, WireActions, WireTransform } from './wire-action.js';

/** Declares more bytes than are sent and closes the connection, as a server that dies while it answers does. */
export function overstateLength(by: number): WireTransform {
  return async function* overstate(actions: WireActions): AsyncGenerator<WireAction> {
    for await (const action of actions) {
      if (action.kind === 'head') {
        if (typeof action.framing === 'string')
          throw new Error('overstateLength() needs a reply that declares its length');
        yield { ...action, framing: { length: action.framing.length + by } };
      } else {
        yield action.kind === 'end' && action.how === 'finish' ? { kind: 'end', how: 'close' } : action;
      }
    }
  };
}

/** Leaves the end of the connection as the only sign that the body is over. */
export async function* delimitByConnectionEnd(actions: WireActions): AsyncGenerator<WireAction> {
  for await (const action of actions) {
    yield action.kind === 'head' ? { ...action, framing: 'connection-end' } : action;
  }
}

/** Lets a kept connection die when the next request comes on it. */
export function closeBetweenRequests(how: 'close' | 'reset'): WireTransform {
  return async function* stale(actions: WireActions): AsyncGenerator<WireAction> {
    for await (const action of actions) yield action.kind === 'end' ? { ...action, stale: how } : action;
  };
}
