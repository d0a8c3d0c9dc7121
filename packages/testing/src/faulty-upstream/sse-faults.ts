import { encodeFrame } from './sse-frame.js';
import type { WireAction, WireActions, WireTransform } from './wire-action.js';

/** What an error frame says. */
export interface ErrorFrame {
  /** How many events come before it. */
  readonly events: number;
  /** @default 'server_error' */
  readonly code?: string;
  /** @default 'server_error' */
  readonly type?: string;
  /** @default 'The server had an error while processing your request' */
  readonly message?: string;
  /** The whole `data` of the frame, instead of an OpenAI-shaped error. */
  readonly data?: string | object;
}

/** Puts an error frame after so many events and ends the stream there: orderly for HTTP, without `[DONE]`. */
export function errorAfter(error: ErrorFrame): WireTransform {
  const { code = 'server_error', type = 'server_error', events } = error;
  const message = error.message ?? 'The server had an error while processing your request';
  const data = error.data ?? { error: { message, type, param: null, code } };
  return atEvent(events, function* replace() {
    yield { kind: 'body', bytes: encodeFrame({ data }), event: true };
    yield { kind: 'end', how: 'finish' };
  });
}

/** Makes the event after so many others unreadable: its JSON stops half-way, the frame around it is whole. */
export function garbleAfter(events: number): WireTransform {
  return atEvent(events, function* replace(event) {
    const text = event.toString('utf8').trimEnd();
    yield { kind: 'body', bytes: Buffer.from(`${text.slice(0, Math.ceil(text.length / 2))}\n\n`), event: true };
  });
}

function atEvent(events: number, replace: (event: Buffer) => Iterable<WireAction>): WireTransform {
  return async function* replaceOne(actions: WireActions): AsyncGenerator<WireAction> {
    let seen = 0;
    for await (const action of actions) {
      if (action.kind === 'end' && seen <= events) throw new Error(`the stream has no event after ${events} others`);
      const isEvent = action.kind === 'body' && action.event === true;
      if (!isEvent || seen !== events) {
        yield action;
      } else {
        for (const other of replace(action.bytes)) {
          yield other;
          if (other.kind === 'end') return;
        }
      }
      if (isEvent) seen += 1;
    }
  };
}
