import type { Reply } from './reply.js';
import { hang } from './silence.js';

/**
 * A fault that strikes before the request has been read. It stands in a script by itself: a function of the request
 * is asked too late to choose it.
 */
export type EarlyFault =
  | { readonly strikes: 'on-connect' }
  | { readonly strikes: 'before-body'; readonly reply: Reply };

/** Resets connections (RST) as soon as they are made; a kept one as soon as the head of a request has come on it. */
export function resetOnConnect(): EarlyFault {
  return { strikes: 'on-connect' };
}

/**
 * Never reads the body, so that the client's writing blocks once the socket's buffers are full (some megabytes on
 * loopback). Such a request is recorded without its body. That the client gave up is only seen when the client's bytes
 * have been read, so `settled` may wait for the upstream to be closed.
 *
 * @param reply sent all the same, as by gateways that refuse a large body: `refuseBody(fail(413))`. Silence by default.
 */
export function refuseBody(reply: Reply = hang()): EarlyFault {
  return { strikes: 'before-body', reply };
}
