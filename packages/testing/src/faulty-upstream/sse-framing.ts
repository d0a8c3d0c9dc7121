/** What the event-stream rules of the HTML standard allow a stream to look like, beside what everybody sends. */
import type { WireAction, WireActions, WireTransform } from './wire-action.js';

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** Ends the lines of events with CRLF or CR. */
export function endLinesWith(end: '\r\n' | '\r'): WireTransform {
  return async function* ended(actions: WireActions): AsyncGenerator<WireAction> {
    for await (const action of actions) {
      const isEvent = action.kind === 'body' && action.event === true;
      yield isEvent ? { ...action, bytes: withLinesEndedBy(end, action.bytes) } : action;
    }
  };
}

/** One character for each byte, so that none is changed, readable or not. */
function withLinesEndedBy(end: string, bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\n', end), 'latin1');
}

/** Puts a byte order mark before the first bytes of a body. Only for replies that declare no length. */
export async function* markByteOrder(actions: WireActions): AsyncGenerator<WireAction> {
  let marked = false;
  for await (const action of actions) {
    if (action.kind === 'head' && typeof action.framing !== 'string') {
      throw new Error('withByteOrderMark() needs a reply that declares no length');
    }
    if (action.kind !== 'body' || marked) {
      yield action;
      continue;
    }
    yield { ...action, bytes: Buffer.concat([BYTE_ORDER_MARK, action.bytes]) };
    marked = true;
  }
}
