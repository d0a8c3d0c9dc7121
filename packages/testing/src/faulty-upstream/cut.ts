import type { Ending, WireAction, WireActions, WireTransform } from './wire-action.js';

/**
 * A place in a reply.
 *
 * - `request`: once the request has been read, before anything is sent.
 * - `head`: after the status line and the headers.
 * - `bytes`: after so many bytes of the body.
 * - `events`: after so many server-sent events. In `stream()` the first one carries the role and no content, and
 *   comments count.
 * - `end`: after the whole body, before HTTP is told that it is over. A body of a declared length is over by itself.
 */
export type Point = 'request' | 'head' | 'end' | { readonly bytes: number } | { readonly events: number };

/** Ends a reply at a point. A reply that is over before it is a mistake of the test, and an error. */
export function cutAt(point: Point, how: Exclude<Ending, 'finish'>): WireTransform {
  return async function* cut(actions: WireActions): AsyncGenerator<WireAction> {
    const end: WireAction = { kind: 'end', how };
    if (point === 'request') {
      yield end;
      return;
    }
    const meter = meterFor(point);
    for await (const action of actions) {
      const { passed, reached } = meter(action);
      if (action.kind === 'end' && !reached) throw new Error(`the reply was over before ${describe(point)}`);
      if (passed) yield passed;
      if (reached) {
        yield end;
        return;
      }
    }
  };
}

/** Ends a reply after the first byte of a character that has several. */
export function cutInsideCharacter(how: Exclude<Ending, 'finish'>): WireTransform {
  return async function* cut(actions: WireActions): AsyncGenerator<WireAction> {
    for await (const action of actions) {
      if (action.kind === 'end') throw new Error('cutInsideCharacter() needs a text with a character beyond ASCII');
      const lead = action.kind === 'body' ? action.bytes.findIndex((byte) => byte >= 0xc2) : -1;
      if (action.kind !== 'body' || lead < 0) {
        yield action;
        continue;
      }
      yield { kind: 'body', bytes: action.bytes.subarray(0, lead + 1) };
      yield { kind: 'end', how };
      return;
    }
  };
}

/** What of an action still passes, and whether the point has come with it. */
type Meter = (action: WireAction) => { readonly passed?: WireAction; readonly reached: boolean };

function meterFor(point: Exclude<Point, 'request'>): Meter {
  if (point === 'end')
    return (action) => (action.kind === 'end' ? { reached: true } : { passed: action, reached: false });
  if (point === 'head') return (action) => ({ passed: action, reached: action.kind === 'head' });
  return 'bytes' in point ? byteMeter(point.bytes) : eventMeter(point.events);
}

function byteMeter(bytes: number): Meter {
  let left = bytes;
  return (action) => {
    if (action.kind === 'head') return { passed: action, reached: left <= 0 };
    if (action.kind !== 'body' || action.bytes.length < left) {
      if (action.kind === 'body') left -= action.bytes.length;
      return { passed: action, reached: false };
    }
    return { passed: { kind: 'body', bytes: action.bytes.subarray(0, left) }, reached: true };
  };
}

function eventMeter(events: number): Meter {
  let left = events;
  return (action) => {
    if (action.kind === 'body' && action.event) left -= 1;
    return { passed: action, reached: left <= 0 && (action.kind === 'head' || action.kind === 'body') };
  };
}

function describe(point: Exclude<Point, 'request'>): string {
  if (typeof point === 'string') return `its ${point}`;
  return 'bytes' in point ? `${point.bytes} bytes of its body` : `${point.events} events`;
}
